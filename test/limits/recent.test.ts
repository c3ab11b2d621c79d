/** Calls that were over lately: none is forgotten too early, nor much too late. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { add, goneAt, lastOf, unitsSince, takeBack, type Recent } from '../../src/limits/recent.ts';

const LENGTH_MS = 60_000;
/** How much longer a call may be remembered. */
const LATE_MS = 5_000;

const calls = fc.array(
  fc.record({
    units: fc.integer({ min: 1, max: 9 }),
    pause: fc.oneof(fc.nat(500), fc.nat(50_000)),
    isSent: fc.boolean(),
  }),
  { minLength: 1, maxLength: 100 },
);

test('each counts for a length after it was over, and at most a twelfth longer', () => {
  fc.assert(
    fc.property(calls, fc.nat(120_000), (all, since) => {
      const recent: Recent = { length: LENGTH_MS, parts: [] };
      const sent: { readonly units: number; readonly at: number }[] = [];
      const sumFrom = (from: number): number => sent.reduce((sum, { units, at }) => (at < from ? sum : sum + units), 0);
      let now = 0;
      for (const { units, pause, isSent } of all) {
        now += pause;
        add(recent, units, now);
        if (isSent) sent.push({ units, at: now });
        else takeBack(recent, units);
        for (const from of [0, since]) {
          const sum = unitsSince(recent, now, from);
          expect(sum).toBeGreaterThanOrEqual(sumFrom(Math.max(from, now - LENGTH_MS + 1)));
          expect(sum).toBeLessThanOrEqual(sumFrom(Math.max(from - LATE_MS, now - LENGTH_MS - LATE_MS)));
        }
        expect(recent.parts.length).toBeLessThanOrEqual(14);
        const last = sent.at(-1)?.at ?? -Infinity;
        if (last > now - LENGTH_MS) expect(lastOf(recent)).toBeGreaterThanOrEqual(last);
      }
    }),
  );
});

test('so many count no more from the moment that is told', () => {
  fc.assert(
    fc.property(calls, fc.integer({ min: 1, max: 500 }), (all, wanted) => {
      const recent: Recent = { length: LENGTH_MS, parts: [] };
      let now = 0;
      for (const { units, pause } of all) {
        now += pause;
        add(recent, units, now);
      }
      const before = unitsSince(recent, now);
      const at = goneAt(recent, wanted);
      expect(at === undefined).toBe(wanted > before);
      if (at === undefined) return;
      expect(before - unitsSince(structuredClone(recent), at - 1)).toBeLessThan(wanted);
      expect(before - unitsSince(recent, at)).toBeGreaterThanOrEqual(wanted);
    }),
  );
});
