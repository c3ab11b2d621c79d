/** PostgreSQL goes away under traffic, twice, and comes back: callers are told, repeat, and everything is there once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOADED, openAccounts, type Accounts } from '../load/accounts.ts';
import { openClient } from '../load/client.ts';
import { judge } from '../load/judge.ts';
import { seeded } from '../load/mix.ts';
import { cuttable, type Cuttable } from '../support/cut.ts';
import { openFleet, type Fleet } from '../support/fleet.ts';
import { API_KEY } from '../support/house.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { overspent, sendTraffic } from './traffic.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));

let server: PostgresServer;
let line: Cuttable;
let accounts: Accounts;
let fleet: Fleet;

beforeAll(async () => {
  [server, accounts] = await Promise.all([startPostgres(), openAccounts()]);
  line = await cuttable(await server.createDatabase());
  const urls = LOADED.map((name) => [`STEPGATE_BASE_URL_${name.toUpperCase()}`, accounts.baseUrls[name]] as const);
  const env = { STEPGATE_SETTLE_GRACE_SECONDS: '3', ...Object.fromEntries(urls) };
  fleet = await openFleet({ size: 3, databaseUrl: line.url, env });
}, 60_000);
afterAll(async () => {
  await fleet.close();
  await line.cut();
  await accounts.close();
  await server.close();
});

test('the database goes away under traffic and comes back: nothing is lost, doubled or untold', async () => {
  console.log(`SEED=${SEED}`);
  const client = openClient(() => fleet.url(), API_KEY);
  const opened = Array.from({ length: 8 }, () => accounts.open());
  const places = await Promise.all(opened.map((account) => client.settle(accounts, account)));
  const random = seeded(SEED);
  const work = sendTraffic({
    client,
    places,
    random,
    faulty: 0.05,
    perSecond: 20,
    seconds: 14,
    drainSeconds: 65,
  });
  for (const awayMs of [1_000, 3_000]) {
    await sleep(3_000);
    await line.cut();
    await sleep(awayMs);
    const ready = await Promise.all([0, 1, 2].map(async (place) => (await fleet.ask('/readyz', {}, place))?.status));
    expect(ready).toEqual([503, 503, 503]);
    await line.mend();
  }
  const told = await work;
  // Those of which the last commit was lost are gone on with once their leases are over.
  await expect.poll(() => client.openOperations(), { timeout: 60_000, interval: 1_000 }).toEqual([]);
  const { doubled, lost, untold, refused, unknown, repeats, stepsUnmarked } = judge(opened, told, new Set());
  console.log(`${told.length} requests, ${repeats} repeats, ${refused.length} refused, unknown ${unknown}`);
  expect([doubled, lost, untold]).toEqual([[], [], []]);
  expect(refused.length).toBeLessThan(told.length / 50);
  expect(stepsUnmarked).toBe(0);
  expect(overspent(accounts)).toEqual([]);
  expect(fleet.deaths).toEqual([]);
}, 180_000);
