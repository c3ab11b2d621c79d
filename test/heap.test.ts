/** What the process does to V8, seen from outside: the space where objects begin, under what fills it. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const HEAP = new URL('../src/heap.js', import.meta.url).href;
const SETTLED = `import { settleHeap } from '${HEAP}'; settleHeap();`;

/** About a megabyte in each turn of the loop, kept for so many of them. */
function fill(turnsKept: number): string {
  return `
    import { setImmediate as nextTurn } from 'node:timers/promises';
    import { getHeapSpaceStatistics } from 'node:v8';
    const kept = [];
    for (let turn = 0; turn < 1500; turn += 1) {
      kept.push(Array.from({ length: 10_000 }, (_, count) => ({ count, inner: [count] })));
      if (kept.length > ${turnsKept}) kept.shift();
      await nextTurn();
    }
    console.log(getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size / 1024 / 1024);
  `;
}

function megabytes(script: string): number {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return Number(stdout);
}

test('the young generation stays at twice 16 MB where its objects die soon, and V8 alone goes on', () => {
  expect(megabytes(fill(3))).toBeGreaterThan(32);
  expect(megabytes(SETTLED + fill(3))).toBe(32);
});

test('it grows where they outlive two collections, as with many requests under way', () => {
  expect(megabytes(SETTLED + fill(60))).toBeGreaterThan(32);
});
