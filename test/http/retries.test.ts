/** What is repeated, how long it waits for that, and what is never sent twice. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import { heldClock, testClock } from '../support/clock.ts';
import type { Answer } from '../support/answer.ts';
import { openHouse, type House } from '../support/house.ts';
import { openDoor } from './door.ts';
import { answerJson, openFaulty, type Behave } from './faulty.ts';
import { createStep, errorsOf, listSequences, putConnection, tenant, told, writesDone } from './support.ts';

let house: House;

beforeEach(async () => {
  house = await openHouse();
  for (const name of ['outreach', 'apollo', 'salesloft', 'zendesk_sell']) await house.connect(name);
});
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await house.close();
  for (const each of opened.splice(0)) await each.close();
});

const READ = { method: 'GET', path: /./ };
const WRITE = { method: 'POST', path: /./ };
const SLOW_DOWN: ForcedAnswer = { status: 429, body: { errors: [{ id: 'rateLimitExceeded', title: 'Slow down' }] } };

function force(times: number, answer: ForcedAnswer, match = READ, provider = 'outreach'): void {
  for (let time = 0; time < times; time += 1) house.sandbox(provider).answerNext(match, answer);
}

function list(prefer = '', provider = 'outreach'): Promise<Answer> {
  return house.ask('/sequences', { headers: { ...tenant(provider), prefer } });
}

function statuses(provider = 'outreach'): readonly number[] {
  return house
    .sandbox(provider)
    .calls()
    .map(({ status }) => status);
}

describe('a read', () => {
  test.each([429, 500, 502, 503, 504])('that meets a %i is repeated', async (status) => {
    force(2, { status, body: 'Oops' });
    const answer = await list();
    expect(answer.status, answer.text).toBe(200);
    expect(statuses()).toEqual([status, status, 200]);
    expect(house.clock.waits).toHaveLength(2);
    for (const wait of house.clock.waits) expect(wait).toBeLessThan(5_000);
  });

  test.each([301, 400, 401, 403, 404, 409, 415, 422, 501])('that meets a %i is not repeated', async (status) => {
    force(1, { status, body: 'Oops' });
    expect((await list()).status).toBeGreaterThanOrEqual(400);
    expect(statuses()).toEqual([status]);
    expect(house.clock.waits).toEqual([]);
  });

  test('that cannot be understood is not repeated', async () => {
    force(1, { status: 200, body: '<html></html>' });
    expect(told(await list())).toEqual(['BAD_PROVIDER_RESPONSE']);
    expect(statuses()).toEqual([200]);
  });

  test('is repeated three times, and then its failure is told', async () => {
    force(10, { status: 503, body: 'Oops' });
    expect(told(await list('wait=60'))).toEqual(['PROVIDER_FAILED']);
    expect(statuses()).toEqual([503, 503, 503, 503]);
  });

  test('of a provider that says throttled in its own way is repeated', async () => {
    const body = {
      errors: [{ error: { code: 'incorrect_path', details: "Requested path at '/429.json' was not found" } }],
    };
    force(1, { status: 404, body }, READ, 'zendesk_sell');
    expect((await list('', 'zendesk_sell')).status).toBe(200);
    expect(statuses('zendesk_sell')).toEqual([404, 200]);
  });

  test.each<[string, Behave]>([
    ['a reset', ({ socket }) => void socket.resetAndDestroy()],
    ['half a body', ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{')],
  ])('that ends in %s is repeated', async (_, behave) => {
    let calls = 0;
    const provider = await openFaulty((request, response) => {
      calls += 1;
      if (calls === 1) behave(request, response);
      else answerJson(200, { data: [] })(request, response);
    });
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', 'outreach-token-0123456789');
    const answer = await listSequences(door, 'outreach');
    expect(answer.status, answer.text).toBe(200);
    expect(calls).toBe(2);
  });
});

describe('Retry-After', () => {
  test.each([
    ['7', 7_000],
    ['Sat, 21 Nov 2026 12:00:07 GMT', 7_000],
    ['2026-11-21T12:00:07Z', 7_000],
    ['2026-11-21T12:00:07', 7_000],
  ])('%s is waited for', async (value, milliseconds) => {
    force(1, { ...SLOW_DOWN, headers: { 'retry-after': value } });
    expect((await list()).status).toBe(200);
    expect(house.clock.waits).toEqual([milliseconds]);
  });

  test.each(['-7', '2026-11-21T11:59:00Z', 'Sat, 21 Nov 2020 12:00:07 GMT', '99999999', 'soon', ''])(
    '%j is ignored: the pause is a short one',
    async (value) => {
      force(1, { ...SLOW_DOWN, headers: { 'retry-after': value } });
      expect((await list()).status).toBe(200);
      expect(house.clock.waits).toHaveLength(1);
      expect(house.clock.waits[0]).toBeLessThan(2_000);
    },
  );

  test.each([
    ['wait=6', '7', '7'],
    ['wait=0', '7', '7'],
    ['', '11', '11'],
    ['wait=59', '60', '60'],
    ['', '3600', '60'],
    ['wait=59', '2026-11-21T13:00:00Z', '60'],
  ])('longer than %j is not waited for: %s', async (prefer, value, shown) => {
    force(1, { ...SLOW_DOWN, headers: { 'retry-after': value } });
    const answer = await list(prefer);
    expect(told(answer)).toEqual(['PROVIDER_RATE_LIMITED']);
    expect(answer.headers.get('retry-after')).toBe(shown);
    expect(errorsOf(answer)[0]?.meta.upstream?.retry_after).toBe(value);
    expect(statuses()).toEqual([429]);
    expect(house.clock.waits).toEqual([]);
  });

  test('of an hour is taken for a minute by whoever waits so long', async () => {
    force(1, { ...SLOW_DOWN, headers: { 'retry-after': '3600' } });
    expect((await list('wait=60')).status).toBe(200);
    expect(house.clock.waits).toEqual([60_000]);
  });

  test('all pauses together end with the patience of the caller', async () => {
    force(10, { ...SLOW_DOWN, headers: { 'retry-after': '4' } });
    expect(told(await list('wait=10'))).toEqual(['PROVIDER_RATE_LIMITED']);
    expect(house.clock.waits).toEqual([4_000, 4_000]);
    expect(statuses()).toEqual([429, 429, 429]);
  });

  test('of a 429 holds the other calls of the connection, too', async () => {
    force(1, { ...SLOW_DOWN, headers: { 'retry-after': '9' } });
    await list('wait=0');
    expect(told(await list('wait=5'))).toEqual(['PROVIDER_BUDGET_EXHAUSTED']);
    expect(statuses()).toEqual([429]);
    expect((await list()).status).toBe(200);
    expect(house.clock.waits).toEqual([9_000]);
  });
});

describe('a 429 without Retry-After', () => {
  const CONCURRENT: ForcedAnswer = {
    status: 429,
    body: { error: 'We are already processing the request for your sequence' },
  };

  test.each([
    [0, 60],
    [17_000, 43],
    [59_500, 1],
  ])('of a budget by the clock ends with its window: %i ms after the full minute', async (at, seconds) => {
    house.clock.pass(at);
    force(1, { status: 429, body: '' }, READ, 'salesloft');
    const answer = await list('wait=0', 'salesloft');
    expect(told(answer)).toEqual(['PROVIDER_RATE_LIMITED']);
    expect(answer.headers.get('retry-after')).toBe(String(seconds));
    expect(errorsOf(answer)[0]?.meta.upstream).toEqual({ status: 429, body: '' });
    // An inference holds nobody else.
    expect((await list('wait=0', 'salesloft')).status).toBe(200);
  });

  test('is repeated when the window begins anew', async () => {
    house.clock.pass(53_000);
    force(1, { status: 429, body: '' }, READ, 'salesloft');
    expect((await list('', 'salesloft')).status).toBe(200);
    expect(house.clock.waits).toEqual([7_000]);
    expect(statuses('salesloft')).toEqual([429, 200]);
  });

  test('is not repeated for a caller who does not wait so long', async () => {
    house.clock.pass(49_000);
    force(1, { status: 429, body: '' }, READ, 'salesloft');
    const answer = await list('', 'salesloft');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '11']);
    expect(statuses('salesloft')).toEqual([429]);
  });

  test.each([
    ['30', '30'],
    ['2026-11-21T12:00:40Z', '40'],
    ['3000', '60'],
    ['3601', '60'],
    ['later', '60'],
  ])('of a provider that tells the end of the window (%s) is told as %s', async (resets, shown) => {
    force(1, { ...SLOW_DOWN, headers: { 'x-ratelimit-reset': resets } });
    expect((await list('wait=0')).headers.get('retry-after')).toBe(shown);
  });

  test.each(['outreach', 'apollo', 'zendesk_sell', 'upscale'])(
    'of %s, whose windows nobody knows the end of, is told as the longest that it can be, and tried before all the same',
    async (provider) => {
      await house.connect(provider);
      const match = { ...READ, method: provider === 'apollo' ? 'POST' : 'GET' };
      force(2, { status: 429, body: '' }, match, provider);
      const answer = await list('wait=0', provider);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
      expect((await list('', provider)).status).toBe(200);
      expect(house.clock.waits).toHaveLength(1);
      expect(house.clock.waits[0]).toBeLessThan(2_000);
    },
  );

  test('of Sell that says throttled in its own way is told just so', async () => {
    const error = { code: 'incorrect_path', details: "Requested path at '/429.json' was not found" };
    force(1, { status: 404, body: { errors: [{ error }] } }, READ, 'zendesk_sell');
    const answer = await list('wait=0', 'zendesk_sell');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
  });

  test('about a write that is under way is the one that the adapter declares', async () => {
    force(9, CONCURRENT, WRITE, 'apollo');
    const options = { provider: 'apollo', headers: { prefer: 'wait=0' } };
    const answer = await createStep(house, { type: 'call' }, options);
    expect(told(answer)).toEqual(['PROVIDER_RATE_LIMITED']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(house.clock.waits).toEqual([]);
    // It is not about the budget: the next is sent.
    expect(told(await createStep(house, { type: 'call' }, options))).toEqual(['PROVIDER_RATE_LIMITED']);
    expect(statuses('apollo').filter((status) => status === 429)).toHaveLength(2);
  });

  test('about a write that is under way is waited for, and less than a second is not enough', async () => {
    force(1, CONCURRENT, WRITE, 'apollo');
    const answer = await createStep(house, { type: 'call' }, { provider: 'apollo' });
    expect(answer.status, answer.text).toBe(201);
    expect(house.clock.waits).toHaveLength(1);
    expect(house.clock.waits[0]).toBeGreaterThanOrEqual(1_000);
  });

  test('gives way to a Retry-After that can be read', async () => {
    force(1, { ...CONCURRENT, headers: { 'retry-after': '4' } }, WRITE, 'apollo');
    const options = { provider: 'apollo', headers: { prefer: 'wait=0' } };
    expect((await createStep(house, { type: 'call' }, options)).headers.get('retry-after')).toBe('4');
  });

  test('that no waiting helps has none', async () => {
    force(1, { status: 429, body: 'This endpoint is only available to paying teams' }, WRITE, 'apollo');
    const answer = await createStep(house, { type: 'call' }, { provider: 'apollo' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([424, null]);
  });
});

test.each([402, 403, 404, 422, 500])('a %i is not about the budget, whatever window is open', async (status) => {
  force(1, { status, body: '' }, READ, 'salesloft');
  const answer = await list('wait=0', 'salesloft');
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.headers.get('retry-after')).toBeNull();
});

describe('a write', () => {
  const MAINTENANCE = { status: 503, body: { errors: [{ id: 'scheduledServerMaintenance', title: 'Maintenance' }] } };

  test.each<[string, ForcedAnswer]>([
    ['a 429', SLOW_DOWN],
    ['a maintenance that is announced as one', MAINTENANCE],
  ])('that meets %s is repeated: it was not carried out', async (_, forced) => {
    force(2, forced, WRITE);
    const answer = await createStep(house, { type: 'call' });
    expect(answer.status, answer.text).toBe(201);
    expect(statuses()).toEqual([forced.status, forced.status, 201]);
    expect(writesDone(house)).toHaveLength(1);
  });

  test.each([500, 502, 503, 504])('that meets a %i is sent once', async (status) => {
    force(1, { status, body: 'Oops' }, WRITE);
    expect(told(await createStep(house, { type: 'call' }))).toEqual(['OUTCOME_UNKNOWN']);
    expect(statuses()).toEqual([status]);
    expect(house.clock.waits).toEqual([]);
  });

  test.each<[string, Behave]>([
    ['a reset', ({ socket }) => void socket.resetAndDestroy()],
    ['no answer in time', () => undefined],
    ['an answer that cannot be read', answerJson(200, '<html></html>')],
  ])('that ends in %s is sent once', async (_, behave) => {
    const provider = await openFaulty(behave);
    const limits = { connectTimeoutMs: 2_000, answerTimeoutMs: 100, totalTimeoutMs: 2_000, maxAnswerBytes: 10_000 };
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]), limits });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', 'outreach-token-0123456789');
    expect(told(await createStep(door, { type: 'call' }))).toEqual(['OUTCOME_UNKNOWN']);
    expect(provider.received).toHaveLength(1);
    expect(door.clock.waits).toEqual([]);
  });

  test('in the middle of a request is repeated alone', async () => {
    house.sandbox('outreach').answerNext({ method: 'POST', path: /sequenceSteps/ }, SLOW_DOWN);
    const record = { type: 'auto_email', template: { subject: 'Hello', body: '<p>Hello</p>' } };
    const answer = await createStep(house, record);
    expect(answer.status, answer.text).toBe(201);
    const paths = house
      .sandbox('outreach')
      .calls()
      .map(({ method, path, status }) => `${method} ${path} ${String(status)}`);
    expect(paths.filter((path) => /POST \S+\/templates /.test(path))).toHaveLength(1);
    expect(paths.filter((path) => /POST \S+\/sequenceSteps /.test(path)).map((path) => path.slice(-3))).toEqual([
      '429',
      '201',
    ]);
  });

  test('that no waiting helps is not repeated', async () => {
    force(1, { status: 429, body: 'This endpoint is only available to paying teams' }, WRITE, 'apollo');
    expect(told(await createStep(house, { type: 'call' }, { provider: 'apollo' }))).toEqual([
      'CONNECTION_LACKS_PERMISSION',
    ]);
    expect(statuses('apollo').filter((status) => status === 429)).toHaveLength(1);
  });

  test('that never left is repeated once the provider is there', async () => {
    const gone = await openFaulty(() => undefined);
    await gone.close();
    const clock = testClock();
    const back: { received: readonly unknown[] }[] = [];
    const patient = {
      ...clock,
      wait: async (milliseconds: number) => {
        await clock.wait(milliseconds);
        if (back.length > 0) return;
        const provider = await openFaulty(
          answerJson(201, { data: { id: 77, type: 'sequenceStep', attributes: {} } }),
          gone.port,
        );
        back.push(provider);
        opened.push(provider);
      },
    };
    const door = await openDoor({ baseUrls: new Map([['outreach', gone.url]]), clock: patient });
    opened.unshift(door);
    await putConnection(door, 'outreach', 'access_token', 'outreach-token-0123456789');
    const answer = await createStep(door, { type: 'call' });
    expect(answer.status, answer.text).toBe(201);
    expect(back[0]?.received).toHaveLength(1);
  });
});

describe('Prefer: wait', () => {
  test.each([
    ['wait=5', 'wait=5'],
    ['wait=0', 'wait=0'],
    ['wait="5"', 'wait=5'],
    ['Wait = 5', 'wait=5'],
    ['wait=60', 'wait=60'],
    ['wait=61', 'wait=60'],
    ['wait=999999999', 'wait=60'],
    ['respond-async, wait=5; because=impatient', 'wait=5'],
    ['wait=5, wait=6', 'wait=5'],
    ['wait=-1', null],
    ['wait=1.5', null],
    ['wait=1e3', null],
    ['wait=soon', null],
    ['wait', null],
    ['wait=9999999999', null],
    ['waiting=5', null],
    ['', null],
  ])('%j is applied as %s', async (prefer, applied) => {
    const answer = await list(prefer);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe(applied);
  });

  test('is told beside the handling, also with a refusal', async () => {
    const answer = await createStep(
      house,
      { type: 'call', name: 'x' },
      { headers: { prefer: 'handling=strict, wait=3' } },
    );
    expect(answer.status).toBe(422);
    expect(answer.headers.get('preference-applied')?.split(', ').toSorted()).toEqual(['handling=strict', 'wait=3']);
  });
});

test('a caller who goes while a repetition waits is not repeated for', async () => {
  const clock = heldClock();
  const provider = await openFaulty(answerJson(503, { errors: [] }, { 'retry-after': '5' }));
  const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]), clock });
  opened.push(door, provider);
  await putConnection(door, 'outreach', 'access_token', 'outreach-token-0123456789');
  const caller = new AbortController();
  const asking = fetch(`http://127.0.0.1:${String(door.port)}/sequences`, {
    headers: { ...tenant('outreach'), 'x-api-key': 'sg_test_0123456789abcdefghij' },
    signal: caller.signal,
  });
  await vi.waitFor(() => {
    expect(clock.waits).toEqual([5_000]);
  });
  caller.abort();
  await expect(asking).rejects.toThrow();
  await vi.waitFor(() => {
    expect(door.logs.join('\n')).toContain('"path":"/sequences"');
  });
  clock.pass(60_000);
  expect(provider.received).toHaveLength(1);
});
