/** The line of one key in one process. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { ProblemError } from '../../src/model/problem.ts';
import { createTurns, type Turns } from '../../src/operations/turns.ts';
import { inTurn } from './in-turn.ts';

let turns: Turns;
let begun: string[];
let ends: Map<string, (failure?: Error) => void>;

beforeEach(() => {
  [turns, begun, ends] = [createTurns(3), [], new Map()];
});

function take(name: string, key = 'key'): Promise<string> {
  return inTurn(turns, key, () => {
    begun.push(name);
    return new Promise((resolve, reject) => {
      ends.set(name, (failure) => {
        if (failure) reject(failure);
        else resolve(`${name} is done`);
      });
    });
  });
}
const end = async (name: string, failure?: Error): Promise<void> => {
  ends.get(name)?.(failure);
  await nextTurn();
};

test('a turn that is free begins at once, and the others wait in their order', async () => {
  const all = ['a', 'b', 'c'].map((name) => take(name));
  void take('elsewhere', 'other');
  expect(begun).toEqual(['a', 'elsewhere']);
  await end('a');
  expect(begun).toEqual(['a', 'elsewhere', 'b']);
  const late = take('late');
  await end('b');
  expect(begun.at(-1)).toBe('c');
  await end('c');
  await end('late');
  expect(await Promise.all([...all, late])).toEqual(['a', 'b', 'c', 'late'].map((name) => `${name} is done`));
  void take('anew');
  expect(begun.at(-1)).toBe('anew');
});

test('what fails, also before it waits for anything, ends its turn', async () => {
  const failing = take('a');
  const thrown = inTurn(turns, 'key', () => {
    throw new Error('at once');
  });
  const after = take('b');
  const told = Promise.allSettled([failing, thrown]);
  await end('a', new Error('later'));
  expect(await told).toMatchObject([{ reason: { message: 'later' } }, { reason: { message: 'at once' } }]);
  await end('b');
  expect(await after).toBe('b is done');
});

test('only so many wait: the next is refused, and the line goes on', async () => {
  const all = ['a', 'b', 'c', 'd'].map((name) => take(name));
  const refused = await take('e').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ProblemError);
  expect((refused as ProblemError).problems).toMatchObject([{ code: 'TOO_MANY_WAITING' }]);
  await end('a');
  const later = take('f');
  for (const name of ['b', 'c', 'd', 'f']) await end(name);
  expect(await Promise.all([...all, later])).toHaveLength(5);
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'f']);
});
