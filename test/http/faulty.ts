/** A provider that misbehaves, on a port of this machine. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FaultyProvider {
  readonly url: string;
  readonly port: number;
  /** What has been received whole, oldest first. */
  readonly received: readonly ReceivedRequest[];
  /** Refuses new connections from now on; those that are open stay so. */
  stopListening(): void;
  close(): Promise<void>;
}

export type Behave = (request: IncomingMessage, response: ServerResponse) => void;

/** Reads each request to its end, and then does what it is told. */
export async function openFaulty(behave: Behave, onPort = 0): Promise<FaultyProvider> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
        behave(request, response);
      },
      () => undefined,
    );
  });
  server.listen(onPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  return {
    url: `http://127.0.0.1:${String(port)}`,
    port,
    received,
    stopListening: () => {
      server.close();
    },
    close: async () => {
      if (server.listening) server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export function answerJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Behave {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}
