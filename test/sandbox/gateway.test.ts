/** What the gateway makes of each fault, and what the provider holds then: contract, section 7. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fault, Moment } from '../../src/sandbox.ts';
import { DEFAULT_LIMITS } from '../../src/upstream/exchange.ts';
import { connectionPath, createStep, errorsOf, listSequences, tenant } from '../http/support.ts';
import type { Answer } from '../support/answer.ts';
import { openHouse, type House } from '../support/house.ts';
import { behindRealHosts, onLoopback, type Mount } from '../support/mounts.ts';
import { PROVIDERS, stored, WRITABLE, type Provider } from './calls.ts';

/** The call that makes a step of what a caller has sent. */
const MAKES_STEP = { method: 'POST', path: /\/(emailer_steps|sequenceSteps|cadence_imports)$/ } as const;

const UNREADABLE = { code: 'OUTCOME_UNKNOWN', problem_type: 'BAD_PROVIDER_RESPONSE', status: '502' };
const BROKEN = { code: 'OUTCOME_UNKNOWN', problem_type: 'PROVIDER_CONNECTION_BROKEN', status: '502' };
const FAILED = { code: 'OUTCOME_UNKNOWN', problem_type: 'PROVIDER_FAILED', status: '502' };
const LATE = { code: 'OUTCOME_UNKNOWN', problem_type: 'PROVIDER_TIMEOUT', status: '504' };

/** Faults after which nobody but the provider knows whether there is a step. */
const AT_EITHER_MOMENT: readonly (readonly [string, (at: Moment) => Fault, object])[] = [
  ['500', (at) => ({ kind: 'refusal', at, name: 'server_error' }), FAILED],
  ['a page with 200', (at) => ({ kind: 'html', at }), UNREADABLE],
  ['JSON of another type', (at) => ({ kind: 'wrong_type', at }), UNREADABLE],
  ['a reset', (at) => ({ kind: 'reset', at }), BROKEN],
];

const MOUNTS = [
  ['on real ports', onLoopback],
  ['behind msw', behindRealHosts],
] as const;

/** Only where the gateway has to give up: everything else may take its time. */
const IMPATIENT = { ...DEFAULT_LIMITS, totalTimeoutMs: 150 };

/** A house for each describe block, with the customer connected everywhere and the sandboxes as they were seeded. */
function useHouse(mount: Mount, limits = DEFAULT_LIMITS): () => House {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ mount, limits });
  });
  beforeEach(async () => {
    for (const name of PROVIDERS) house.sandbox(name).reset();
    for (const name of PROVIDERS) await house.connect(name);
  });
  afterAll(() => house.close());
  return () => house;
}

/** Budgets by the clock begin anew, and are whole minutes away from doing so again. */
function nextMinute({ clock }: House): void {
  clock.pass(60_000 - (clock.now() % 60_000));
}

/** Creates a call while the one call that makes it goes wrong. */
async function createDuring(house: House, name: Provider, fault: Fault): Promise<Answer> {
  house.sandbox(name).addFault({ match: MAKES_STEP, fault });
  return createStep(house, { type: 'call' }, { provider: name });
}

/** The write was sent once, and has done what the fault says. */
function expectOnce(house: House, name: Provider, committed: boolean): void {
  const sandbox = house.sandbox(name);
  const { method, path } = MAKES_STEP;
  const writes = sandbox.calls().filter((call) => call.method === method && path.test(call.path));
  expect(writes.map((call) => call.committed)).toEqual([committed]);
  expect(stored(sandbox)).toBe(committed ? 1 : 0);
}

function expectUnknown(answer: Answer, name: Provider, expected: object): void {
  expect(errorsOf(answer), answer.text).toMatchObject([expected]);
  expect(errorsOf(answer)[0]?.meta).toMatchObject({ provider: name, retriable: false, outcome: 'unknown' });
}

describe.each(MOUNTS)('a sandbox %s', (_, mount) => {
  describe('and a patient gateway', () => {
    const house = useHouse(mount);

    describe.each(WRITABLE)('creating a step in %s', (name) => {
      describe.each(['before_commit', 'after_commit'] as const)('%s', (at) => {
        test.each(AT_EITHER_MOMENT)('%s: an unknown outcome', async (_what, fault, expected) => {
          expectUnknown(await createDuring(house(), name, fault(at)), name, expected);
          expectOnce(house(), name, at === 'after_commit');
        });

        test('a late answer is an answer', async () => {
          const answer = await createDuring(house(), name, { kind: 'delay', at, ms: 20 });
          expect(answer.status, answer.text).toBe(201);
          expectOnce(house(), name, true);
        });
      });

      test('half a body: an unknown outcome', async () => {
        expectUnknown(await createDuring(house(), name, { kind: 'truncated' }), name, BROKEN);
        expectOnce(house(), name, true);
      });

      test('every 429: nothing was carried out', async () => {
        const sandbox = house().sandbox(name);
        const refusals = sandbox.refusals.filter((each) => /^(rate_limited|concurrent)/.test(each));
        expect(refusals).not.toEqual([]);
        const create = (prefer: string) =>
          createStep(house(), { type: 'call' }, { provider: name, headers: { prefer } });
        const sent = () => sandbox.calls().filter(({ path }) => MAKES_STEP.path.test(path)).length;
        for (const refusal of refusals) {
          sandbox.reset();
          // The gateway has learnt from the last one that nothing is left; new credentials start anew.
          await house().connect(name);
          nextMinute(house());
          const fault = { kind: 'refusal', at: 'before_commit', name: refusal } as const;
          sandbox.addFault({ match: MAKES_STEP, fault, times: 'until_cleared' });
          const answer = await create('');
          expect([answer.status, errorsOf(answer)[0]?.code], refusal).toEqual([429, 'PROVIDER_RATE_LIMITED']);
          expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
          expect(stored(sandbox)).toBe(0);
          // Two writes at once are soon over, and the call is repeated; a budget stays spent, and nothing more is sent.
          const soonOver = refusal === 'concurrent_write';
          expect([refusal, answer.headers.get('retry-after'), sent()]).toEqual([
            refusal,
            ...(soonOver ? ['1', 4] : ['60', 1]),
          ]);
          const next = await create('wait=0');
          expect([refusal, next.status, errorsOf(next)[0]?.code, sent()]).toEqual(
            soonOver ? [refusal, 429, 'PROVIDER_RATE_LIMITED', 5] : [refusal, 429, 'PROVIDER_BUDGET_EXHAUSTED', 1],
          );
          expect(next.headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/);
        }
      });
    });

    describe.each(PROVIDERS)('reading %s', (name) => {
      const failed = { code: 'PROVIDER_FAILED', status: '502' };
      const unreadable = { code: 'BAD_PROVIDER_RESPONSE', status: '502' };
      const broken = { code: 'PROVIDER_CONNECTION_BROKEN', status: '502', meta: { retriable: true } };
      test.each<[string, Fault, object]>([
        ['500', { kind: 'refusal', at: 'before_commit', name: 'server_error' }, failed],
        ['a page with 200', { kind: 'html', at: 'after_commit' }, unreadable],
        ['JSON of another type', { kind: 'wrong_type', at: 'after_commit' }, unreadable],
        ['a reset', { kind: 'reset', at: 'before_commit' }, broken],
        ['half a body', { kind: 'truncated' }, broken],
      ])('%s', async (_what, fault, expected) => {
        house().sandbox(name).addFault({ fault, times: 'until_cleared' });
        const answer = await listSequences(house(), name);
        expect(errorsOf(answer), answer.text).toMatchObject([expected]);
        expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
        house().sandbox(name).clearFaults();
        expect((await listSequences(house(), name)).status).toBe(200);
      });

      test.each(['expired_token', 'revoked_token'])('%s: the connection says so', async (refusal) => {
        const fault = { kind: 'refusal', at: 'before_commit', name: refusal } as const;
        house().sandbox(name).addFault({ fault, times: 'until_cleared' });
        const answer = await listSequences(house(), name);
        expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([424, 'CONNECTION_NEEDS_REAUTH']);
        expect((await house().ask(connectionPath(name))).json).toMatchObject({ status: 'needs_reauth' });
      });

      test('a budget that is spent', async () => {
        const sandbox = house().sandbox(name);
        sandbox.changeLimits(Object.fromEntries(Object.keys(sandbox.limits()).map((limit) => [limit, 0])));
        const answer = await listSequences(house(), name);
        const credits = 'credits' in sandbox.limits();
        const expected = credits ? [402, 'PROVIDER_CREDITS_EXHAUSTED'] : [429, 'PROVIDER_RATE_LIMITED'];
        expect([answer.status, errorsOf(answer)[0]?.code]).toEqual(expected);
      });
    });

    test('two sequences at once in apollo: the gateway sends one after the other', async () => {
      const sandbox = house().sandbox('apollo');
      const match = { method: 'POST', path: /\/sequences$/ };
      sandbox.addFault({ match, fault: { kind: 'delay', at: 'after_commit', ms: 20 } });
      const create = (name: string) =>
        house().ask('/sequences', { method: 'POST', headers: tenant('apollo'), body: { record: { name, steps: [] } } });
      const answers = await Promise.all([create('One'), create('Two')]);
      expect(answers.map(({ status }) => status)).toEqual([201, 201]);
      expect(sandbox.calls().map(({ status }) => status)).not.toContain(429);
    });
  });

  describe('and a gateway that gives up', () => {
    const house = useHouse(mount, IMPATIENT);

    describe.each(WRITABLE)('creating a step in %s: an unknown outcome', (name) => {
      test.each<[string, Fault, boolean]>([
        ['no answer, and nothing done', { kind: 'hang', at: 'before_commit' }, false],
        ['no answer, and done', { kind: 'hang', at: 'after_commit' }, true],
        ['a body byte by byte', { kind: 'drip', ms: 10 }, true],
      ])('%s', async (_what, fault, committed) => {
        expectUnknown(await createDuring(house(), name, fault), name, LATE);
        expectOnce(house(), name, committed);
      });

      test('done after the gateway gave up', async () => {
        const answer = await createDuring(house(), name, { kind: 'delay', at: 'before_commit', ms: 60_000 });
        expectUnknown(answer, name, LATE);
        const sandbox = house().sandbox(name);
        expect(stored(sandbox)).toBe(0);
        sandbox.clearFaults();
        await expect.poll(() => stored(sandbox)).toBe(1);
        expectOnce(house(), name, true);
      });
    });

    test.each(PROVIDERS)('reading %s', async (name) => {
      for (const fault of [{ kind: 'hang', at: 'before_commit' } as const, { kind: 'drip', ms: 20 } as const]) {
        house().sandbox(name).addFault({ fault, times: 'until_cleared' });
        const answer = await listSequences(house(), name);
        expect(errorsOf(answer), answer.text).toMatchObject([{ code: 'PROVIDER_TIMEOUT', status: '504' }]);
        expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
        house().sandbox(name).clearFaults();
      }
    });
  });
});
