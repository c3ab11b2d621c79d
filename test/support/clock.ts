import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/core/ports.ts';

export interface TestClock extends Clock {
  /** Milliseconds that were waited for, one after the other. */
  readonly waits: readonly number[];
  pass(milliseconds: number): void;
}

/** Time that passes only when somebody waits, and then at once. */
export function testClock(start = Date.parse('2026-11-21T12:00:00Z')): TestClock {
  let now = start;
  const waits: number[] = [];
  return {
    now: () => now,
    wait: (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
    waits,
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

/** Time that passes only when a test says so; who waits until then is woken in the order of their times. */
export function heldClock(start = Date.parse('2026-11-21T12:00:00Z')): TestClock {
  let now = start;
  const waits: number[] = [];
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    wait: (milliseconds) => {
      waits.push(milliseconds);
      return new Promise((wake) => {
        sleepers.push({ until: now + milliseconds, wake });
      });
    },
    waits,
    pass: (milliseconds) => {
      now += milliseconds;
      const due = sleepers.filter(({ until }) => until <= now).toSorted((a, b) => a.until - b.until);
      for (const sleeper of due) {
        sleepers.splice(sleepers.indexOf(sleeper), 1);
        sleeper.wake();
      }
    },
  };
}

/** Time that waiting hardly moves, but lets the others go on: for those who wait for what another one does meanwhile. */
export function patientClock(start = Date.parse('2026-11-21T12:00:00Z')): TestClock {
  let now = start;
  const waits: number[] = [];
  return {
    // Whole milliseconds, as the system's: a database may take no other.
    now: () => Math.floor(now),
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds / 1_000;
      await nextTurn();
    },
    waits,
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}
