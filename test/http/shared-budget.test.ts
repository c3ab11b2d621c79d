/** Several gateways on one database, before a provider that counts: none of them is told that it asks too much. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testClock } from '../support/clock.ts';
import { cursorTo } from '../support/cursors.ts';
import type { Answer } from '../support/answer.ts';
import { openHouse, type House } from '../support/house.ts';
import { connectionPath, tenant, told } from './support.ts';

/** In the middle of a minute. */
const START = Date.parse('2026-11-21T12:00:20Z');
/** This page of the list costs 30 units of 600, and a search in the other product 1 of 50. */
const DEAR = `?cursor=${cursorTo('salesloft', '501')}`;

let folder = '';
let houses: House[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-budgets-'));
  const databaseFile = join(folder, 'shared.db');
  const house = await openHouse({ databaseFile, sharedDatabase: true, clock: testClock(START) });
  houses = [house, await house.beside(), await house.beside()];
  for (const name of ['salesloft', 'apollo']) await house.connect(name);
});
afterEach(async () => {
  for (const house of houses) await house.close();
  rmSync(folder, { recursive: true });
});

function at(index: number): House {
  const house = houses[index];
  if (!house) throw new Error('There are three houses.');
  return house;
}

function list(house: House, { provider = 'salesloft', query = DEAR, prefer = 'wait=0' } = {}): Promise<Answer> {
  return house.ask(`/sequences${query}`, { headers: { ...tenant(provider), prefer } });
}

const statuses = (provider = 'salesloft'): readonly number[] =>
  at(0)
    .sandbox(provider)
    .calls()
    .map(({ status }) => status);

async function burst(times: number, options: Parameters<typeof list>[1] = {}): Promise<readonly Answer[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => list(at(index % 3), options)));
}

test.each([
  ['by the clock', 'salesloft', DEAR, 20],
  ['from the first call on', 'apollo', '', 50],
])('a burst at all of them is held to the budget of a provider that counts %s', async (_how, provider, query, fits) => {
  if (provider === 'apollo') at(0).sandbox(provider).changeLimits({ per_minute: 50 });
  const answers = await burst(2 * fits, { provider, query });
  expect(new Set(statuses(provider))).toEqual(new Set([200]));
  const refused = answers.filter(({ status }) => status !== 200);
  for (const answer of refused) expect(told(answer)).toEqual(['PROVIDER_BUDGET_EXHAUSTED']);
  expect(statuses(provider).length).toBeGreaterThanOrEqual(fits * 0.85);
});

test('what one of them gives back when it stops is used by the others, and all of the budget can be', async () => {
  await list(at(2), { query: '' });
  await houses.pop()?.close();
  for (let call = 0; call < 19; call += 1) expect((await list(at(call % 2))).status).toBe(200);
  expect(told(await list(at(0)))).toEqual(['PROVIDER_BUDGET_EXHAUSTED']);
  expect(new Set(statuses())).toEqual(new Set([200]));
});

test('what a provider has told one of them is known to the others', async () => {
  const body = { data: [], metadata: { paging: { per_page: 25, current_page: 1, next_page: null, prev_page: null } } };
  const headers = { 'x-ratelimit-remaining-minute': '0' };
  at(0)
    .sandbox('salesloft')
    .answerNext({ method: 'GET', path: /cadences/ }, { status: 200, headers, body });
  await list(at(0), { query: '' });
  at(0).clock.pass(5_000);
  await at(0).budgets.tend();
  expect(told(await list(at(1), { query: '' }))).toEqual(['PROVIDER_BUDGET_EXHAUSTED']);
  const budget = await at(1).ask(`${connectionPath('salesloft')}/budget`);
  expect(budget.json).toMatchObject({ policies: [{ remaining: 0, resets_at: '2026-11-21T12:01:01.000Z' }] });
  expect((await list(at(1), { query: '', prefer: 'wait=60' })).status).toBe(200);
});

test('new credentials begin anew in all of them', async () => {
  await burst(60);
  await at(1).connect('salesloft');
  at(0).sandbox('salesloft').reset();
  at(0).clock.pass(5_001);
  expect((await list(at(1))).status).toBe(200);
  expect((await list(at(2))).status).toBe(200);
});
