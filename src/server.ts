/** Listening, and stopping without losing what is under way. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import { ConfigError } from './config/settings.ts';

export interface Listening {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface Servable {
  readonly app: { readonly fetch: (request: Request) => Response | Promise<Response> };
  /** Put before each request, such as the bound at the door. */
  readonly guard: (inside: ReturnType<typeof getRequestListener>) => RequestListener;
  /** The answer to what cannot be read as a request for a URL. */
  readonly unreadable: () => Response | Promise<Response>;
}

/** How long requests under way may take to finish once the gateway is told to stop. */
const CLOSE_TIMEOUT_MS = 10_000;
const IDLE_LOOK_MS = 50;
/** How long a request may take to arrive: one that trickles in holds a place that others want. */
const REQUEST_TIMEOUT_MS = 30_000;

/** What the system says of an address that this machine does not have. */
const NO_SUCH_HOST = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL'];

/** @throws {ConfigError} where the host or the port cannot be had. */
export async function listen(
  { app, guard, unreadable }: Servable,
  host: string,
  port: number,
  { requestTimeoutMs = REQUEST_TIMEOUT_MS } = {},
): Promise<Listening> {
  // It must not throw: whatever the app itself does not answer is an empty 500.
  const errorHandler = (error: unknown): Response | Promise<Response> =>
    error instanceof RequestError ? unreadable() : new Response(null, { status: 500 });
  const limits = { requestTimeout: requestTimeoutMs, connectionsCheckingInterval: requestTimeoutMs / 6 };
  const server = createServer(limits, guard(getRequestListener(app.fetch, { hostname: host, errorHandler })));
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
