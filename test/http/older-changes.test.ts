/** A change whose outcome is not known, gone on with after a newer one of the same: it does not put its older values over them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { openHouse, type House } from '../support/house.ts';
import { errorsOf, tenant, told, writesDone } from './support.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  for (const name of ['apollo', 'outreach']) await house.connect(name);
});
afterEach(() => house.close());

const EMAILS = '/sequences/65334c9c2722cd008bde87c5';
const EMAIL = `${EMAILS}/sequence_steps/6534185c80a51800a3714108`;
const TASKS = '/sequences/65334c9c2722cd008bde87c3';
const CALL = `${TASKS}/sequence_steps/6534186280a51800a3714128`;
const OUTREACH = '/sequences/20/sequence_steps/52';
const body = (text: string) => ({ template: { body: `<p>${text}</p>` } });

/** Where the older one goes, what it says; and the newer one, which may be of something that the older one sends along. */
const CASES = [
  ['outreach', OUTREACH, { interval_seconds: 3_600 }, OUTREACH, { interval_seconds: 7_200 }],
  ['outreach', OUTREACH, { task_note: 'Older' }, OUTREACH, { task_note: 'Newer' }],
  ['apollo', CALL, { interval_seconds: 3_600 }, CALL, { interval_seconds: 7_200 }],
  ['apollo', CALL, { task_note: 'Older' }, CALL, { task_note: 'Newer' }],
  ['apollo', EMAIL, body('Older'), EMAIL, body('Newer')],
  // Only a link, and only a sign, is another one.
  [
    'apollo',
    EMAIL,
    body('<a href="https://older.example">Here</a>'),
    EMAIL,
    body('<a href="https://x.example">Here</a>'),
  ],
  ['apollo', EMAIL, body('Now!'), EMAIL, body('Now?')],
  ['apollo', TASKS, { name: 'Older' }, TASKS, { name: 'Newer' }],
  ['apollo', TASKS, { name: 'Older' }, CALL, { interval_seconds: 7_200 }],
] as const;
const RUNS = (['before_commit', 'after_commit'] as const).flatMap((at) => CASES.map((row) => [at, ...row] as const));

const patch = (provider: string, path: string, record: object, headers: object = {}): Promise<Answer> =>
  house.ask(path, { method: 'PATCH', headers: { ...tenant(provider), ...headers }, body: { record } });

const KEY = { 'idempotency-key': 'older', prefer: 'wait=0' };

function strike(provider: string, at: 'before_commit' | 'after_commit'): void {
  const match = { method: provider === 'apollo' ? 'PUT' : 'PATCH', path: /./ };
  house.sandbox(provider).addFault({ match, fault: { kind: 'reset', at } });
}

test.each(RUNS)('%s: %s %s %j, and a newer %s %j since: it stops', async (at, provider, path, older, ...newer) => {
  strike(provider, at);
  expect(told(await patch(provider, path, older, KEY))).toEqual(['OUTCOME_UNKNOWN']);
  const made = await patch(provider, ...newer);
  expect(made.status, made.text).toBe(200);
  const before = writesDone(house, provider).length;
  const again = await patch(provider, path, older, KEY);
  expect([again.status, errorsOf(again)[0]?.problem_type], again.text).toEqual([409, 'OPERATION_DIVERGED']);
  expect(writesDone(house, provider)).toHaveLength(before);
});

test.each(RUNS)('%s: %s %s %j, and nothing since: it ends well', async (at, provider, path, older) => {
  strike(provider, at);
  expect(told(await patch(provider, path, older, KEY))).toEqual(['OUTCOME_UNKNOWN']);
  const again = await patch(provider, path, older, KEY);
  expect(again.status, again.text).toBe(200);
});
