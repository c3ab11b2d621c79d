/** The arithmetic of windows, where it does not show in one request. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BudgetWindow } from '../../src/model/budget.ts';
import { charge, correct, fitsAt, openWindows, remainingOf } from '../../src/limits/window.ts';

const MINUTE: BudgetWindow = {
  ...{ name: 'minute', seconds: 60, limit: 100, opens: 'with_first_call' },
  headers: { remaining: ['left'] },
};

function opened(used: number, now = 0) {
  const windows = openWindows({ windows: [MINUTE] });
  charge(windows, used, now);
  return windows;
}

describe('what the provider says is left', () => {
  test('counts for calls that it has seen; those under way come on top', () => {
    const windows = opened(10);
    correct(windows, { left: '60' }, 5, 1_000);
    expect(windows.map((window) => remainingOf(window, 1_000))).toEqual([55]);
  });

  test('far more than was counted here: its window has begun anew, and lasts as long again', () => {
    const windows = opened(80);
    correct(windows, { left: '99' }, 0, 40_000);
    expect(windows.map(({ resetsAt }) => resetsAt)).toEqual([100_000]);
  });

  test('a little more is an answer that was overtaken: the window stays', () => {
    const windows = opened(80);
    correct(windows, { left: '22' }, 0, 40_000);
    expect(windows.map(({ resetsAt }) => resetsAt)).toEqual([60_000]);
  });

  test('after the window has ended opens the next', () => {
    const windows = opened(80);
    correct(windows, { left: '99' }, 0, 70_000);
    expect(windows.map(({ resetsAt, used }) => [resetsAt, used])).toEqual([[130_000, 1]]);
  });
});

test('no window ever lets more through than it holds, and what is promised to fit fits then', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 20_000 }), (units, pause) => {
      const windows = openWindows({ windows: [MINUTE, { ...MINUTE, name: 'quarter', seconds: 15, limit: 40 }] });
      let now = 0;
      for (const each of units) {
        now = fitsAt(windows, each, now) + (each % 3 === 0 ? pause : 0);
        expect(fitsAt(windows, each, now)).toBe(now);
        charge(windows, each, now);
        for (const { used, limit } of windows) expect(used).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test('several windows are waited for where one does not hold so much', () => {
  const windows = opened(100);
  expect([1, 100, 101, 250].map((units) => fitsAt(windows, units, 0))).toEqual([60_000, 60_000, 120_000, 180_000]);
});

test('what is given back was taken out of the same window', () => {
  const windows = opened(10);
  charge(windows, -4, 1_000);
  expect(windows.map((window) => remainingOf(window, 1_000))).toEqual([94]);
  charge(windows, -4, 61_000);
  expect(windows.map((window) => remainingOf(window, 61_000))).toEqual([100]);
});
