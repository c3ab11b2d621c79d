/**
 * A sandbox on a port of this machine, down to the socket: `src/server.ts` answers every `Response` as well as it can,
 * while here a broken one has to break the connection in the way that it says. See `src/sandbox/deliver.ts`.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Sandbox } from '../sandbox.ts';
import type { Listening } from '../server.ts';

export async function serveSandbox({ app, clearFaults }: Pick<Sandbox, 'app' | 'clearFaults'>): Promise<Listening> {
  const server = createServer((incoming, outgoing) => {
    answer(app.fetch, incoming, outgoing).catch(() => incoming.socket.resetAndDestroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      // Whatever still hangs would keep the server open.
      clearFaults();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(fetch: Sandbox['app']['fetch'], incoming: IncomingMessage, outgoing: ServerResponse) {
  const gone = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const response = await fetch(await requestOf(incoming, gone.signal));
  if (response.type === 'error') {
    incoming.socket.resetAndDestroy();
    return;
  }
  outgoing.writeHead(response.status, [...response.headers].flat());
  outgoing.flushHeaders();
  try {
    for await (const part of response.body ?? []) outgoing.write(part);
    outgoing.end();
  } catch {
    // Not `destroy`, which may take along what has been written.
    incoming.socket.destroySoon();
  }
}

async function requestOf(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const { method = 'GET', url = '/', headers } = incoming;
  const body = await buffer(incoming);
  return new Request(new URL(url, `http://${headers.host ?? '127.0.0.1'}`), {
    method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    ),
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: new Uint8Array(body) }),
    signal,
  });
}
