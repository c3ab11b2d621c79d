/** Budgets: what a provider grants each connection, how calls wait for it, and what is told of it. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LIMIT_BOUNDS } from '../../src/limits/limits.ts';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import { heldClock } from '../support/clock.ts';
import { cursorTo } from '../support/cursors.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, openHouse, type House, type HouseOptions } from '../support/house.ts';
import { openDoor } from './door.ts';
import { answerJson, openFaulty } from './faulty.ts';
import { connectionPath, createStep, errorsOf, putConnection, tenant, told } from './support.ts';

interface Policy {
  readonly name: string;
  readonly unit: string;
  readonly limit?: number;
  readonly window_seconds: number;
  readonly remaining?: number;
  readonly resets_at?: string;
  readonly endpoint?: string;
}

let house: House;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** The clock of a house starts on a full hour, which is a full minute, too. */
async function open(options: HouseOptions = {}): Promise<House> {
  house = await openHouse(options);
  opened.push(house);
  for (const name of ['salesloft', 'outreach', 'apollo', 'zendesk_sell', 'upscale']) await house.connect(name);
  return house;
}

const OTHER = 'other-customer';

async function connectOther(provider = 'salesloft'): Promise<void> {
  const { api_key = '' } = house.sandbox(provider).credentials;
  await putConnection(house, provider, 'api_key', api_key, OTHER);
}

function list(
  options: { query?: string; prefer?: string; provider?: string; customer?: string } = {},
): Promise<Answer> {
  const { query = '', prefer = '', provider = 'salesloft', customer = CUSTOMER } = options;
  return house.ask(`/sequences${query}`, { headers: { ...tenant(provider, customer), prefer } });
}

async function policies(provider = 'salesloft', customer = CUSTOMER): Promise<readonly Policy[]> {
  const answer = await house.ask(`${connectionPath(provider, customer)}/budget`);
  expect(answer.status, answer.text).toBe(200);
  return (answer.json as { policies: readonly Policy[] }).policies;
}

async function remaining(provider = 'salesloft', customer = CUSTOMER): Promise<number | undefined> {
  return (await policies(provider, customer))[0]?.remaining;
}

async function waiting(provider = 'salesloft'): Promise<number> {
  return ((await house.ask(`${connectionPath(provider)}/budget`)).json as { waiting: number }).waiting;
}

const calls = (provider = 'salesloft'): number => house.sandbox(provider).calls().length;

/** The provider says with its next answer that so many units are left. */
async function leave(units: number): Promise<void> {
  forceHeaders({ 'x-ratelimit-remaining-minute': String(units) });
  expect((await list()).status).toBe(200);
  house.sandbox('salesloft').reset();
}

function forceHeaders(headers: Readonly<Record<string, string>>): void {
  const body = { data: [], metadata: { paging: { per_page: 25, current_page: 1, next_page: null, prev_page: null } } };
  const answer: ForcedAnswer = { status: 200, headers, body };
  house.sandbox('salesloft').answerNext({ method: 'GET', path: /cadences/ }, answer);
}

describe('what is told', () => {
  test('a budget that nobody has used, and one that is used', async () => {
    await open();
    const fresh = { name: 'salesloft-minute', unit: 'cost-units', limit: 600, window_seconds: 60, remaining: 600 };
    const answer = await house.ask(`${connectionPath('salesloft')}/budget`);
    expect(answer.json).toEqual({
      customer_id: CUSTOMER,
      provider_name: 'salesloft',
      shared_by: 'team',
      policies: [fresh],
      waiting: 0,
    });
    house.clock.pass(15_000);
    await list();
    expect(await policies()).toEqual([{ ...fresh, remaining: 599, resets_at: '2026-11-21T12:01:00.000Z' }]);
    house.clock.pass(45_000);
    expect(await policies()).toEqual([fresh]);
  });

  test('in the fields of the draft, with every answer that reached the provider', async () => {
    await open();
    const created = await createStep(house, { type: 'call' }, { provider: 'salesloft' });
    expect(created.status, created.text).toBe(201);
    expect(created.headers.get('ratelimit-policy')).toBe('"salesloft-minute";q=600;w=60;qu="cost-units"');
    expect(created.headers.get('ratelimit')).toBe(`"salesloft-minute";r=${String(600 - calls())};t=60`);
    const wrong = await list({ provider: 'outreach', query: '?ids=999999999' });
    expect(wrong.headers.get('ratelimit')).toBe('"outreach-hour";r=9999;t=3600');
    house.sandbox('outreach').answerNext({ method: 'GET', path: /./ }, { status: 422, body: {} });
    const refused = await list({ provider: 'outreach' });
    expect(refused.status).toBe(422);
    expect(refused.headers.get('ratelimit-policy')).toBe('"outreach-hour";q=10000;w=3600');
    expect(refused.headers.get('ratelimit')).toBe('"outreach-hour";r=9998;t=3600');
  });

  test('of a provider that says nothing of a limit: nothing', async () => {
    await open();
    const answer = await list({ provider: 'upscale' });
    expect(answer.status).toBe(200);
    expect(answer.headers.has('ratelimit')).toBe(false);
    expect(answer.headers.has('ratelimit-policy')).toBe(false);
    const budget = await house.ask(`${connectionPath('upscale')}/budget`);
    expect(budget.json).toMatchObject({ because: expect.stringMatching(/^Upscale .+\.$/) as string, policies: [] });
  });

  test('only of a connection that there is', async () => {
    await open();
    expect(told(await house.ask(`${connectionPath('salesloft', OTHER)}/budget`))).toEqual(['CONNECTION_NOT_FOUND']);
    expect(told(await house.ask('/customers/a/connections/hubspot/budget'))).toEqual(['PROVIDER_UNKNOWN']);
    expect(told(await house.ask(`${connectionPath('salesloft')}/budget?fresh=1`))).toEqual(['INVALID_QUERY fresh']);
  });

  test('as declared, in GET /providers', async () => {
    await open();
    const budgetOf = async (name: string) =>
      ((await house.ask(`/providers/${name}`)).json as { budget: unknown }).budget;
    expect(await budgetOf('salesloft')).toMatchObject({
      support: 'native',
      shared_by: 'team',
      unit: 'cost-units',
      windows: [{ name: 'minute', limit: 600 }],
      cost: { parameter: 'page' },
    });
    expect(await budgetOf('apollo')).toMatchObject({ counted: 'by_endpoint', windows: [{}, {}, {}] });
    expect(await budgetOf('upscale')).toMatchObject({ support: 'none' });
  });
});

describe('what is counted', () => {
  test.each([
    [1, 1],
    [100, 1],
    [101, 3],
    [151, 8],
    [251, 10],
    [501, 30],
  ])('page %i costs %i units', async (page, units) => {
    await open();
    const cursor = cursorTo('salesloft', String(page));
    // Without a header of the provider it is the declaration that counts.
    forceHeaders({});
    expect((await list({ query: `?cursor=${cursor}` })).status).toBe(200);
    expect(await remaining()).toBe(600 - units);
  });

  test('each connection for itself, and anew with new credentials', async () => {
    await open();
    await connectOther();
    await leave(0);
    expect(told(await list({ prefer: 'wait=0' }))).toEqual(['PROVIDER_BUDGET_EXHAUSTED']);
    expect((await list({ prefer: 'wait=0', customer: OTHER })).status).toBe(200);
    expect(await remaining('salesloft', OTHER)).toBe(599);
    await house.connect('salesloft');
    expect((await list({ prefer: 'wait=0' })).status).toBe(200);
  });

  test('each endpoint for itself, where the provider does; ids are one endpoint', async () => {
    await open();
    const sequences = house.sandbox('apollo').sequences().slice(0, 2);
    for (const { id } of sequences) await house.ask(`/sequences/${id}`, { headers: tenant('apollo') });
    const answer = await list({ provider: 'apollo' });
    const found = await policies('apollo');
    const endpoints = [...new Set(found.map(({ endpoint }) => endpoint))];
    expect(endpoints).toEqual(['GET /emailer_campaigns/{id}', 'POST /emailer_campaigns/search']);
    // The sandbox tells the limits of a paid plan.
    expect(found.map(({ name, limit, remaining: left }) => [name, limit, left])).toEqual([
      ['apollo-minute', 200, 198],
      ['apollo-hour', 600, 598],
      ['apollo-day', 6000, 5998],
      ['apollo-minute', 200, 199],
      ['apollo-hour', 600, 599],
      ['apollo-day', 6000, 5999],
    ]);
    expect(answer.headers.get('ratelimit')).toBe(
      '"apollo-minute";r=199;t=60, "apollo-hour";r=599;t=3600, "apollo-day";r=5999;t=86400',
    );
  });

  test('what was never sent is not', async () => {
    const gone = await openFaulty(() => undefined);
    await gone.close();
    await open({ baseUrls: new Map([['salesloft', gone.url]]) });
    expect(told(await list({ prefer: 'wait=0' }))).toEqual(['PROVIDER_UNREACHABLE']);
    expect(await remaining()).toBe(600);
  });
});

describe("the provider's headers are believed", () => {
  test('less is left than was counted, because others use the account, too', async () => {
    await open();
    await leave(17);
    expect(await remaining()).toBe(17);
  });

  test('more is left, because its window began anew', async () => {
    await open();
    await leave(0);
    house.clock.pass(59_000);
    expect(told(await list({ prefer: 'wait=0' }))).toEqual(['PROVIDER_BUDGET_EXHAUSTED']);
    house.clock.pass(1_000);
    await leave(598);
    expect(await remaining()).toBe(598);
  });

  test.each([
    ['30', '2026-11-21T12:00:30.000Z'],
    ['2026-11-21T12:00:40Z', '2026-11-21T12:00:40.000Z'],
    ['Sat, 21 Nov 2026 12:00:50 GMT', '2026-11-21T12:00:50.000Z'],
    ['-1', '2026-11-21T13:00:00.000Z'],
    ['3601', '2026-11-21T13:00:00.000Z'],
    ['later', '2026-11-21T13:00:00.000Z'],
  ])('the window ends at %s', async (resets, expected) => {
    await open();
    const headers = { 'X-RateLimit-Limit': '500', 'X-RateLimit-Remaining': '20', 'X-RateLimit-Reset': resets };
    house.sandbox('outreach').answerNext({ method: 'GET', path: /./ }, { status: 200, headers, body: { data: [] } });
    await list({ provider: 'outreach' });
    expect(await policies('outreach')).toEqual([
      { name: 'outreach-hour', unit: 'requests', limit: 500, window_seconds: 3600, remaining: 20, resets_at: expected },
    ]);
  });

  test('an empty limit is none, and nonsense is nothing', async () => {
    await open();
    const search = { method: 'POST', path: /search/ };
    const body = { emailer_campaigns: [], pagination: { page: 1, total_pages: 1, total_entries: 0 } };
    const force = (headers: Readonly<Record<string, string>>): void => {
      house.sandbox('apollo').answerNext(search, { status: 200, headers, body });
    };
    force({
      'x-rate-limit-minute': '',
      'x-rate-limit-hourly': 'many',
      'x-hourly-requests-left': '-3',
      'x-daily-requests-left': '5',
    });
    await list({ provider: 'apollo' });
    const [minute, hour, day] = await policies('apollo');
    expect([minute?.limit, minute?.remaining]).toEqual([undefined, undefined]);
    expect([hour?.limit, hour?.remaining]).toEqual([200, 199]);
    expect([day?.limit, day?.remaining]).toEqual([600, 5]);
  });
});

describe('a call that does not fit', () => {
  test('waits for the next window, if that is soon enough', async () => {
    await open();
    house.clock.pass(52_000);
    await leave(0);
    const answer = await list();
    expect(answer.status, answer.text).toBe(200);
    expect(house.clock.waits).toEqual([8_000]);
    expect(calls()).toBe(1);
  });

  test.each([
    ['', 49_000, 11],
    ['wait=5', 54_000, 6],
    ['wait=0', 59_500, 1],
    ['wait=59', 0, 60],
  ])('is refused at once where %j is not enough', async (prefer, at, seconds) => {
    await open();
    house.clock.pass(at);
    await leave(0);
    const answer = await list({ prefer });
    expect(answer.status).toBe(429);
    expect(errorsOf(answer)).toMatchObject([
      {
        code: 'PROVIDER_BUDGET_EXHAUSTED',
        detail: expect.stringContaining('Nothing was sent') as string,
        meta: { origin: 'gateway', provider: 'salesloft', retriable: true },
      },
    ]);
    expect(answer.headers.get('retry-after')).toBe(String(seconds));
    expect(answer.headers.get('ratelimit')).toBe(`"salesloft-minute";r=0;t=${String(seconds)}`);
    expect([calls(), house.clock.waits]).toEqual([0, []]);
  });

  test('waits as long as is asked for', async () => {
    await open();
    await leave(0);
    expect((await list({ prefer: 'wait=60' })).status).toBe(200);
    expect(house.clock.waits).toEqual([60_000]);
  });

  test('in the middle of a write is sent all the same: half a write is worse', async () => {
    await open();
    const headers = { 'X-RateLimit-Remaining': '1', 'X-RateLimit-Reset': '3000' };
    house.sandbox('outreach').answerNext({ method: 'GET', path: /./ }, { status: 200, headers, body: { data: [] } });
    house.sandbox('outreach').answerNext(
      { method: 'POST', path: /templates$/ },
      {
        status: 201,
        headers: { ...headers, 'X-RateLimit-Remaining': '0' },
        body: { data: { id: 201, attributes: {} } },
      },
    );
    await list({ provider: 'outreach' });
    house
      .sandbox('outreach')
      .answerNext(
        { method: 'POST', path: /sequenceSteps$/ },
        { status: 422, body: { errors: [{ title: 'Reached' }] } },
      );
    const spent = { ...headers, 'X-RateLimit-Remaining': '0' };
    const gone = { status: 404, headers: spent, body: { errors: [] } };
    house.sandbox('outreach').answerNext({ method: 'DELETE', path: /templates/ }, gone);
    const record = { type: 'auto_email', template: { subject: 'Hello', body: '<p>Hello</p>' } };
    const answer = await createStep(house, record, { headers: { prefer: 'wait=0' } });
    expect(errorsOf(answer)).toMatchObject([{ code: 'PROVIDER_REJECTED' }]);
    // Nor is what takes the first half back.
    expect(house.sandbox('outreach').calls().at(-1)).toMatchObject({ method: 'DELETE', path: '/api/v2/templates/201' });
    expect(told(await createStep(house, record, { headers: { prefer: 'wait=0' } }))).toEqual([
      'PROVIDER_BUDGET_EXHAUSTED',
    ]);
  });
});

describe('the step that a write has made is looked for with a budget that the write has used up', () => {
  const LOOK = 'GET 429';

  /** Two units are left of the minute: one for the look at the cadence, and one for the import. */
  async function createWithLastUnits(): Promise<Answer> {
    const pages = [...Array<number>(19).fill(501), 251, 251, 151];
    for (const page of pages) {
      const cursor = cursorTo('salesloft', String(page));
      expect((await list({ query: `?cursor=${cursor}` })).status).toBe(200);
    }
    expect(await remaining()).toBe(2);
    return createStep(house, { type: 'call' }, { provider: 'salesloft', headers: { prefer: 'wait=0' } });
  }

  function sent(): readonly string[] {
    const received = house.sandbox('salesloft').calls().slice(22);
    return received.map(({ method, status }) => `${method} ${String(status)}`);
  }

  test('is found as soon as the next minute begins, if that is while it is looked for', async () => {
    await open();
    house.clock.pass(55_000);
    const answer = await createWithLastUnits();
    expect(answer.status, answer.text).toBe(201);
    const sandbox = house.sandbox('salesloft');
    const steps = sandbox.sequences().find(({ seed }) => seed === 'empty');
    expect(answer.json).toMatchObject({ record: { id: sandbox.steps(steps?.id ?? '').at(0)?.id } });
    expect(sent()).toEqual(['GET 200', 'POST 200', LOOK, LOOK, LOOK, LOOK, LOOK, 'GET 200']);
    expect(house.clock.waits).toEqual([250, 500, 1_000, 2_000, 2_000]);
    expect(answer.headers.get('ratelimit')).toBe('"salesloft-minute";r=599;t=60');
  });

  test('is told as made, with an id that nobody knows, if not; the look is sent all the same', async () => {
    await open();
    const answer = await createWithLastUnits();
    expect(answer.status, answer.text).toBe(502);
    expect(errorsOf(answer)).toMatchObject([
      {
        code: 'OUTCOME_UNKNOWN',
        meta: {
          origin: 'remote-provider',
          provider: 'salesloft',
          retriable: false,
          outcome: 'unknown',
          upstream: { status: 429 },
          created: [{ kind: 'steps_in_cadence' }],
        },
      },
    ]);
    // Over 10 s, and nothing is written again.
    expect(sent()).toEqual(['GET 200', 'POST 200', ...Array<string>(8).fill(LOOK)]);
    expect(answer.headers.get('ratelimit')).toMatch(/^"salesloft-minute";r=0;t=\d+$/);
    expect(told(await list({ prefer: 'wait=0' }))).toEqual(['PROVIDER_BUDGET_EXHAUSTED']);
  });

  test('is waited for until the next minute by a caller who has the patience', async () => {
    await open();
    house.clock.pass(40_000);
    house.sandbox('salesloft').changeLimits({ cost_per_minute: 2 });
    const options = { provider: 'salesloft', headers: { prefer: 'wait=30' } };
    const answer = await createStep(house, { type: 'call' }, options);
    expect(answer.status, answer.text).toBe(201);
    // The pause ends with the minute: not one look too many.
    expect(house.clock.waits).toEqual([20_000]);
    expect(
      house
        .sandbox('salesloft')
        .calls()
        .map(({ status }) => status),
    ).toEqual([200, 200, 429, 200]);
  });
});

describe('those who wait', () => {
  const sizes = (): readonly string[] =>
    house
      .sandbox('salesloft')
      .calls()
      .map(({ path }) => /per_page=(\d+)/.exec(path)?.[1] ?? '');

  async function stand(count: number, options: HouseOptions = {}): Promise<readonly Promise<Answer>[]> {
    await open({ clock: heldClock(), ...options });
    await leave(0);
    const asked: Promise<Answer>[] = [];
    for (let size = 1; size <= count; size += 1) {
      asked.push(list({ query: `?page_size=${String(size)}`, prefer: 'wait=60' }));
      await vi.waitFor(async () => {
        expect(await waiting()).toBe(size);
      });
    }
    return asked;
  }

  test('are let in one after the other, in the order in which they came', async () => {
    const asked = await stand(5);
    expect(calls()).toBe(0);
    house.clock.pass(60_000);
    for (const answer of await Promise.all(asked)) expect(answer.status, answer.text).toBe(200);
    expect(sizes()).toEqual(['1', '2', '3', '4', '5']);
    expect(await waiting()).toBe(0);
  });

  test('are not overtaken by a newcomer who would fit', async () => {
    const asked = await stand(1);
    // Two units are left in the new window as the provider sees it: they go to whoever has waited.
    const late = list({ query: '?page_size=99', prefer: 'wait=60' });
    await vi.waitFor(async () => {
      expect(await waiting()).toBe(2);
    });
    house.clock.pass(60_000);
    await Promise.all([...asked, late]);
    expect(sizes()).toEqual(['1', '99']);
  });

  test('are so many for a connection, and so many in all', async () => {
    const bounds = { ...LIMIT_BOUNDS, waitingForConnection: 2, waitingInProcess: 3 };
    const asked = await stand(2, { bounds });
    const refused = await list({ prefer: 'wait=60' });
    expect(refused.status).toBe(429);
    expect(told(refused)).toEqual(['TOO_MANY_WAITING']);
    expect(refused.headers.get('retry-after')).toBe('1');

    await connectOther();
    forceHeaders({ 'x-ratelimit-remaining-minute': '0' });
    await list({ customer: OTHER });
    const other = [1, 2].map(() => list({ customer: OTHER, prefer: 'wait=60' }));
    expect(told(await Promise.race(other))).toEqual(['TOO_MANY_WAITING']);
    house.clock.pass(60_000);
    const statuses = (await Promise.all([...asked, ...other])).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 200, 200, 429]);
    // Whoever has left makes room.
    expect((await list()).status).toBe(200);
  });

  test('are sent away when it takes longer than they were told', async () => {
    const clock = heldClock();
    await open({ clock });
    // A slow answer is under way that will say: nothing is left, and not for an hour.
    const provider = await openFaulty((request, response) => {
      const slow = request.url?.includes('size%5D=7') === true;
      const headers = {
        'x-ratelimit-limit': '2',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': slow ? '3000' : '5',
      };
      const answer = (): void => {
        answerJson(200, { data: [] }, headers)(request, response);
      };
      if (slow) held.push(answer);
      else answer();
    });
    const held: (() => void)[] = [];
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]), clock });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', 'outreach-token-0123456789');
    const ask = (query: string) =>
      door.ask(`/sequences${query}`, { headers: { ...tenant('outreach'), prefer: 'wait=10' } });
    const first = ask('?page_size=7');
    await vi.waitFor(() => {
      expect(held).toHaveLength(1);
    });
    expect((await ask('')).status).toBe(200);
    const late = ask('');
    await vi.waitFor(async () => {
      expect((await door.ask(`${connectionPath('outreach')}/budget`)).json).toMatchObject({ waiting: 1 });
    });
    for (const answer of held) answer();
    expect(told(await late)).toEqual(['PROVIDER_BUDGET_EXHAUSTED']);
    expect((await first).status).toBe(200);
    expect(provider.received).toHaveLength(2);
  });

  test('and go are not called for', async () => {
    const clock = heldClock();
    const provider = await openFaulty(
      answerJson(200, { data: [] }, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' }),
    );
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]), clock });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', 'outreach-token-0123456789');
    await door.ask('/sequences', { headers: tenant('outreach') });
    const caller = new AbortController();
    const asking = fetch(`http://127.0.0.1:${String(door.port)}/sequences`, {
      headers: { ...tenant('outreach'), 'x-api-key': 'sg_test_0123456789abcdefghij' },
      signal: caller.signal,
    });
    const atTheDoor = async () =>
      ((await door.ask(`${connectionPath('outreach')}/budget`)).json as { waiting: number }).waiting;
    await vi.waitFor(async () => {
      expect(await atTheDoor()).toBe(1);
    });
    caller.abort();
    await expect(asking).rejects.toThrow();
    await vi.waitFor(async () => {
      expect(await atTheDoor()).toBe(0);
    });
    clock.pass(10_000);
    await door.ask(connectionPath('outreach'));
    expect(provider.received).toHaveLength(1);
  });
});

test('so many connections are counted; the one that was not used for longest is forgotten', async () => {
  await open({ bounds: { ...LIMIT_BOUNDS, connections: 1 } });
  await leave(3);
  expect(await remaining()).toBe(3);
  await list({ provider: 'outreach' });
  expect(await remaining()).toBe(600);
});
