/** For every test, in its own process: a host that is not on this machine fails it. Nothing goes out, least of all a credential. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP, Socket } from 'node:net';
import { afterEach } from 'vitest';

const HERE = /^(127\.|localhost$|\[?::1\]?$|0\.0\.0\.0$)/;
const asked: string[] = [];

type Connect = (this: Socket, ...given: unknown[]) => Socket;
const prototype = Socket.prototype as unknown as { connect: Connect };
const { connect } = prototype;

prototype.connect = function (...given) {
  const host = hostOf(given);
  // A name is looked up first.
  if (isIP(host) === 0 || HERE.test(host)) return connect.apply(this, given);
  asked.push(host);
  return this.destroy(new Error(`A test asks for ${host}.`));
};

type Lookup = (name: string, ...given: unknown[]) => void;
const resolving = dns as unknown as { lookup: Lookup };
const { lookup } = resolving;

resolving.lookup = (name, ...given) => {
  if (HERE.test(name)) {
    lookup(name, ...given);
    return;
  }
  asked.push(name);
  const answer = given.at(-1) as (error: Error) => void;
  process.nextTick(answer, Object.assign(new Error(`A test asks for ${name}.`), { code: 'ENOTFOUND' }));
};
syncBuiltinESMExports();

afterEach(() => {
  const hosts = asked.splice(0);
  if (hosts.length > 0) throw new Error(`It asked for what is not on this machine: ${hosts.join(', ')}.`);
});

/** `connect(path)`, `connect(port, host)`, `connect(options)`, or what Node makes of them. */
function hostOf([first, second]: readonly unknown[]): string {
  const options = (Array.isArray(first) ? (first[0] as unknown) : first) as
    { path?: string; host?: string } | number | string;
  if (typeof options === 'object') return options.path === undefined ? (options.host ?? 'localhost') : 'localhost';
  return typeof options === 'number' && typeof second === 'string' ? second : 'localhost';
}
