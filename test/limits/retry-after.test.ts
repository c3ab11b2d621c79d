/** `Retry-After` in its three spellings, and whatever else may stand there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRetryAfter } from '../../src/upstream/retry-after.ts';

const WEEK = 7 * 86_400;
const wholeSeconds = fc.integer({ min: 0, max: WEEK });
const now = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2060-01-01') }).map((ms) => ms - (ms % 1000));

describe('every spelling of the same moment is read alike', () => {
  test('seconds, HTTP-date, ISO 8601 with and without a zone', () => {
    fc.assert(
      fc.property(now, wholeSeconds, (at, seconds) => {
        const date = new Date(at + seconds * 1000);
        const iso = date.toISOString();
        const spellings = [String(seconds), ` ${String(seconds)} `, date.toUTCString(), iso, iso.slice(0, -1)];
        for (const spelling of [...spellings, iso.replace('.000Z', 'Z'), iso.replace('.000Z', '+00:00')])
          expect(parseRetryAfter(spelling, at), spelling).toBe(seconds * 1000);
      }),
    );
  });

  test.each([
    ['2026-11-21T13:00:10+01:00', 10_000],
    ['2026-11-21T12:00:10.250Z', 10_250],
    ['Saturday, 21-Nov-26 12:00:10 GMT', 10_000],
    ['Sat Nov 21 12:00:10 2026', 10_000],
  ])('%s', (raw, expected) => {
    expect(parseRetryAfter(raw, Date.parse('2026-11-21T12:00:00Z'))).toBe(expected);
  });
});

describe('what cannot be meant is ignored', () => {
  test('the past, and more than a week', () => {
    fc.assert(
      fc.property(now, fc.integer({ min: 1, max: 10 * WEEK }), (at, seconds) => {
        const past = new Date(at - seconds * 1000);
        const far = new Date(at + (WEEK + seconds) * 1000);
        for (const raw of [`-${String(seconds)}`, past.toUTCString(), past.toISOString()])
          expect(parseRetryAfter(raw, at), raw).toBeUndefined();
        for (const raw of [String(WEEK + seconds), far.toUTCString(), far.toISOString()])
          expect(parseRetryAfter(raw, at), raw).toBeUndefined();
      }),
    );
  });

  test('any other text; and what is read is never negative, nor more than a week', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.float().map(String), fc.date({ noInvalidDate: true }).map(String)),
        now,
        (raw, at) => {
          const read = parseRetryAfter(raw, at);
          if (read !== undefined) expect(read >= 0 && read <= WEEK * 1000).toBe(true);
        },
      ),
    );
  });

  test.each(['', ' ', 'soon', '1.5', '1e3', '+5', '0x10', '5 seconds', '2026-11-21', '21.11.2026', 'NaN', 'Infinity'])(
    '%j',
    (raw) => {
      expect(parseRetryAfter(raw, Date.parse('2026-11-21T12:00:00Z'))).toBeUndefined();
    },
  );

  test('nothing at all', () => {
    expect(parseRetryAfter(undefined, 0)).toBeUndefined();
  });
});
