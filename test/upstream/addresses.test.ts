/** What the gateway does not call: this machine, its network, and whatever gives out the machine's own credentials. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import dns from 'node:dns';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isPrivateLiteral, isPublicAddress } from '../../src/upstream/addresses.ts';
import { DEFAULT_LIMITS, openExchange, type Exchange } from '../../src/upstream/exchange.ts';
import { baseOf } from '../../src/upstream/path.ts';

describe('an address', () => {
  test.each([
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
    ...['172.16.0.1', '172.31.255.255', '192.0.0.192', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...['168.63.129.16', '::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1'],
    ...['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '0:0:0:0:0:ffff:0a00:0001', '::127.0.0.1', '64:ff9b::a9fe:a9fe'],
    ...['64:ff9b::7f00:1', '64:ff9b:1::808:808', '2002:7f00:1::', '2001:0:7f00:1::', '2001:db8::1'],
  ])('%s is refused', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each([
    ...['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.1', '169.253.255.255'],
    ...['2606:4700::1111', '2001:4860:4860::8888', '::ffff:8.8.8.8', '64:ff9b::808:808'],
  ])('%s is called', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    ...['http://0x7f.1/', 'http://2130706433/', 'http://017700000001/', 'http://127.1/', 'http://0/'],
    ...['http://[::ffff:127.0.0.1]/', 'http://127。0。0。1/', 'http://①②⑦.0.0.1/', 'http://LOCALHOST./'],
    ...['http://a.localhost/', 'http://0xa9.0xfe.0xa9.0xfe/', 'http://[::ffff:169.254.169.254]/', 'http://127.0.0.1./'],
  ])('%s is seen through', (url) => {
    expect(isPrivateLiteral(new URL(url).hostname)).toBe(true);
  });
});

describe('a call', () => {
  let server: Server;
  let port: number;
  let exchange: Exchange;
  let reached: number;

  beforeEach(async () => {
    reached = 0;
    server = createServer((_, response) => {
      reached += 1;
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    exchange = openExchange(DEFAULT_LIMITS);
  });
  afterEach(async () => {
    await exchange.close();
    server.closeAllConnections();
    server.close();
  });

  const resolveTo = (...addresses: readonly string[]): void => {
    vi.spyOn(dns, 'lookup').mockImplementation(((_: string, __: object, answer: (...given: unknown[]) => void) => {
      answer(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    }) as unknown as typeof dns.lookup);
  };
  const call = (host: string, by = exchange) =>
    by({
      method: 'GET',
      path: '/',
      headers: { authorization: 'Bearer of-a-customer' },
      origin: baseOf(`http://${host}:${String(port)}`).origin,
    });
  const refusal = { kind: 'not_sent', message: expect.stringContaining('STEPGATE_ALLOW_PRIVATE_UPSTREAMS') as string };

  test.each(['127.0.0.1', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '0', 'localhost', 'a.localhost'])(
    'to %s is not sent, and nobody is asked for the name',
    async (host) => {
      const asked = vi.spyOn(dns, 'lookup');
      await expect(call(host)).rejects.toMatchObject(refusal);
      expect([reached, asked.mock.calls.length]).toEqual([0, 0]);
    },
  );

  test.each([['127.0.0.1'], ['::1'], ['10.1.2.3', '169.254.169.254'], ['::ffff:127.0.0.1'], ['64:ff9b::7f00:1']])(
    'to a name that resolves to %s is not sent',
    async (...addresses) => {
      resolveTo(...addresses);
      await expect(call('provider.example')).rejects.toMatchObject(refusal);
      expect(reached).toBe(0);
    },
  );

  test('to a name that changes its address between two connections is checked again', async () => {
    const rebound = openExchange({ ...DEFAULT_LIMITS, connectTimeoutMs: 200 });
    resolveTo('192.0.2.1');
    await expect(call('provider.example', rebound)).rejects.toMatchObject({ kind: 'not_sent' });
    resolveTo('127.0.0.1');
    await expect(call('provider.example', rebound)).rejects.toMatchObject(refusal);
    expect(reached).toBe(0);
    await rebound.close();
  });

  test('that the operator allows reaches this machine, with a name that resolves there too', async () => {
    const allowed = openExchange(DEFAULT_LIMITS, { allowPrivate: true });
    expect((await call('127.0.0.1', allowed)).status).toBe(200);
    resolveTo('127.0.0.1');
    expect((await call('provider.example', allowed)).status).toBe(200);
    expect(reached).toBe(2);
    await allowed.close();
  });
});
