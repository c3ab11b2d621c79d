/**
 * Calls that take their time to arrive, at a provider that begins its window when one does: it never gets more than the window holds,
 * and nobody is held who needs not be.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/ports.ts';
import { createQueue, type BudgetQueue } from '../../src/limits/queue.ts';
import { createWaitingRoom } from '../../src/limits/waiting-room.ts';
import { openWindows } from '../../src/limits/window.ts';
import { endOf, type BudgetWindow } from '../../src/model/budget.ts';

const BY_CALL: BudgetWindow = { name: 'window', seconds: 10, limit: 20, opens: 'with_first_call' };
const BY_CLOCK: BudgetWindow = { ...BY_CALL, opens: 'on_the_clock' };
const TOLD: BudgetWindow = { ...BY_CALL, headers: { remaining: ['left'] } };
const LENGTH_MS = 10_000;
const START = 1_000_000_000;
const RUNS = 300;
const REFUSED = new Error('It does not fit in time.');

/** All that happens does so in the order of its time. */
interface Time extends Clock {
  pass(milliseconds: number): Promise<void>;
}

interface Provider {
  refused: number;
  /** A call of so many units is counted. @returns what is left. */
  arrive(units: number): number;
}

interface Process {
  readonly queue: BudgetQueue;
  readonly clock: Clock;
}

interface Wanted {
  readonly units: number;
  readonly patience: number;
  /** Until it is over, and how much of that it travels. */
  readonly lasts: number;
  readonly travels: number;
  readonly ending: 'answered' | 'not sent' | 'lost' | 'broken';
}

const units = { units: fc.integer({ min: 1, max: 6 }), calls: fc.integer({ min: 1, max: 8 }) };
const times = {
  patience: fc.constantFrom(0, 5_000, 40_000),
  lasts: fc.oneof(fc.nat(500), fc.nat(25_000)),
  travels: fc.constantFrom(0, 0.2, 0.8, 1),
  pause: fc.oneof(fc.nat(1_000), fc.nat(12_000), fc.constantFrom(8_999, 9_000, 9_999, 10_000, 10_001, 11_000)),
};
const answered = ['answered', 'answered', 'answered', 'answered', 'answered'] as const;

function startTime(): Time {
  let now = START;
  const due: { readonly time: number; readonly happens: () => void }[] = [];
  return {
    now: () => now,
    wait: (milliseconds) =>
      new Promise((happens) => {
        due.push({ time: now + milliseconds, happens });
        due.sort((a, b) => a.time - b.time);
      }),
    pass: async (milliseconds) => {
      const end = now + milliseconds;
      await nextTurn();
      while (due[0] && due[0].time <= end) {
        const [next] = due.splice(0, 1);
        now = Math.max(now, next?.time ?? now);
        next?.happens();
        await nextTurn();
      }
      now = end;
    },
  };
}

function openProvider(facts: BudgetWindow, time: Time): Provider {
  let endsAt = 0;
  let used = 0;
  const provider: Provider = {
    refused: 0,
    arrive: (asked) => {
      if (time.now() >= endsAt) {
        endsAt = endOf(facts, time.now());
        used = 0;
      }
      if (used + asked > facts.limit) provider.refused += 1;
      else used += asked;
      return facts.limit - used;
    },
  };
  return provider;
}

function startProcess(facts: BudgetWindow, clock: Clock): Process {
  const room = createWaitingRoom(1_000);
  const queue = createQueue(openWindows({ windows: [facts] }), { clock, room, refuse: () => REFUSED });
  return { queue, clock };
}

interface World {
  readonly time: Time;
  readonly provider: Provider;
  /** Who had to wait, or was refused, and should not. */
  held: number;
}

async function call(process: Process, wanted: Wanted, world: World, mustFit = false): Promise<void> {
  const { queue, clock } = process;
  const { time, provider } = world;
  const { ending } = wanted;
  try {
    const waiting = queue.take(wanted.units, { deadline: clock.now() + wanted.patience });
    if (mustFit && waiting) world.held += 1;
    await waiting;
  } catch (error) {
    if (error !== REFUSED) throw error;
    if (mustFit) world.held += 1;
    return;
  }
  const turn = queue.sends();
  const { lasts } = wanted;
  const travels = Math.floor(lasts * wanted.travels);
  let left = 0;
  if (ending === 'answered' || ending === 'broken') {
    await time.wait(travels);
    left = provider.arrive(wanted.units);
  }
  await time.wait(lasts - travels);
  queue.ended(wanted.units, ending === 'answered' ? turn : undefined);
  if (ending === 'not sent') queue.giveBack(wanted.units);
  if (ending === 'answered') queue.correct({ left: String(left) }, turn);
  queue.drain();
}

/** What a provider tells is told at once, and of every call: it cannot be known what an answer that is lost would have told. */
function told<T extends Wanted>(wanted: T): T {
  return { ...wanted, travels: 1, ending: wanted.ending === 'broken' ? 'lost' : wanted.ending };
}

describe.each([
  ['that begins with a call', BY_CALL],
  ['that goes by the clock', BY_CLOCK],
  ['of which is told what is left', TOLD],
])('a window %s', (_how, facts) => {
  const drawn = fc.record({ ...units, ...times, ending: fc.constantFrom(...answered, 'not sent', 'lost', 'broken') });

  test('is not exceeded however long calls take, and holds nobody who fits beside the calls of its length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(drawn, { minLength: 1, maxLength: 60 }), async (all) => {
        const time = startTime();
        const world = { time, provider: openProvider(facts, time), held: 0 };
        const process = startProcess(facts, time);
        const asked: Promise<void>[] = [];
        const recent: { readonly units: number; until: number }[] = [];
        const send = async (wanted: Wanted): Promise<void> => {
          // Calls are forgotten a little late: src/limits/recent.ts says how much.
          const since = time.now() - LENGTH_MS * (1 + 1 / 12);
          const used = recent.reduce((sum, each) => (each.until < since ? sum : sum + each.units), 0);
          const counted = { units: wanted.units, until: Infinity };
          recent.push(counted);
          await call(process, wanted, world, !facts.headers && used + wanted.units <= facts.limit);
          counted.until = wanted.ending === 'not sent' ? 0 : time.now();
        };
        for (const { calls, pause, ...wanted } of all) {
          for (let each = 0; each < calls; each += 1) asked.push(send(facts.headers ? told(wanted) : wanted));
          await time.pass(pause);
        }
        await time.pass(100_000);
        await Promise.all(asked);
        expect([world.provider.refused, world.held, process.queue.waiting()]).toEqual([0, 0, 0]);
      }),
      { numRuns: RUNS },
    );
  });
});
