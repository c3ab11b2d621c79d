/** What an operation keeps of its beginning is read as it was written, by this version or an older one. */
import { expect, test } from 'vitest';
import { fromKept, toKept } from '../../src/operations/kept-input.ts';

const input = { sequence_id: '7', asked: { record: { type: 'call' } }, warnings: [] };
const prepared = { plan: { steps: [] }, known: { position: 3 }, warnings: [] };
const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('with the plan of its first record, or without', () => {
  expect(fromKept(stored(toKept({ input, prepared })))).toEqual({ input, prepared });
  expect(fromKept(stored(toKept({ input })))).toEqual({ input });
});

test('an input that was kept before plans were beside it is one without a plan', () => {
  expect(fromKept(stored(input))).toEqual({ input });
  expect(fromKept(undefined)).toEqual({ input: undefined });
});
