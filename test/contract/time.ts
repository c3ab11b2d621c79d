/** Time: never earlier than asked, exact where it fits, warned where it does not. The sandbox does its own arithmetic. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNone, wordFor } from '../../src/model/cell.ts';
import { MAX_INTERVAL_SECONDS, STEP_TYPES } from '../../src/model/step.ts';
import { create, createStepsOf, minimalRecord, wire, type Stage } from './stage.ts';

const RUNS = 40;

/** Whole units, seconds, fractions and the edges of days, all within the ten years that a caller may ask for. */
const delays = fc.oneof(
  fc.constantFrom(0, 1, 59, 60, 61, 3_599, 3_600, 43_199, 43_200, 43_201, 86_399, 86_400, 86_401, MAX_INTERVAL_SECONDS),
  fc.integer({ min: 0, max: 200_000 }),
  fc.integer({ min: 0, max: MAX_INTERVAL_SECONDS }),
  fc.integer({ min: 0, max: 400 }).map((days) => days * 86_400),
  fc.double({ min: 0, max: 1_000_000, noNaN: true }),
);

export function timeTests(stage: () => Stage): void {
  test.each(STEP_TYPES)('delays of %s', async (type) => {
    const { provider, sandbox } = stage();
    if (isNone(provider.can.create_steps) || wordFor(createStepsOf(provider).types[type]) === undefined) return;
    const stored = new Map<number, string>();
    await fc.assert(
      fc.asyncProperty(delays, async (asked) => {
        const outcome = await create(stage(), { ...minimalRecord(type), interval_seconds: asked });
        expect(outcome.status, outcome.answer.text).toBe(201);
        const applied = outcome.added[0]?.delay_seconds ?? -1;
        expect(applied).toBeGreaterThanOrEqual(asked);
        const rounded = outcome.warnings.find(({ problem_type }) => problem_type === 'INTERVAL_ROUNDED');
        // Whole days fit everywhere.
        if (asked % 86_400 === 0) expect(applied).toBe(asked);
        if (applied === asked) expect(rounded).toBeUndefined();
        else
          expect(rounded).toMatchObject({ from: asked, to: applied, source: { pointer: '/record/interval_seconds' } });
        const form = wire(outcome);
        expect(stored.get(applied) ?? form, 'one delay, one form').toBe(form);
        stored.set(applied, form);
      }),
      { numRuns: RUNS },
    );
    expect(new Set(stored.values()).size, 'distinct delays, distinct forms').toBe(stored.size);
    sandbox.reset();
  });

  test('what is rounded is refused by strict handling, and what fits is not', async () => {
    const fits = await create(stage(), { type: 'call', name: 'Call', interval_seconds: 172_800 }, { seed: 'empty' });
    expect(fits.warnings.filter(({ problem_type }) => problem_type === 'INTERVAL_ROUNDED')).toEqual([]);
    const strict = await create(stage(), { type: 'call', interval_seconds: 0.5 }, { strict: true });
    expect(strict.errors).toMatchObject([{ code: 'STRICT_HANDLING', pointer: '/record/interval_seconds' }]);
    expect(strict.writes).toEqual([]);
  });

  test.each([-1, -0.001, MAX_INTERVAL_SECONDS + 1, 1e300])(
    'an interval of %s is refused before any call',
    async (asked) => {
      const outcome = await create(stage(), { type: 'call', interval_seconds: asked });
      expect(outcome.status).toBe(422);
      expect(outcome.errors).toMatchObject([{ code: 'INVALID_VALUE', pointer: '/record/interval_seconds' }]);
      expect(outcome.calls).toEqual([]);
    },
  );
}
