/** A gateway behind real sockets, with nothing in between: for what only shows on the wire. */
import { connect } from 'node:net';
import { pino } from 'pino';
import { newKeyRing, parseKeyRing } from '../../src/connections/vault.ts';
import { loadProviders } from '../../src/core/registry.ts';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import { serveSandbox } from '../../src/dev/serve-sandbox.ts';
import { openGateway, type GatewayOptions, type OpenGateway } from '../../src/gateway.ts';
import { listen, type Listening } from '../../src/server.ts';
import {
  expectNoSecretInAnswer,
  expectNoSecretInLogs,
  keepKeyRing,
  keepRequest,
  keepSecret,
  leakIn,
  memoryDatabase,
  watchDatabase,
} from '../support/canary.ts';
import { testClock, type TestClock } from '../support/clock.ts';
import { expectNothingPrivate } from '../support/exposition.ts';
import { toAnswer } from '../support/answer.ts';
import { API_KEY } from '../support/house.ts';
import { PROVIDERS, putConnection, type Asked } from './support.ts';

export interface Door extends Asked {
  readonly port: number;
  readonly gateway: OpenGateway;
  readonly clock: TestClock;
  readonly logs: readonly string[];
  close(): Promise<void>;
}

/** The gateway and the sandboxes on ports of this machine. Base URLs that are given go before those of the sandboxes. */
export async function openDoor(options: Partial<GatewayOptions> = {}): Promise<Door> {
  const clock = testClock();
  const [registry, modules] = await Promise.all([loadProviders(), loadSandboxModules()]);
  const sandboxes = new Map([...modules].map(([name, { create }]) => [name, create({ now: () => clock.now() })]));
  const listening: Listening[] = [];
  const baseUrls = new Map<string, string>();
  for (const [name, sandbox] of sandboxes) {
    const each = await serveSandbox(sandbox);
    listening.push(each);
    baseUrls.set(name, (registry.get(name)?.base_url ?? '').replace(sandbox.origin, each.url));
  }
  const logs: string[] = [];
  const { database = { file: memoryDatabase() }, keyRing = parseKeyRing(newKeyRing()) } = options;
  const watched = watchDatabase(database);
  keepSecret(API_KEY, 'the API key');
  keepKeyRing(keyRing);
  for (const [name, { credentials }] of sandboxes)
    for (const [kind, secret] of Object.entries(credentials)) keepSecret(secret, `the ${kind} of the sandbox ${name}`);
  const gateway = await openGateway({
    registry,
    clock,
    apiKey: API_KEY,
    database,
    keyRing,
    openDocuments: false,
    allowPrivateUpstreams: true,
    log: pino({ level: 'debug' }, { write: (line: string) => logs.push(line) }),
    ...options,
    baseUrls: new Map([...baseUrls, ...(options.baseUrls ?? [])]),
  });
  const door = await listen(gateway, '127.0.0.1', 0);
  return {
    port: door.port,
    gateway,
    clock,
    logs,
    sandbox: (name) => sandboxes.get(name) ?? unknownSandbox(name),
    ask: async (path, { method = 'GET', headers = {}, body } = {}) => {
      const all = { 'x-api-key': API_KEY, 'content-type': 'application/json', ...headers };
      const text = body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body);
      keepRequest(all, path, body);
      const answer = await toAnswer(await fetch(door.url + path, { method, headers: all, body: text }));
      expectNoSecretInAnswer(`${method} ${path}`, answer);
      return answer;
    },
    close: async () => {
      await door.close();
      await gateway.close();
      await Promise.all(listening.map((each) => each.close()));
      expectNothingPrivate(await gateway.metrics.text());
      expectNoSecretInLogs(logs);
      await watched.expectNoSecret();
    },
  };
}

/** A door whose customer is connected to every provider with the sandbox's own credentials. */
export async function openConnectedDoor(options: Partial<GatewayOptions> = {}): Promise<Door> {
  const door = await openDoor(options);
  for (const name of PROVIDERS) {
    const [type = '', secret = ''] = Object.entries(door.sandbox(name).credentials)[0] ?? [];
    const { status, text } = await putConnection(door, name, type, secret);
    if (status > 201) throw new Error(text);
  }
  return door;
}

/** Writes bytes to a port as they are; answers with all that comes back until the other side closes. */
export function sendRaw(
  port: number,
  parts: readonly (string | Buffer)[],
  options: { readonly halfClose?: boolean } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const received: Buffer[] = [];
    socket.on('data', (part) => received.push(part));
    // A server that has refused a request may close while the rest of it is still being written.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => {
      const answer = Buffer.concat(received).toString('latin1');
      const leak = leakIn('a raw answer', answer);
      if (leak) reject(leak);
      else resolve(answer);
    });
    for (const part of parts) socket.write(part);
    if (options.halfClose) socket.end();
  });
}

/** The head of a request that creates a step in a sequence of Outreach, with further header lines. */
export function rawHead(lines: readonly string[], { customer = 'my-customer-1', sequence = '18' } = {}): string {
  const head = [
    `POST /sequences/${sequence}/sequence_steps HTTP/1.1`,
    'Host: gateway.example',
    'Connection: close',
    `x-api-key: ${API_KEY}`,
    `x-customer-id: ${customer}`,
    'x-provider-name: outreach',
    'content-type: application/json',
  ];
  return [...head, ...lines, '', ''].join('\r\n');
}

/** The head of a raw answer by lines, and its body. */
export function splitAnswer(raw: string): {
  readonly status: number;
  readonly head: readonly string[];
  readonly body: string;
} {
  const [head = '', body = ''] = raw.split('\r\n\r\n', 2);
  const lines = head.split('\r\n');
  return { status: Number(lines[0]?.split(' ')[1]), head: lines.slice(1).map((line) => line.toLowerCase()), body };
}

function unknownSandbox(name: string): never {
  throw new Error(`There is no sandbox ${name}.`);
}
