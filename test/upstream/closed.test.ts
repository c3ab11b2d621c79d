/** A pool that takes nothing new says so before anything leaves. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openExchange } from '../../src/upstream/exchange.ts';

test('what is asked of a closing pool is not sent, and what was sent before is still answered', async () => {
  const asked: Parameters<RequestListener>[] = [];
  const server = createServer((...each) => asked.push(each)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const exchange = openExchange(undefined, { allowPrivate: true });
  const post = () => exchange({ method: 'POST', origin, path: '/', headers: {}, body: '{}' });

  const first = post();
  await expect.poll(() => asked.length).toBe(1);
  const closed = exchange.close();
  await expect(post()).rejects.toMatchObject({ kind: 'not_sent' });
  for (const [, response] of asked) response.end('{}');
  expect(await first).toMatchObject({ status: 200 });
  await closed;
  expect(asked).toHaveLength(1);
  server.close();
});
