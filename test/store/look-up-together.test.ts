/** Look-ups that come together are one query, and each has its own answer. */
import { expect, test } from 'vitest';
import { lookUpTogether } from '../../src/store/look-up-together.ts';

const asked: string[][] = [];
let isAway = false;
const find = async (keys: readonly string[]) => {
  await Promise.resolve();
  asked.push([...keys]);
  if (isAway) throw new Error('away');
  return [...new Set(keys)].filter((key) => !key.startsWith('none')).map((key) => ({ key, of: `row of ${key}` }));
};

test('each is told of its own row, or of none; the same may be asked for twice', async () => {
  const look = lookUpTogether(find, ({ key }) => key);
  const rows = await Promise.all(['a', 'none', 'b', 'a', 'c'].map(look));
  expect(rows.map((row) => row?.of)).toEqual(['row of a', undefined, 'row of b', 'row of a', 'row of c']);
  expect(asked.splice(0)).toEqual([['a', 'none', 'b', 'a', 'c', 'c', 'c', 'c']]);
  expect((await look('d'))?.of).toBe('row of d');
  expect(asked.splice(0)).toEqual([['d']]);
});

test('many are several queries of bounded lengths', async () => {
  const look = lookUpTogether(find, ({ key }) => key);
  const keys = Array.from({ length: 300 }, (_, index) => `k${index}`);
  expect((await Promise.all(keys.map(look))).map((row) => row?.key)).toEqual(keys);
  expect(asked.splice(0).map(({ length }) => length)).toEqual([128, 128, 64]);
});

test('a failure is told to all who asked, and to nobody after them', async () => {
  const look = lookUpTogether(find, ({ key }) => key);
  isAway = true;
  const failed = await Promise.allSettled(['a', 'b'].map(look));
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isAway = false;
  expect((await look('a'))?.key).toBe('a');
});
