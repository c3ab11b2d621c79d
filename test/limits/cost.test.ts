/** What a call costs, as declared. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadProviders } from '../../src/core/registry.ts';
import { costOf, type Budget } from '../../src/model/budget.ts';
import { isNone } from '../../src/model/cell.ts';

const steps = fc
  .uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 6 })
  .chain((starts) =>
    fc.tuple(
      fc.constant(starts.toSorted((a, b) => a - b)),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: starts.length, maxLength: starts.length }),
    ),
  )
  .map(([starts, costs]) => starts.map((from, index) => ({ from, cost: costs[index] ?? 1 })));

test('a value costs what the last step before it says; the first holds for everything below', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: -10, max: 1200 }), (declared, page) => {
      const cost = { parameter: 'page', steps: declared };
      const reached = declared.filter(({ from }) => from <= page);
      const expected = (reached.at(-1) ?? declared[0])?.cost;
      for (const value of [page, String(page), ['1', String(page)]])
        expect(costOf({ cost }, { query: { page: value } })).toBe(expected);
      expect(costOf({ cost }, { query: { per_page: page } })).toBe(1);
      expect(costOf({ cost }, {})).toBe(1);
    }),
  );
});

test('what is no number costs the first step', () => {
  const cost = { parameter: 'page', steps: [{ from: 1, cost: 2 }] };
  expect(costOf({ cost }, { query: { page: 'last' } })).toBe(2);
});

describe('declared budgets', async () => {
  const registry = await loadProviders();
  const budgets = [...registry].flatMap(([name, { budget }]): [string, Budget][] =>
    isNone(budget) ? [] : [[name, budget]],
  );

  test.each(budgets)('%s: a call costs a whole number of units that every window holds', (_, budget) => {
    const smallest = Math.min(...budget.windows.map(({ limit }) => limit));
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 10_000 }), (value) => {
        const units = costOf(budget, { query: budget.cost ? { [budget.cost.parameter]: value } : {} });
        expect(Number.isInteger(units) && units >= 1 && units <= smallest).toBe(true);
      }),
    );
  });

  // Typed by hand: https://developers.salesloft.com/docs/platform/api-basics/rate-limits/
  test.each([
    [1, 1],
    [100, 1],
    [101, 3],
    [150, 3],
    [151, 8],
    [250, 8],
    [251, 10],
    [500, 10],
    [501, 30],
    [9_999, 30],
  ])('page %i of Salesloft costs %i', (page, units) => {
    const budget = registry.get('salesloft')?.budget;
    expect(budget && !isNone(budget) && costOf(budget, { query: { page } })).toBe(units);
  });
});
