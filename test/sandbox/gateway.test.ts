/** What the gateway makes of each fault, and what the provider holds then: contract, section 7. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fault, Moment } from '../../src/sandbox.ts';
import { DEFAULT_LIMITS } from '../../src/upstream/exchange.ts';
import { connectionPath, createStep, errorsOf, listSequences, tenant } from '../http/support.ts';
import { openHouse, type Answer, type House } from '../support/house.ts';
import { openServedHouse } from '../support/served.ts';
import { PROVIDERS, stored, type Provider } from './calls.ts';

/** The call that makes a step of what a caller has sent. */
const MAKES_STEP: Readonly<Partial<Record<Provider, RegExp>>> = {
  apollo: /\/emailer_steps$/,
  outreach: /\/sequenceSteps$/,
  salesloft: /\/cadence_imports$/,
};

const UNREADABLE = { code: 'OUTCOME_UNKNOWN', problem_type: 'BAD_PROVIDER_RESPONSE', status: '502' };
const FAILED = { code: 'OUTCOME_UNKNOWN', problem_type: 'PROVIDER_FAILED', status: '502' };
const LATE = { code: 'OUTCOME_UNKNOWN', problem_type: 'PROVIDER_TIMEOUT', status: '504' };

/** Faults after which nobody but the provider knows whether there is a step. */
const AT_EITHER_MOMENT: readonly (readonly [string, (at: Moment) => Fault, object])[] = [
  ['500', (at) => ({ kind: 'refusal', at, name: 'server_error' }), FAILED],
  ['a page with 200', (at) => ({ kind: 'html', at }), UNREADABLE],
  ['JSON of another type', (at) => ({ kind: 'wrong_type', at }), UNREADABLE],
  ['a reset', (at) => ({ kind: 'reset', at }), UNREADABLE],
  ['no answer', (at) => ({ kind: 'hang', at }), LATE],
];

const MOUNTS = [
  ['on real ports', openServedHouse],
  ['behind msw', openHouse],
] as const;

describe.each(MOUNTS)('a sandbox %s', (mounted, open) => {
  let house: House;
  beforeAll(async () => {
    house = await open({ limits: { ...DEFAULT_LIMITS, totalTimeoutMs: 150 } });
  });
  beforeEach(async () => {
    for (const name of PROVIDERS) house.sandbox(name).reset();
    for (const name of PROVIDERS) await house.connect(name);
  });
  afterAll(() => house.close());

  /** Creates a call while the one call that makes it goes wrong. */
  async function createDuring(name: Provider, path: RegExp, fault: Fault): Promise<Answer> {
    house.sandbox(name).addFault({ match: { method: 'POST', path }, fault });
    return createStep(house, { type: 'call' }, { provider: name });
  }

  /** The write was sent once, and has done what the fault says. */
  function expectOnce(name: Provider, path: RegExp, committed: boolean): void {
    const sandbox = house.sandbox(name);
    const writes = sandbox.calls().filter((call) => call.method === 'POST' && path.test(call.path));
    expect(writes.map((call) => call.committed)).toEqual([committed]);
    expect(stored(sandbox)).toBe(committed ? 1 : 0);
  }

  describe.each(Object.entries(MAKES_STEP) as [Provider, RegExp][])('creating a step in %s', (name, path) => {
    describe.each(['before_commit', 'after_commit'] as const)('%s', (at) => {
      test.each(AT_EITHER_MOMENT)('%s: an unknown outcome', async (_, fault, expected) => {
        const answer = await createDuring(name, path, fault(at));
        expect(errorsOf(answer), answer.text).toMatchObject([expected]);
        expect(errorsOf(answer)[0]?.meta).toMatchObject({ provider: name, retriable: false, outcome: 'unknown' });
        expectOnce(name, path, at === 'after_commit');
      });

      test('a late answer is an answer', async () => {
        const answer = await createDuring(name, path, { kind: 'delay', at, ms: 20 });
        expect(answer.status, answer.text).toBe(201);
        expectOnce(name, path, true);
      });
    });

    test.each<[string, Fault, object]>([
      ['breaks off', { kind: 'truncated' }, UNREADABLE],
      ['comes too slowly', { kind: 'drip', ms: 10 }, LATE],
    ])('a body that %s: an unknown outcome', async (_, fault, expected) => {
      const answer = await createDuring(name, path, fault);
      expect(errorsOf(answer), answer.text).toMatchObject([expected]);
      expect(errorsOf(answer)[0]?.meta.outcome).toBe('unknown');
      expectOnce(name, path, true);
    });

    test('carried out after the gateway gave up: an unknown outcome, sent once', async () => {
      const answer = await createDuring(name, path, { kind: 'delay', at: 'before_commit', ms: 200 });
      expect(errorsOf(answer), answer.text).toMatchObject([LATE]);
      await expect.poll(() => stored(house.sandbox(name))).toBe(1);
      expectOnce(name, path, true);
    });

    const limited = () => house.sandbox(name).refusals.filter((each) => /^(rate_limited|concurrent)/.test(each));
    test('every 429: nothing was carried out', async () => {
      expect(limited()).not.toEqual([]);
      for (const refusal of limited()) {
        house.sandbox(name).reset();
        const fault = { kind: 'refusal', at: 'before_commit', name: refusal } as const;
        house.sandbox(name).addFault({ match: { method: 'POST', path }, fault, times: 'until_cleared' });
        const answer = await createStep(house, { type: 'call' }, { provider: name });
        expect([answer.status, errorsOf(answer)[0]?.code], refusal).toEqual([429, 'PROVIDER_RATE_LIMITED']);
        expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
        expect(stored(house.sandbox(name))).toBe(0);
      }
    });
  });

  describe.each(PROVIDERS)('reading %s', (name) => {
    const failed = { code: 'PROVIDER_FAILED', status: '502' };
    const unreadable = { code: 'BAD_PROVIDER_RESPONSE', status: '502' };
    test.each<[string, Fault, object]>([
      ['500', { kind: 'refusal', at: 'before_commit', name: 'server_error' }, failed],
      ['a page with 200', { kind: 'html', at: 'after_commit' }, unreadable],
      ['JSON of another type', { kind: 'wrong_type', at: 'after_commit' }, unreadable],
      ['a reset', { kind: 'reset', at: 'before_commit' }, unreadable],
      ['half a body', { kind: 'truncated' }, unreadable],
      ['no answer', { kind: 'hang', at: 'before_commit' }, { code: 'PROVIDER_TIMEOUT', status: '504' }],
      ['a body byte by byte', { kind: 'drip', ms: 10 }, { code: 'PROVIDER_TIMEOUT', status: '504' }],
    ])('%s', async (_, fault, expected) => {
      house.sandbox(name).addFault({ fault, times: 'until_cleared' });
      const answer = await listSequences(house, name);
      expect(errorsOf(answer), answer.text).toMatchObject([expected]);
      expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
      house.sandbox(name).clearFaults();
      expect((await listSequences(house, name)).status).toBe(200);
    });

    test.each(['expired_token', 'revoked_token'])('%s: the connection says so', async (refusal) => {
      const fault = { kind: 'refusal', at: 'before_commit', name: refusal } as const;
      house.sandbox(name).addFault({ fault, times: 'until_cleared' });
      const answer = await listSequences(house, name);
      expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([424, 'CONNECTION_NEEDS_REAUTH']);
      expect((await house.ask(connectionPath(name))).json).toMatchObject({ status: 'needs_reauth' });
    });

    test('a budget that is spent', async () => {
      const sandbox = house.sandbox(name);
      sandbox.changeLimits(Object.fromEntries(Object.keys(sandbox.limits()).map((limit) => [limit, 0])));
      const answer = await listSequences(house, name);
      const expected =
        'credits' in sandbox.limits() ? [402, 'PROVIDER_CREDITS_EXHAUSTED'] : [429, 'PROVIDER_RATE_LIMITED'];
      expect([answer.status, errorsOf(answer)[0]?.code], mounted).toEqual(expected);
    });
  });

  test('two sequences at once in apollo: the gateway sends one after the other', async () => {
    const sandbox = house.sandbox('apollo');
    sandbox.addFault({
      match: { method: 'POST', path: /\/sequences$/ },
      fault: { kind: 'delay', at: 'after_commit', ms: 20 },
    });
    const create = (name: string) =>
      house.ask('/sequences', { method: 'POST', headers: tenant('apollo'), body: { record: { name, steps: [] } } });
    const answers = await Promise.all([create('One'), create('Two')]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(sandbox.calls().map(({ status }) => status)).not.toContain(429);
  });
});
