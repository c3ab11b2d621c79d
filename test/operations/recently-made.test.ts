/** What is remembered of what this process has made: of whom, how long, and how much. */
import { expect, test } from 'vitest';
import { recentlyMade } from '../../src/operations/recently-made.ts';
import { testClock } from '../support/clock.ts';

const maker = (id: string, customer_id = 'c', provider = 'p') => ({ id, customer_id, provider });
const step = (id: string) => ({ kind: 'step' as const, id });

test('what others have made for the connection, of that kind, is told once', () => {
  const made = recentlyMade(testClock());
  made.add(maker('one'), step('1'));
  made.add(maker('one'), { kind: 'template', id: '2' });
  made.add(maker('one', 'another'), step('3'));
  made.add(maker('one', 'c', 'q'), step('4'));
  made.add(maker('two'), step('5'));
  made.add(maker('three'), step('5'));
  expect(made.ids(maker('asking'), 'step')).toEqual(['1', '5']);
  expect(made.ids(maker('one'), 'step')).toEqual(['5']);
  expect(made.ids(maker('two'), 'step'), 'it is the last one that counts').toEqual(['1', '5']);
  expect(made.ids(maker('three'), 'step')).toEqual(['1']);
  made.forget();
  expect(made.ids(maker('asking'), 'step')).toEqual([]);
});

test('for ten minutes', () => {
  const clock = testClock();
  const made = recentlyMade(clock);
  made.add(maker('one'), step('1'));
  clock.pass(5 * 60_000);
  made.add(maker('one'), step('2'));
  clock.pass(5 * 60_000);
  expect(made.ids(maker('asking'), 'step')).toEqual(['1', '2']);
  clock.pass(1);
  expect(made.ids(maker('asking'), 'step')).toEqual(['2']);
});

test('the last 10,000', () => {
  const made = recentlyMade(testClock());
  for (let index = 0; index < 25_000; index += 1) made.add(maker('one'), step(String(index)));
  const ids = made.ids(maker('asking'), 'step');
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([10_000, '15000', '24999']);
});
