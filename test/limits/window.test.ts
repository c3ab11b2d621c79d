/** The arithmetic of windows, where it does not show in one request. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BudgetWindow } from '../../src/model/budget.ts';
import { callEnded, charge, correct, fitsAt, openWindows, remainingOf, resetOf } from '../../src/limits/window.ts';
import type { Moment } from '../../src/limits/window-state.ts';

const MINUTE: BudgetWindow = {
  name: 'minute',
  seconds: 60,
  limit: 100,
  opens: 'with_first_call',
  headers: { remaining: ['left'] },
};

function at(now: number, inFlight = 0, turn = 1): Moment {
  return { now, inFlight, turn };
}

function opened(used: number) {
  const windows = openWindows({ windows: [MINUTE] });
  charge(windows, used, at(0, 0, 0));
  callEnded(windows, used, 1, at(0, used, 1));
  return windows;
}

describe('what the provider says is left', () => {
  test('counts for calls that it has seen; those under way come on top', () => {
    const windows = opened(10);
    correct(windows, { left: '60' }, 1, at(1_000, 5));
    expect(windows.map((window) => remainingOf(window, at(1_000, 5)))).toEqual([55]);
  });

  test('far more than before: its window has begun anew, and lasts as long again', () => {
    const windows = opened(80);
    correct(windows, { left: '20' }, 1, at(1_000));
    correct(windows, { left: '99' }, 2, at(40_000, 0, 2));
    expect(windows.map(({ resetsAt }) => resetsAt)).toEqual([100_000]);
  });

  test('a little more than before: the window stays', () => {
    const windows = opened(80);
    correct(windows, { left: '20' }, 1, at(1_000));
    correct(windows, { left: '22' }, 2, at(40_000, 0, 2));
    expect(windows.map(({ resetsAt, used }) => [resetsAt, used])).toEqual([[60_000, 78]]);
  });

  test('far more in an answer that was overtaken: the window stays, and what was told before counts', () => {
    const windows = opened(3);
    correct(windows, { left: '97' }, 3, at(1_000, 2, 3));
    correct(windows, { left: '99' }, 1, at(1_000, 1, 3));
    expect(windows.map(({ resetsAt, used }) => [resetsAt, used])).toEqual([[60_000, 4]]);
  });

  test('in an answer to a call that was sent before the window began is meant of either', () => {
    const windows = opened(80);
    charge(windows, 10, at(60_000, 2, 2));
    correct(windows, { left: '0' }, 2, at(60_001, 11, 3));
    expect(windows.map((window) => remainingOf(window, at(60_001, 12)))).toEqual([88]);
  });

  test('after the window has ended opens the next', () => {
    const windows = opened(80);
    correct(windows, { left: '99' }, 1, at(70_000));
    expect(windows.map(({ resetsAt, used }) => [resetsAt, used])).toEqual([[130_000, 1]]);
  });
});

test('no window ever lets more through than it holds, and what is promised to fit fits then', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 20_000 }), (units, pause) => {
      const windows = openWindows({ windows: [MINUTE, { ...MINUTE, name: 'quarter', seconds: 15, limit: 40 }] });
      let now = 0;
      let turn = 0;
      for (const each of units) {
        now = fitsAt(windows, each, at(now)) + (each % 3 === 0 ? pause : 0);
        expect(fitsAt(windows, each, at(now))).toBe(now);
        charge(windows, each, at(now, 0, turn));
        turn += 1;
        callEnded(windows, each, turn, at(now, each, turn));
        for (const { used, limit } of windows) expect(used).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test('several windows are waited for where one does not hold so much', () => {
  const windows = opened(100);
  expect([1, 100, 101, 250].map((units) => fitsAt(windows, units, at(0)))).toEqual([60_000, 60_000, 120_000, 180_000]);
});

test('what is given back was taken out of the same window', () => {
  const windows = opened(10);
  charge(windows, -4, at(1_000));
  expect(windows.map((window) => remainingOf(window, at(1_000)))).toEqual([94]);
  charge(windows, -4, at(61_000));
  expect(windows.map((window) => remainingOf(window, at(61_000)))).toEqual([100]);
});

test('who hears that nothing is left hears when it is there again, also while it is not known whether the window has ended', () => {
  const windows = openWindows({ windows: [MINUTE] });
  charge(windows, 100, at(0, 0, 0));
  for (const [now, inFlight] of [
    [59_000, 100],
    [61_000, 100],
    [200_000, 100],
  ] as const) {
    const [window] = windows;
    if (!window) throw new Error('There is a window.');
    expect(remainingOf(window, at(now, inFlight))).toBe(0);
    expect(resetOf(window, at(now, inFlight))).toBeGreaterThan(now);
  }
  callEnded(windows, 100, 1, at(200_000, 100));
  const [window] = windows;
  if (!window) throw new Error('There is a window.');
  expect(resetOf(window, at(200_001))).toBe(260_000);
  expect([remainingOf(window, at(260_001)), resetOf(window, at(260_001))]).toEqual([100, undefined]);
});
