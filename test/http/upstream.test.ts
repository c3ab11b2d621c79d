/** Providers that break: what is told of it, and that nothing is sent twice. */
import dns from 'node:dns';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { GatewayOptions } from '../../src/gateway.ts';
import type { ExchangeLimits } from '../../src/upstream/exchange.ts';
import type { Answer } from '../support/answer.ts';
import { openDoor, type Door } from './door.ts';
import { answerJson, openFaulty, type Behave, type FaultyProvider } from './faulty.ts';
import { connectionPath, createStep, errorsOf, listSequences, putConnection, told } from './support.ts';

const LIMITS: ExchangeLimits = {
  connectTimeoutMs: 2_000,
  answerTimeoutMs: 60_000,
  totalTimeoutMs: 60_000,
  maxAnswerBytes: 10_000,
};
const TOKEN = 'outreach-token-0123456789';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function openProvider(behave: Behave): Promise<FaultyProvider> {
  const provider = await openFaulty(behave);
  opened.push(provider);
  return provider;
}

/** A gateway that reaches Outreach at a URL. */
async function openTowards(
  url: string,
  limits: Partial<ExchangeLimits> = {},
  options: Partial<GatewayOptions> = {},
): Promise<Door> {
  const towards = { baseUrls: new Map([['outreach', url]]), limits: { ...LIMITS, ...limits } };
  const door = await openDoor({ ...towards, ...options });
  opened.unshift(door);
  await putConnection(door, 'outreach', 'access_token', TOKEN);
  return door;
}

/** Lists sequences, which only reads, and creates a call, which is one write. */
async function readAndWrite(door: Door): Promise<{ readonly read: Answer; readonly write: Answer }> {
  return { read: await listSequences(door, 'outreach'), write: await createStep(door, { type: 'call' }) };
}

describe('nothing was sent: 503', () => {
  async function expectNotSent(door: Door): Promise<void> {
    for (const answer of Object.values(await readAndWrite(door))) {
      expect(answer.status, answer.text).toBe(503);
      expect(told(answer)).toEqual(['PROVIDER_UNREACHABLE']);
      const [error] = errorsOf(answer);
      expect(error?.meta).toEqual({ origin: 'remote-provider', provider: 'outreach', retriable: true });
      expect(error?.detail).toContain('Nothing was sent');
    }
    expect((await door.ask(connectionPath('outreach'))).json).toMatchObject({ status: 'active' });
  }

  test('the connection is refused', async () => {
    const gone = await openFaulty(() => undefined);
    await gone.close();
    await expectNotSent(await openTowards(gone.url));
  });

  test('the address is private, and the operator has not allowed it', async () => {
    const provider = await openProvider(answerJson(200, VALID));
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = `http://${host}:${String(provider.port)}`;
      const door = await openTowards(url, {}, { allowPrivateUpstreams: false });
      const [error] = errorsOf(await listSequences(door, 'outreach'));
      expect(error).toMatchObject({ status: '503', code: 'PROVIDER_UNREACHABLE' });
      expect(error?.detail).toMatch(/address is private.*STEPGATE_ALLOW_PRIVATE_UPSTREAMS.*Nothing was sent/);
    }
    expect(provider.received).toEqual([]);
  });

  test.each(['ENOTFOUND', 'EAI_AGAIN'])('the name is not found: %s', async (code) => {
    const door = await openTowards('http://outreach.invalid');
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation((_host: string, ...rest: readonly unknown[]) => {
      const done = rest.at(-1) as (error: Error) => void;
      done(Object.assign(new Error(`getaddrinfo ${code} outreach.invalid`), { code }));
    });
    await expectNotSent(door);
    expect(lookup).toHaveBeenCalled();
    expect(lookup.mock.calls.every(([host]) => host === 'outreach.invalid')).toBe(true);
  });

  test('the handshake fails', async () => {
    const provider = await openProvider(() => undefined);
    await expectNotSent(await openTowards(provider.url.replace('http:', 'https:')));
    expect(provider.received).toEqual([]);
  });
});

const VALID = JSON.stringify({ data: [] });

describe('no answer in time: 504', () => {
  test.each<[string, Partial<ExchangeLimits>, Behave]>([
    ['at all', { answerTimeoutMs: 100 }, () => undefined],
    [
      'after its head',
      { answerTimeoutMs: 100 },
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"data":');
      },
    ],
    [
      'that comes byte by byte',
      { totalTimeoutMs: 200 },
      (_, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => {
          clearInterval(drip);
        });
      },
    ],
  ])('%s', async (_, limits, behave) => {
    const provider = await openProvider(behave);
    const { read, write } = await readAndWrite(await openTowards(provider.url, limits));
    expect(read.status, read.text).toBe(504);
    expect(errorsOf(read)).toMatchObject([
      { code: 'PROVIDER_TIMEOUT', problem_type: 'PROVIDER_TIMEOUT', status: '504' },
    ]);
    expect(errorsOf(read)[0]?.meta).toEqual({ origin: 'remote-provider', provider: 'outreach', retriable: true });
    expect(write.status, write.text).toBe(504);
    expect(errorsOf(write)).toMatchObject([
      { code: 'OUTCOME_UNKNOWN', problem_type: 'PROVIDER_TIMEOUT', status: '504' },
    ]);
    expect(errorsOf(write)[0]?.meta).toEqual({
      origin: 'remote-provider',
      provider: 'outreach',
      retriable: false,
      outcome: 'unknown',
      // Where it can be looked at and gone on with.
      operation_id: expect.any(String) as string,
    });
    expect(provider.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});

describe('an answer that cannot be used: 502', () => {
  const raw =
    (...parts: readonly string[]): Behave =>
    ({ socket }) => {
      for (const part of parts) socket.write(part);
      socket.end();
    };

  const broken: readonly (readonly [string, Behave])[] = [
    ['a reset', ({ socket }) => void socket.resetAndDestroy()],
    ['nothing', ({ socket }) => void socket.end()],
    ['half a head', raw('HTTP/1.1 200 O')],
    ['no HTTP', raw('SSH-2.0-OpenSSH_9.6\r\n')],
    [
      'a body that is shorter than told',
      raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n', VALID),
    ],
    ['chunks without an end', raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', 'b\r\n{"data":[]}\r\n')],
    [
      'a reset within the body',
      (request, response) => void response.write('{"data":[', () => request.socket.resetAndDestroy()),
    ],
  ];
  const unreadable: typeof broken = [
    [
      'more bytes than are read, told',
      answerJson(200, VALID.padEnd(LIMITS.maxAnswerBytes + 1), { 'content-length': String(LIMITS.maxAnswerBytes + 1) }),
    ],
    [
      'more bytes than are read, in chunks',
      (_, response) => void response.write(VALID.padEnd(LIMITS.maxAnswerBytes + 1)),
    ],
    ['truncated JSON', answerJson(200, '{"data":[')],
    ['JSON of another shape', answerJson(200, { data: 'none' })],
    ['HTML', answerJson(200, '<html><body>Please sign in</body></html>', { 'content-type': 'text/html' })],
    ['an empty body', answerJson(204, '')],
  ];
  const cases = [
    ...broken.map((each) => ['PROVIDER_CONNECTION_BROKEN', true, ...each] as const),
    ...unreadable.map((each) => ['BAD_PROVIDER_RESPONSE', false, ...each] as const),
  ];
  test.each(cases)('%s, worth a repetition of a read: %s: %s', async (code, retriable, _, behave) => {
    const provider = await openProvider(behave);
    const { read, write } = await readAndWrite(await openTowards(provider.url));
    expect(read.status, read.text).toBe(502);
    expect(errorsOf(read)).toMatchObject([
      { code, status: '502', meta: { origin: 'remote-provider', provider: 'outreach', retriable } },
    ]);
    expect(errorsOf(read)[0]?.meta.outcome).toBeUndefined();
    expect(write.status, write.text).toBe(502);
    expect(errorsOf(write)).toMatchObject([
      {
        code: 'OUTCOME_UNKNOWN',
        problem_type: code,
        meta: { origin: 'remote-provider', outcome: 'unknown', retriable: false },
      },
    ]);
    expect(provider.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('an answer of just the size that is read is taken', async () => {
    const provider = await openProvider(answerJson(200, VALID.padEnd(LIMITS.maxAnswerBytes)));
    expect((await listSequences(await openTowards(provider.url), 'outreach')).status).toBe(200);
  });

  test.each([500, 502, 504, 520])('a %s leaves the outcome of a write open', async (status) => {
    const provider = await openProvider(answerJson(status, { errors: [{ title: 'Oops' }] }));
    const { read, write } = await readAndWrite(await openTowards(provider.url));
    expect([read.status, write.status]).toEqual([502, 502]);
    expect(errorsOf(read)).toMatchObject([
      { code: 'PROVIDER_FAILED', meta: { retriable: true, upstream: { status } } },
    ]);
    expect(errorsOf(write)).toMatchObject([
      { code: 'OUTCOME_UNKNOWN', problem_type: 'PROVIDER_FAILED', meta: { outcome: 'unknown', retriable: false } },
    ]);
    expect(provider.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});

describe('a redirect is not followed', () => {
  test.each([301, 302, 303, 307, 308])('%s', async (status) => {
    const elsewhere = await openProvider(answerJson(200, VALID));
    const provider = await openProvider(answerJson(status, '', { location: `${elsewhere.url}/sequences` }));
    const { read, write } = await readAndWrite(await openTowards(provider.url));
    expect([read.status, write.status]).toEqual([502, 502]);
    expect(errorsOf(read)).toMatchObject([{ code: 'BAD_PROVIDER_RESPONSE' }]);
    expect(elsewhere.received).toEqual([]);
    expect(provider.received).toHaveLength(2);
  });
});

describe('what a provider is sent', () => {
  test('has its own credentials, and nothing of the caller', async () => {
    const provider = await openProvider(answerJson(200, VALID));
    const door = await openTowards(provider.url);
    await door.ask('/sequences', {
      headers: {
        'x-customer-id': 'my-customer-1',
        'x-provider-name': 'outreach',
        cookie: 'session=secret-session',
        authorization: 'Bearer of-the-caller',
        'x-forwarded-for': '203.0.113.9',
        'x-marker': 'of-the-caller',
      },
    });
    const [request] = provider.received;
    expect(request?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(JSON.stringify(request)).not.toMatch(/sg_test|secret-session|of-the-caller|203\.0\.113\.9|my-customer-1/);
  });
});
