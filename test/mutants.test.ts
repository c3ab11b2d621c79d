/** Each planted mistake still finds its place: one that has moved would be caught by nothing, and nobody would know. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutation/mutants.ts';

test('every mutant has exactly one place in the code', () => {
  const stale = MUTANTS.filter(({ file, find }) => readFileSync(file, 'utf8').split(find).length !== 2);
  expect(stale.map(({ name, file }) => `${name} (${file})`)).toEqual([]);
});
