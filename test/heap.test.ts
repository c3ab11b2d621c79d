/** What the process does to V8, seen from outside: the space where objects begin, under what fills it. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const HEAP = new URL('../src/heap.js', import.meta.url).href;
/** Survivors of several collections, which is what makes V8 double the space; in turns of the loop, in which it is looked at. */
const FILLING = `
  import { setImmediate as nextTurn } from 'node:timers/promises';
  import { getHeapSpaceStatistics } from 'node:v8';
  let kept = [];
  for (let turn = 0; turn < 600; turn += 1) {
    if (turn % 20 === 0) kept = [];
    for (let count = 0; count < 10_000; count += 1) kept.push({ count, inner: [count] });
    await nextTurn();
  }
  console.log(getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size / 1024 / 1024);
`;

function megabytes(before: string): number {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', before + FILLING], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return Number(stdout);
}

test('the young generation stays at twice 16 MB, where V8 alone goes on', () => {
  expect(megabytes('')).toBeGreaterThan(32);
  expect(megabytes(`import { settleHeap } from '${HEAP}'; settleHeap();`)).toBe(32);
});
