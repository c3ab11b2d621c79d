/** A budget that several processes spend: what they send together, and what each can use of it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/ports.ts';
import { createQueue, type BudgetQueue, type Refusal } from '../../src/limits/queue.ts';
import type { LedgerState, LedgerStore, Share } from '../../src/limits/share.ts';
import { createWaitingRoom } from '../../src/limits/waiting-room.ts';
import { isShared, openWindows } from '../../src/limits/window.ts';
import { ProblemError } from '../../src/model/problem.ts';
import type { BudgetWindow } from '../../src/model/budget.ts';
import { heldClock } from '../support/clock.ts';

const BY_CALL: BudgetWindow = { name: 'minute', seconds: 60, limit: 100, opens: 'with_first_call' };
const BY_CLOCK: BudgetWindow = { ...BY_CALL, opens: 'on_the_clock' };
const TOLD: BudgetWindow = { ...BY_CALL, headers: { limit: ['limit'], remaining: ['left'], resets: ['resets'] } };
/** In the middle of a minute. */
const START = 1_000_020_000;
/** How long what is not used stays in hand, and how long an empty answer is believed. */
const IDLE_MS = 5_000;

interface Process {
  readonly queue: BudgetQueue;
  readonly shares: Set<Share>;
  /** Resolves with what became of the call. */
  take(units?: number, patienceMs?: number): Promise<string>;
}

interface Book extends LedgerStore {
  asked: number;
  isAway: boolean;
}

/** Whoever reads before another has written starts again, as in the database. */
function openBook(): Book {
  let state: string | undefined;
  const book: Book = {
    asked: 0,
    isAway: false,
    change: async (next) => {
      book.asked += 1;
      await Promise.resolve();
      if (book.isAway) throw new ProblemError({ code: 'STORE_UNAVAILABLE', detail: 'The store is away.' });
      let made: LedgerState | undefined;
      let before: string | undefined;
      do {
        before = state;
        made = next(before);
        await Promise.resolve();
      } while (state !== before);
      if (made) state = made.state;
    },
  };
  return book;
}

function start(
  windows: readonly BudgetWindow[],
  ledger: LedgerStore,
  clock: Clock,
  sent: (units: number) => void = () => undefined,
): Process {
  const shares = new Set<Share>();
  const holds = (share: Share, isHolding: boolean): void => {
    if (isHolding) shares.add(share);
    else shares.delete(share);
  };
  const refuse = (refusal: Refusal): Error => new Error(JSON.stringify(refusal));
  const room = createWaitingRoom(1_000);
  const queue = createQueue(openWindows({ windows }, true), { clock, room, refuse, shared: { ledger, holds } });
  return {
    queue,
    shares,
    take: async (units = 1, patienceMs = 0) => {
      try {
        await queue.take(units, { deadline: clock.now() + patienceMs });
      } catch (error) {
        return error instanceof ProblemError ? error.problems[0].code : 'refused';
      }
      sent(units);
      queue.ended(units, queue.sends());
      return 'sent';
    },
  };
}

/** How many of so many calls, one after the other, are sent. */
async function countSent(process: Process, calls: number): Promise<number> {
  let count = 0;
  for (let call = 0; call < calls; call += 1) if ((await process.take()) === 'sent') count += 1;
  return count;
}

async function release(process: Process, atOnce = false): Promise<void> {
  for (const share of process.shares) await share.release(atOnce);
}

describe.each([
  ['begins with a call', BY_CALL],
  ['goes by the clock', BY_CLOCK],
])('a window that %s', (_how, facts) => {
  test('never lets more through than it holds, whoever asks when, by a clock up to a second away', async () => {
    const event = fc.record({
      process: fc.nat(2),
      what: fc.constantFrom('take', 'take', 'take', 'take', 'release', 'die'),
      units: fc.integer({ min: 1, max: 40 }),
      calls: fc.integer({ min: 1, max: 8 }),
      patience: fc.constantFrom(0, 2_000, 30_000),
      pause: fc.constantFrom(0, 0, 100, 700, 1_500, 6_000, 30_000, 58_900, 59_500, 60_200),
    });
    const skews = fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.array(fc.nat(1_000), { minLength: 3, maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 60 }), skews, async (events, [slow, ahead]) => {
        const clock = heldClock(START);
        const book = openBook();
        // The provider counts by its own clock.
        let endsAt = 0;
        let used = 0;
        let most = 0;
        const sent = (units: number): void => {
          if (clock.now() >= endsAt) {
            endsAt =
              facts.opens === 'on_the_clock' ? (Math.floor(clock.now() / 60_000) + 1) * 60_000 : clock.now() + 60_000;
            used = 0;
          }
          used += units;
          most = Math.max(most, used);
        };
        const begin = (index: number): Process => {
          const skew = (ahead[index] ?? 0) - slow;
          return start([facts], book, { now: () => clock.now() + skew, wait: (ms) => clock.wait(ms) }, sent);
        };
        const processes = [0, 1, 2].map(begin);
        const asked: Promise<unknown>[] = [];
        for (const { process: index, what, units, calls, patience, pause } of events) {
          const process = processes[index] ?? begin(index);
          if (what === 'die') processes[index] = begin(index);
          else if (what === 'release') asked.push(release(process));
          else for (let call = 0; call < calls; call += 1) asked.push(process.take(units, patience));
          await settleAll();
          clock.pass(pause);
          await settleAll();
        }
        expect(most).toBeLessThanOrEqual(100);
      }),
      { numRuns: 300 },
    );
  });

  test('can be used up by one process alone, and is asked about once in many calls', async () => {
    const book = openBook();
    const process = start([{ ...facts, limit: 1_000 }], book, heldClock(START));
    expect(await countSent(process, 1_100)).toBe(1_000);
    expect(book.asked).toBeLessThan(80);
  });

  test('is used up by all of them together', async () => {
    const book = openBook();
    const clock = heldClock(START);
    const processes = [1, 2, 3].map(() => start([facts], book, clock));
    const all = await Promise.all(processes.map((process) => countSent(process, 100)));
    expect(all.reduce((sum, each) => sum + each)).toBe(100);
  });

  test('is left to the others by whoever does not use it', async () => {
    const book = openBook();
    const clock = heldClock(START);
    const [one, other] = [start([facts], book, clock), start([facts], book, clock)];
    expect(await countSent(one, 2)).toBe(2);
    expect(await countSent(other, 100)).toBeGreaterThan(85);
    expect(await other.take()).toBe('refused');
    await release(one);
    clock.pass(IDLE_MS);
    await release(one);
    await countSent(other, 100);
    // All that is not sent is one's two.
    expect(other.queue.windows.filter(isShared).map(({ hand }) => [hand.left, hand.rest])).toEqual([[0, 0]]);
    expect(one.shares.size).toBe(0);
  });
});

test('what is too little for the one who has it is left to the other', async () => {
  const book = openBook();
  const clock = heldClock(START);
  const [one, other] = [start([BY_CALL], book, clock), start([BY_CALL], book, clock)];
  expect(await one.take(44)).toBe('sent');
  expect(await other.take(44)).toBe('sent');
  await settleAll();
  // Each has some of the last twelve units in hand.
  expect(await one.take(12)).toBe('refused');
  clock.pass(1_001);
  expect(await other.take(12)).toBe('sent');
});

test('who waits for what another has in hand gets it when that is given back', async () => {
  const book = openBook();
  const clock = heldClock(START);
  const [one, other] = [start([BY_CALL], book, clock), start([BY_CALL], book, clock)];
  await one.take(1);
  await countSent(other, 100);
  clock.pass(IDLE_MS);
  await release(one);
  expect(await other.take()).toBe('sent');
});

test('who would not wait for a budget waits for the answer of where it is kept, however late it is by then', async () => {
  const clock = heldClock(START);
  const process = start([BY_CALL], openBook(), clock);
  expect(await process.take()).toBe('sent');
  await nextTurn();
  expect([await process.take(40, -1), await process.take(60, -1)]).toEqual(['sent', 'refused']);
});

test('nobody overtakes those who wait while it is asked for', async () => {
  const book = openBook();
  const process = start([BY_CALL], book, heldClock(START));
  const order: number[] = [];
  await Promise.all(
    [30, 20, 5, 1].map(async (units, index) => {
      await process.take(units);
      order.push(index);
    }),
  );
  expect(order).toEqual([0, 1, 2, 3]);
});

describe("the provider's word", () => {
  test('reaches the other processes: what is used by others, the limit and the end', async () => {
    const book = openBook();
    const clock = heldClock(START);
    const [one, other] = [start([TOLD], book, clock), start([TOLD], book, clock)];
    await one.take();
    one.queue.correct({ limit: '200', left: '10', resets: '20' }, one.queue.sends());
    await release(one, true);
    expect(await countSent(other, 30)).toBe(10);
    const [window] = other.queue.windows;
    expect([window?.limit, window?.resetsAt]).toEqual([200, START + 21_000]);
    clock.pass(21_000);
    expect(await countSent(other, 300)).toBe(200);
  });

  test('that nothing is sent before then, too, at the latest when it is asked again', async () => {
    const book = openBook();
    const clock = heldClock(START);
    const [one, other] = [start([BY_CALL], book, clock), start([BY_CALL], book, clock)];
    await other.take();
    await one.take();
    one.queue.block(START + 30_000);
    await settleAll();
    expect(await other.take()).toBe('sent');
    clock.pass(IDLE_MS + 1);
    expect(await other.take()).toBe('sent');
    await settleAll();
    expect(await other.take()).toBe('refused');
    // The other's clock has named the moment.
    clock.pass(30_000 - IDLE_MS - 1);
    expect(await other.take()).toBe('refused');
    expect(await one.take()).toBe('sent');
    clock.pass(1_000);
    expect(await other.take()).toBe('sent');
  });
});

describe('a store that is away', () => {
  test('leaves what is in hand, and then refuses before anything is sent', async () => {
    const book = openBook();
    const process = start([BY_CALL], book, heldClock(START));
    expect(await process.take()).toBe('sent');
    await settleAll();
    book.isAway = true;
    const endings = new Map<string, number>();
    for (let call = 0; call < 20; call += 1) {
      const ending = await process.take();
      endings.set(ending, (endings.get(ending) ?? 0) + 1);
    }
    expect([...endings]).toEqual([
      ['sent', 4],
      ['STORE_UNAVAILABLE', 16],
    ]);
    book.isAway = false;
    expect(await process.take()).toBe('sent');
  });

  test('does not keep a write that has begun from going on; its calls are told when it is back', async () => {
    const book = openBook();
    const clock = heldClock(START);
    const [one, other] = [start([BY_CALL], book, clock), start([BY_CALL], book, clock)];
    book.isAway = true;
    one.queue.takeAnyway(60);
    await settleAll();
    book.isAway = false;
    expect(await one.take()).toBe('sent');
    expect(await countSent(other, 100)).toBeLessThanOrEqual(39);
  });
});

test('a window that begins while its last one is still asked about is asked about again', async () => {
  const clock = heldClock(START);
  const book = openBook();
  const process = start([BY_CALL, { ...BY_CALL, name: 'hour', seconds: 3_600, limit: 150 }], book, clock);
  expect(await countSent(process, 120)).toBe(100);
  clock.pass(61_000);
  expect(await countSent(process, 120)).toBe(50);
});

async function settleAll(): Promise<void> {
  await nextTurn();
}
