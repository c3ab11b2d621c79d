/** Three processes on one PostgreSQL: what is made, revoked, stored or spent at one of them counts at the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOADED, openAccounts, type Accounts } from '../load/accounts.ts';
import { openClient } from '../load/client.ts';
import { judge } from '../load/judge.ts';
import { seeded } from '../load/mix.ts';
import { keepSecret } from '../support/canary.ts';
import { openFleet, type Fleet } from '../support/fleet.ts';
import type { Answer } from '../support/answer.ts';
import { API_KEY } from '../support/house.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { overspent, sendTraffic, SMALL, spend } from './traffic.ts';

const SIZE = 3;
/** How long a process believes what it knows of a key. */
const KEY_MS = 5_000;

let server: PostgresServer;
let accounts: Accounts;
let fleet: Fleet;

beforeAll(async () => {
  [server, accounts] = await Promise.all([startPostgres(), openAccounts()]);
  const urls = LOADED.map((name) => [`STEPGATE_BASE_URL_${name.toUpperCase()}`, accounts.baseUrls[name]] as const);
  const env = { STEPGATE_SETTLE_GRACE_SECONDS: '3', ...Object.fromEntries(urls) };
  fleet = await openFleet({ size: SIZE, databaseUrl: await server.createDatabase(), env });
}, 60_000);
afterAll(async () => {
  await fleet.close();
  await accounts.close();
  await server.close();
});

async function ask(...given: Parameters<Fleet['ask']>): Promise<Answer> {
  const answer = await fleet.ask(...given);
  if (!answer) throw new Error('The connection broke.');
  return answer;
}

test('an API key that one has made is let in by all, and refused by all within 5 s of its revocation at another', async () => {
  const made = await ask('/api_keys', { method: 'POST', body: { name: 'Of all', role: 'read' } }, 0);
  const { id, api_key } = (made.json as { readonly record: { readonly id: string; readonly api_key: string } }).record;
  keepSecret(api_key, 'an API key');
  const statuses = (): Promise<readonly number[]> =>
    Promise.all(
      [0, 1, 2].map(async (place) => (await ask('/providers', { headers: { 'x-api-key': api_key } }, place)).status),
    );
  expect(await statuses()).toEqual([200, 200, 200]);
  expect((await ask(`/api_keys/${id}`, { method: 'DELETE' }, 1)).status).toBeLessThan(300);
  const revoked = performance.now();
  let last = await statuses();
  while (last.some((status) => status !== 401) && performance.now() - revoked < 2 * KEY_MS) {
    await sleep(50);
    last = await statuses();
  }
  const took = performance.now() - revoked;
  console.log(`a revoked key was refused by all after ${Math.round(took)} ms`);
  expect(last).toEqual([401, 401, 401]);
  expect(took).toBeLessThan(KEY_MS + 500);
  // And stays so.
  expect(await statuses()).toEqual([401, 401, 401]);
});

test('a connection that one has stored is used by the others, as it is after the last change', async () => {
  const account = accounts.open();
  const path = `/customers/${account.customer}/connections/outreach`;
  const credentials = accounts.credentials(account, 'outreach');
  const headers = { 'x-customer-id': account.customer, 'x-provider-name': 'outreach' };
  const statuses = (): Promise<readonly number[]> =>
    Promise.all([0, 1, 2].map(async (place) => (await ask('/sequences', { headers }, place)).status));
  expect(await statuses()).toEqual([404, 404, 404]);
  expect((await ask(path, { method: 'PUT', body: { credentials } }, 0)).status).toBe(201);
  expect(await statuses()).toEqual([200, 200, 200]);
  await ask(path, { method: 'DELETE' }, 1);
  await expect.poll(statuses, { timeout: KEY_MS + 500, interval: 100 }).toEqual([404, 404, 404]);
});

test('three processes spend a small budget, all of it that can be, and never more', async () => {
  const account = accounts.open(SMALL);
  const client = openClient(() => fleet.url(), API_KEY);
  await client.settle(accounts, account);
  const answered = (name: 'apollo' | 'salesloft'): number =>
    account.sandboxes[name].calls().filter(({ status }) => status === 200).length;
  // A whole minute by the clock, from its beginning.
  await sleep(60_000 - (Date.now() % 60_000) + 1_500);
  const before = { apollo: answered('apollo'), salesloft: answered('salesloft') };
  const readers = spend(client, account);
  await sleep(20_000);
  await readers.stop();
  const spent = { apollo: answered('apollo') - before.apollo, salesloft: answered('salesloft') - before.salesloft };
  console.log(`spent of 50 searches and 20 dear pages in a minute: ${JSON.stringify(spent)}`);
  expect(overspent(accounts)).toEqual([]);
  expect(spent.salesloft).toBeGreaterThanOrEqual(17);
  expect(spent.salesloft).toBeLessThanOrEqual(20);
  expect(spent.apollo).toBeGreaterThanOrEqual(42);
  expect(spent.apollo).toBeLessThanOrEqual(50);
}, 120_000);

test('processes that are told to stop under traffic, one after the other, lose nothing', async () => {
  const client = openClient(() => fleet.url(), API_KEY);
  const opened = Array.from({ length: 6 }, () => accounts.open());
  const places = await Promise.all(opened.map((account) => client.settle(accounts, account)));
  const work = sendTraffic({
    client,
    places,
    random: seeded(1),
    faulty: 0,
    perSecond: 25,
    seconds: 12,
    drainSeconds: 20,
  });
  const ends: (number | null)[] = [];
  for (let place = 0; place < SIZE; place += 1) {
    await sleep(2_000);
    ends.push((await fleet.signal(place, 'SIGTERM')).code);
    await fleet.start(place);
  }
  const told = await work;
  const open = new Set(await client.openOperations());
  const { doubled, lost, untold, unfinished } = judge(opened, told, open);
  console.log(`${told.length} requests, ${told.reduce((sum, { repeats }) => sum + repeats, 0)} repeats`);
  expect(ends).toEqual([0, 0, 0]);
  expect([doubled, lost, untold, unfinished, [...open]]).toEqual([[], [], [], [], []]);
  expect(fleet.deaths).toEqual([]);
}, 120_000);
