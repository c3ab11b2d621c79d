/** Budgets that are counted, and refused in the provider's own words once they are spent. */
import { describe, expect, test } from 'vitest';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import type { Limits, Sandbox } from '../../src/sandbox.ts';
import { testClock, type TestClock } from '../support/clock.ts';
import { nativeCall, type NativeCall, type Provider } from './calls.ts';

const modules = await loadSandboxModules();

interface Opened {
  readonly sandbox: Sandbox;
  readonly clock: TestClock;
  readonly ask: (change?: Partial<NativeCall>) => Promise<Response>;
}

function open(name: Provider, limits: Limits = {}, world: Readonly<Record<string, string>> = {}): Opened {
  const module = modules.get(name);
  if (!module) throw new Error(`There is no sandbox ${name}.`);
  const clock = testClock(Date.parse('2026-11-21T12:10:20Z'));
  const sandbox = module.create({ now: () => clock.now(), limits, world });
  const ask: Opened['ask'] = async (change = {}) => {
    const { path, body, ...init } = { ...nativeCall(name, sandbox), ...change };
    const url = new URL(path, sandbox.origin);
    return sandbox.app.fetch(new Request(url, { ...init, ...(init.method === 'GET' ? {} : { body: body ?? null }) }));
  };
  return { sandbox, clock, ask };
}

/** Asks until the first refusal, and answers how many came through before. */
async function spend(ask: () => Promise<Response>): Promise<{ readonly through: number; readonly refused: Response }> {
  for (let through = 0; through < 100_000; through += 1) {
    const answer = await ask();
    if (!answer.ok) return { through, refused: answer };
  }
  throw new Error('Nothing was refused.');
}

const search = { path: '/api/v1/emailer_campaigns/search', body: '{}' };

describe('apollo', () => {
  test('the published numbers', async () => {
    const { sandbox, ask } = open('apollo');
    expect(sandbox.limits()).toEqual({ per_minute: 200, per_hour: 600, per_day: 6000 });
    const { through, refused } = await spend(() => ask(search));
    expect([through, refused.status]).toEqual([200, 429]);
  });

  test.each([
    ['minute', { per_minute: 2 }, 60, 'x-minute-requests-left'],
    ['hour', { per_hour: 2 }, 3600, 'x-hourly-requests-left'],
    ['day', { per_day: 2 }, 86_400, 'x-24-hour-requests-left'],
  ])('by the %s, for each endpoint of its own', async (window, limits, seconds, header) => {
    const { clock, ask } = open('apollo', limits);
    await ask(search);
    clock.pass(5_000);
    const { through, refused } = await spend(() => ask(search));
    expect([through, refused.status]).toEqual([1, 429]);
    expect(refused.headers.get('retry-after')).toBe(String(seconds - 5));
    expect(refused.headers.get(header)).toBe('0');
    const message = `The maximum number of api calls allowed for api/v1/emailer_campaigns/search is 2 times per ${window}. Please upgrade your plan from https://app.apollo.io/#/settings/plans/upgrade.`;
    expect(await refused.json()).toEqual({ message });
    expect((await ask()).status).toBe(200);
    clock.pass((seconds - 5) * 1000);
    expect((await ask(search)).status).toBe(200);
  });

  test('a call that is refused is not counted', async () => {
    const { clock, ask } = open('apollo', { per_minute: 1 });
    await ask(search);
    expect((await ask(search)).headers.get('x-hourly-usage')).toBe('1');
    clock.pass(60_000);
    expect((await ask(search)).headers.get('x-hourly-usage')).toBe('2');
  });

  test('who may not come in spends nothing and is told of no budget', async () => {
    const { ask } = open('apollo', { per_minute: 1 });
    const refused = await ask({ ...search, headers: { 'x-api-key': 'wrong', 'user-agent': 'test' } });
    expect([refused.status, refused.headers.get('x-rate-limit-minute')]).toEqual([401, null]);
    expect((await spend(() => ask(search))).through).toBe(1);
  });

  const sequence = { path: '/api/v1/sequences', body: '{"name":"New"}' };

  test('a write of a sequence while another one of the team is under way', async () => {
    const { sandbox, ask } = open('apollo');
    const [id = ''] = sandbox.sequences().map((each) => each.id);
    const before = sandbox.sequences().length;
    sandbox.addFault({ match: { path: /\/sequences$/ }, fault: { kind: 'delay', at: 'after_commit', ms: 20 } });
    const first = ask(sequence);
    const oauth = { authorization: `Bearer ${sandbox.credentials.access_token ?? ''}`, 'user-agent': 'test' };
    const during = await Promise.all([
      ask(sequence),
      ask({ ...sequence, headers: { ...oauth, 'content-type': 'application/json' } }),
      ask({ method: 'PUT', path: `/api/v1/sequences/${id}`, body: '{}' }),
      ask(search),
      ask(),
      ask({ ...sequence, headers: { 'x-api-key': 'wrong', 'user-agent': 'test' } }),
    ]);
    expect(during.map(({ status }) => status)).toEqual([429, 429, 429, 200, 200, 401]);
    expect(await during[0].json()).toEqual({ error: 'We are already processing the request for your sequence' });
    expect((await first).status).toBe(200);
    expect((await ask(sequence)).status).toBe(200);
    expect(sandbox.sequences()).toHaveLength(before + 2);
  });
});

describe('outreach', () => {
  test('10,000 an hour', async () => {
    const { sandbox, clock, ask } = open('outreach');
    expect(sandbox.limits()).toEqual({ per_hour: 10_000 });
    sandbox.changeLimits({ per_hour: 3 });
    const { through, refused } = await spend(() => ask());
    expect([through, refused.status]).toEqual([3, 429]);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'content-type': 'application/vnd.api+json',
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '2980',
      'retry-after': '2980',
    });
    expect(await refused.json()).toEqual({
      errors: [
        {
          id: 'rateLimitExceeded',
          title: 'Rate Limit Exceeded',
          detail: 'You have exceeded your permitted rate limit of 3; please try again at 2026-11-21T13:00:00.',
        },
      ],
    });
    clock.pass(2_980_000);
    expect((await ask()).status).toBe(201);
  });

  test.each([
    ['rate_limited', 'seconds', '2980'],
    ['rate_limited', 'iso8601', '2026-11-21T13:00:00.000Z'],
    ['rate_limited_seconds', 'iso8601', '2980'],
    ['rate_limited_timestamp', 'seconds', '2026-11-21T13:00:00.000Z'],
  ])('%s on demand, where the world says %s', async (name, retry_after, expected) => {
    const { sandbox, ask } = open('outreach', {}, { retry_after });
    sandbox.addFault({ fault: { kind: 'refusal', at: 'before_commit', name } });
    const { status, headers } = await ask();
    expect([status, headers.get('retry-after'), headers.get('x-ratelimit-reset')]).toEqual([429, expected, expected]);
  });
});

describe('salesloft', () => {
  const page = (number: number): Partial<NativeCall> => ({ method: 'GET', path: `/v2/steps?page=${number}` });

  test('600 cost units a minute, by page', async () => {
    const { sandbox, clock, ask } = open('salesloft');
    expect(sandbox.limits()).toEqual({ cost_per_minute: 600 });
    const { through, refused } = await spend(() => ask(page(501)));
    expect([through, refused.status]).toEqual([20, 429]);
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(await refused.json()).toEqual({ error: 'Too Many Requests' });
    clock.pass(40_000);
    expect((await ask(page(501))).status).toBe(200);
  });

  test.each([
    [100, 1],
    [101, 3],
    [150, 3],
    [151, 8],
    [250, 8],
    [251, 10],
    [500, 10],
    [501, 30],
  ])('page %i costs %i', async (number, cost) => {
    const { ask } = open('salesloft', { cost_per_minute: cost });
    const { headers, status } = await ask(page(number));
    expect(status).toBe(200);
    expect(headers.get('x-ratelimit-endpoint-cost')).toBe(String(cost));
    expect(headers.get('x-ratelimit-remaining-minute')).toBe('0');
    const refused = await ask(page(1));
    expect([refused.status, refused.headers.get('x-ratelimit-remaining-minute')]).toEqual([429, '0']);
  });

  test('what no longer fits is refused, what fits is not', async () => {
    const { ask } = open('salesloft', { cost_per_minute: 3 });
    expect((await ask(page(151))).status).toBe(429);
    expect((await ask(page(101))).status).toBe(200);
  });

  test('the body of the refusal is not documented', async () => {
    const { sandbox, ask } = open('salesloft', { cost_per_minute: 0 }, { throttled_body: 'empty' });
    expect(await (await ask()).text()).toBe('');
    sandbox.addFault({ fault: { kind: 'refusal', at: 'before_commit', name: 'rate_limited' } });
    expect(await (await ask()).text()).toBe('');
  });
});

describe('zendesk_sell', () => {
  test('36,000 an hour', async () => {
    const { sandbox, clock, ask } = open('zendesk_sell');
    expect(sandbox.limits()).toEqual({ per_hour: 36_000, per_second: Infinity });
    sandbox.changeLimits({ per_hour: 2 });
    const { through, refused } = await spend(() => ask());
    expect([through, refused.status]).toEqual([2, 429]);
    expect(refused.headers.get('retry-after')).toBeNull();
    const [problem] = ((await refused.json()) as { errors: { error: object }[] }).errors;
    expect(problem?.error).toMatchObject({ code: 'rate_limit_exceeded' });
    clock.pass(3_600_000);
    expect((await ask()).status).toBe(200);
  });

  test('10 a second, by whoever takes that for a limit of its own', async () => {
    const { clock, ask } = open('zendesk_sell', { per_second: 10 });
    expect((await spend(() => ask())).through).toBe(10);
    clock.pass(1_000);
    expect((await spend(() => ask())).through).toBe(10);
  });

  test('as a 404 for /429.json', async () => {
    const { sandbox, ask } = open('zendesk_sell', { per_hour: 0 }, { throttled_as: '404' });
    const refused = await ask();
    expect(refused.status).toBe(404);
    expect(await refused.text()).toContain("'/429.json' was not found using the HTTP method 'GET'");
    sandbox.addFault({ fault: { kind: 'refusal', at: 'before_commit', name: 'rate_limited_429' } });
    expect((await ask()).status).toBe(429);
  });
});

test('upscale: credits, where somebody says how many', async () => {
  const { sandbox, ask } = open('upscale');
  expect(sandbox.limits()).toEqual({ credits: Infinity });
  sandbox.changeLimits({ credits: 2 });
  const { through, refused } = await spend(() => ask());
  expect([through, refused.status]).toEqual([2, 402]);
  expect(await refused.json()).toEqual({
    error: 'Not enough credits remaining to complete this request. Please upgrade your plan or purchase a bundle.',
  });
  sandbox.reset();
  expect(sandbox.limits()).toEqual({ credits: Infinity });
  expect((await ask()).status).toBe(200);
});

describe('limits', () => {
  test.each(['apollo', 'outreach', 'salesloft', 'upscale', 'zendesk_sell'] as const)('of %s are its own', (name) => {
    const { sandbox } = open(name);
    const first = sandbox.limits();
    expect(() => open(name, { per_blue_moon: 1 })).toThrow(/no limit per_blue_moon; it has \w+/);
    for (const key of Object.keys(first)) {
      expect(() => {
        sandbox.changeLimits({ [key]: -1 });
      }).toThrow(TypeError);
      sandbox.changeLimits({ [key]: 1 });
      expect(sandbox.limits()).toEqual({ ...first, [key]: 1 });
      sandbox.reset();
      expect(sandbox.limits()).toEqual(first);
    }
  });
});
