/** A socket in front of a server that can be cut: a server that goes away, and comes back, without being stopped. */
import { connect, createServer, type Socket } from 'node:net';
import { quietPort } from './port.ts';

export interface Cuttable {
  /** The same URL, through the socket. */
  readonly url: string;
  /** Breaks all connections and takes no more. */
  cut(): Promise<void>;
  /** Takes connections again, on the same port. */
  mend(): Promise<void>;
  /** Nothing passes any more to the server or back, and nobody is told; until it is cut. */
  freeze(): void;
  /** Breaks the connection on which these bytes come for the nth time; they reach the server, whose answer does not come back. */
  cutAfter(text: string, nth: number): void;
}

export async function cuttable(target: string): Promise<Cuttable> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let isFrozen = false;
  let fatal = { text: '', left: 0 };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      open.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => {
        if (isFrozen) return;
        if (from === near && fatal.left > 0 && bytes.includes(fatal.text) && (fatal.left -= 1) === 0) {
          far.removeAllListeners('data');
          far.on('data', () => near.destroy());
        }
        to.write(bytes);
      });
    }
  });
  const listen = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', resolve);
    });
  const own = await quietPort();
  await listen(own);
  const url = new URL(target);
  url.host = `127.0.0.1:${own}`;
  return {
    url: url.href,
    cut: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
    mend: () => {
      [isFrozen, fatal] = [false, { text: '', left: 0 }];
      return listen(own);
    },
    freeze: () => {
      isFrozen = true;
    },
    cutAfter: (text, nth) => {
      fatal = { text, left: nth };
    },
  };
}
