/** Listening, and stopping without losing what is under way. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ConfigError } from './config/settings.ts';

export interface Listening {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface Servable {
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

export type Guard = (inside: ReturnType<typeof getRequestListener>) => RequestListener;

/** How long requests under way may take to finish once the gateway is told to stop. */
const CLOSE_TIMEOUT_MS = 10_000;
const IDLE_LOOK_MS = 50;

/** What the system says of an address that this machine does not have. */
const NO_SUCH_HOST = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL'];

/**
 * @param guard what stands before each request, such as the bound at the door
 * @throws {ConfigError} where the host or the port cannot be had
 */
export async function listen(
  app: Servable,
  host: string,
  port: number,
  guard: Guard = (inside) => (request, response) => void inside(request, response),
): Promise<Listening> {
  const server = createServer(guard(getRequestListener(app.fetch, { hostname: host })));
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const mend = NO_SUCH_HOST.includes(code)
      ? 'HOST must be an address of this machine.'
      : 'Choose another port with PORT.';
    throw new ConfigError(`Cannot listen on ${host}:${String(port)} (${code}). ${mend}`, { cause: error });
  }
  const address = server.address() as AddressInfo;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${String(address.port)}`,
    port: address.port,
    close: () => closeServer(server),
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection whose last request has just been answered would be kept for the next one.
  const idle = setInterval(() => {
    server.closeIdleConnections();
  }, IDLE_LOOK_MS);
  const force = setTimeout(() => {
    server.closeAllConnections();
  }, CLOSE_TIMEOUT_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(force);
}
