/** The circuit of a connection: a provider that only fails is left alone, and then asked once. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FAILURES_TO_OPEN, OPEN_MS } from '../../src/limits/circuit.ts';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, openHouse, type House } from '../support/house.ts';
import { openDoor } from './door.ts';
import { answerJson, openFaulty, type Behave } from './faulty.ts';
import { createStep, errorsOf, putConnection, tenant, told } from './support.ts';

const OTHER = 'other-customer';
const TOKEN = 'outreach-token-0123456789';

let house: House;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function open(): Promise<void> {
  house = await openHouse();
  opened.push(house);
  for (const name of ['outreach', 'salesloft']) await house.connect(name);
  const { access_token } = house.sandbox('outreach').credentials;
  await putConnection(house, 'outreach', 'access_token', access_token, OTHER);
}

/** Nothing is repeated for whoever does not wait: each request is one attempt. */
function list(provider = 'outreach', customer = CUSTOMER): Promise<Answer> {
  return house.ask('/sequences', { headers: { ...tenant(provider, customer), prefer: 'wait=0' } });
}

async function fail(times: number, answer: ForcedAnswer = { status: 500, body: 'Oops' }): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    house.sandbox('outreach').answerNext({ method: 'GET', path: /./ }, answer);
    const { text } = await list();
    expect(text).not.toContain('CIRCUIT_OPEN');
  }
}

const calls = (): number => house.sandbox('outreach').calls().length;

describe('after failures in a row', () => {
  test.each([500, 502, 503, 504])('of a %i, nothing is sent any more, and that is told', async (status) => {
    await open();
    await fail(FAILURES_TO_OPEN, { status, body: 'Oops' });
    for (const answer of [await list(), await createStep(house, { type: 'call' })]) {
      expect(answer.status, answer.text).toBe(503);
      expect(errorsOf(answer)).toMatchObject([
        {
          code: 'CIRCUIT_OPEN',
          detail: expect.stringContaining('Nothing was sent') as string,
          meta: { origin: 'gateway', provider: 'outreach', retriable: true },
        },
      ]);
      expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
      expect(answer.headers.get('retry-after')).toBe(String(OPEN_MS / 1000));
    }
    expect(calls()).toBe(FAILURES_TO_OPEN);
    house.clock.pass(12_000);
    expect((await list()).headers.get('retry-after')).toBe(String(OPEN_MS / 1000 - 12));
  });

  test('other customers, and other providers of the same customer, are served', async () => {
    await open();
    await fail(FAILURES_TO_OPEN);
    expect(told(await list())).toEqual(['CIRCUIT_OPEN']);
    expect((await list('outreach', OTHER)).status).toBe(200);
    expect((await list('salesloft')).status).toBe(200);
  });

  test('with one success between them, it goes on', async () => {
    await open();
    await fail(FAILURES_TO_OPEN - 1);
    expect((await list()).status).toBe(200);
    await fail(FAILURES_TO_OPEN - 1);
    expect((await list()).status).toBe(200);
  });

  test('repetitions count, and end with it; the failure of the provider is what is told', async () => {
    await open();
    const forced = { status: 503, body: 'Oops' };
    for (let time = 0; time < 20; time += 1) house.sandbox('outreach').answerNext({ method: 'GET', path: /./ }, forced);
    const patient = () => house.ask('/sequences', { headers: { ...tenant('outreach'), prefer: 'wait=60' } });
    expect(told(await patient())).toEqual(['PROVIDER_FAILED']);
    expect(told(await patient())).toEqual(['PROVIDER_FAILED']);
    expect(calls()).toBe(FAILURES_TO_OPEN);
    expect(told(await patient())).toEqual(['CIRCUIT_OPEN']);
  });

  test('new credentials are tried at once', async () => {
    await open();
    await fail(FAILURES_TO_OPEN);
    await house.connect('outreach');
    expect((await list()).status).toBe(200);
  });

  test('the budget is not touched by what is not sent', async () => {
    await open();
    await fail(FAILURES_TO_OPEN);
    const left = async () => (await list()).headers.get('ratelimit');
    expect(await left()).toBe(await left());
  });
});

test.each([400, 401, 403, 404, 409, 422, 429])('a %i is an answer, and opens nothing', async (status) => {
  await open();
  await fail(3 * FAILURES_TO_OPEN, { status, body: { errors: [] } });
  expect((await list()).status).toBe(200);
  expect(calls()).toBe(3 * FAILURES_TO_OPEN + 1);
});

describe('failures without an answer count', () => {
  test.each<[string, Behave | undefined]>([
    ['no connection', undefined],
    ['a reset', ({ socket }) => void socket.resetAndDestroy()],
    ['no answer in time', () => undefined],
  ])('%s', async (_, behave) => {
    const provider = await openFaulty(behave ?? (() => undefined));
    if (behave) opened.push(provider);
    else await provider.close();
    const limits = { connectTimeoutMs: 2_000, answerTimeoutMs: 50, totalTimeoutMs: 2_000, maxAnswerBytes: 10_000 };
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]), limits });
    opened.unshift(door);
    await putConnection(door, 'outreach', 'access_token', TOKEN);
    const codes: string[] = [];
    for (let time = 0; time <= FAILURES_TO_OPEN; time += 1) {
      const answer = await door.ask('/sequences', { headers: { ...tenant('outreach'), prefer: 'wait=0' } });
      codes.push(...told(answer));
    }
    expect(codes.slice(0, -1)).not.toContain('CIRCUIT_OPEN');
    expect(codes.at(-1)).toBe('CIRCUIT_OPEN');
  });
});

describe('after the pause', () => {
  test('one call tries: if it succeeds, all go on', async () => {
    await open();
    await fail(FAILURES_TO_OPEN);
    house.clock.pass(OPEN_MS - 1);
    expect(told(await list())).toEqual(['CIRCUIT_OPEN']);
    house.clock.pass(1);
    expect((await list()).status).toBe(200);
    await fail(FAILURES_TO_OPEN - 1);
    expect((await list()).status).toBe(200);
  });

  test('a refusal is a success of the provider', async () => {
    await open();
    await fail(FAILURES_TO_OPEN);
    house.clock.pass(OPEN_MS);
    await fail(1, { status: 404, body: {} });
    expect((await list()).status).toBe(200);
  });

  test('if it fails, the next pause begins', async () => {
    await open();
    await fail(FAILURES_TO_OPEN);
    house.clock.pass(OPEN_MS);
    await fail(1);
    expect(told(await list())).toEqual(['CIRCUIT_OPEN']);
    house.clock.pass(OPEN_MS - 1);
    expect(told(await list())).toEqual(['CIRCUIT_OPEN']);
    house.clock.pass(1);
    expect((await list()).status).toBe(200);
  });

  test('while it tries, the others are refused and do not wait for it', async () => {
    let behave: Behave = answerJson(500, 'Oops');
    const provider = await openFaulty((request, response) => {
      behave(request, response);
    });
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', TOKEN);
    const ask = () => door.ask('/sequences', { headers: { ...tenant('outreach'), prefer: 'wait=0' } });
    for (let time = 0; time < FAILURES_TO_OPEN; time += 1) await ask();
    door.clock.pass(OPEN_MS);
    const held: (() => void)[] = [];
    behave = (request, response) => {
      held.push(() => {
        answerJson(200, { data: [] })(request, response);
      });
    };
    const trying = ask();
    await vi.waitFor(() => {
      expect(held).toHaveLength(1);
    });
    const refused = await ask();
    expect(told(refused)).toEqual(['CIRCUIT_OPEN']);
    expect(refused.headers.get('retry-after')).toBe('1');
    for (const answer of held) answer();
    expect((await trying).status).toBe(200);
    behave = answerJson(200, { data: [] });
    expect((await ask()).status).toBe(200);
    expect(provider.received).toHaveLength(FAILURES_TO_OPEN + 2);
  });
});
