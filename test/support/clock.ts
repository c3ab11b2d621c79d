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
