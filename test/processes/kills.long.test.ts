/**
 * Three gateways on one PostgreSQL that kill themselves at their commits and are started again, while many customers write
 * through whichever is next and a share of the calls goes wrong: nothing is lost, doubled or untold.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOADED, openAccounts, type Accounts } from '../load/accounts.ts';
import { openClient, type Told } from '../load/client.ts';
import { judge, operationOf, type Verdict } from '../load/judge.ts';
import { pick, seeded } from '../load/mix.ts';
import { keepSecret } from '../support/canary.ts';
import { openFleet, type Fleet } from '../support/fleet.ts';
import { API_KEY } from '../support/house.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { overspent, sendTraffic, SMALL, spend } from './traffic.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
const CUSTOMERS = 12;
const GRACE_SECONDS = 3;
/** A lease of 30 s, and the look every 15 s of whoever goes on by himself. */
const DRAIN_SECONDS = 30 + 15 + GRACE_SECONDS + 15;

let server: PostgresServer;
let accounts: Accounts;
let fleet: Fleet;
const random = seeded(SEED);
const kills = { before: 0, after: 0 };

beforeAll(async () => {
  [server, accounts] = await Promise.all([startPostgres(), openAccounts()]);
  fleet = await openFleet({
    size: 3,
    databaseUrl: await server.createDatabase(),
    env: {
      STEPGATE_SETTLE_GRACE_SECONDS: String(GRACE_SECONDS),
      ...Object.fromEntries(LOADED.map((name) => [`STEPGATE_BASE_URL_${name.toUpperCase()}`, accounts.baseUrls[name]])),
    },
    nextKill: () => {
      const side = pick(['before', 'after'] as const, random);
      kills[side] += 1;
      return { side, nth: 20 + Math.floor(random() * 120) };
    },
  });
}, 60_000);
afterAll(async () => {
  await fleet.close();
  await accounts.close();
  await server.close();
});

test('whichever of them dies, each step that was told is there once, and nothing else', async () => {
  console.log(`SEED=${SEED}`);
  const client = openClient(() => fleet.url(), API_KEY);
  const opened = Array.from({ length: CUSTOMERS }, () => accounts.open());
  const thrifty = accounts.open(SMALL);
  for (const account of [...opened, thrifty])
    for (const name of LOADED)
      for (const secret of Object.values(accounts.credentials(account, name)).slice(1))
        keepSecret(String(secret), `a credential of ${name}`);
  const places = await Promise.all(opened.map((account) => client.settle(accounts, account)));
  await client.settle(accounts, thrifty);
  const readers = spend(client, thrifty);
  const begin = performance.now();
  const told = await sendTraffic({
    client,
    places,
    random,
    faulty: 0.1,
    perSecond: 25,
    seconds: 25,
    drainSeconds: DRAIN_SECONDS,
    sent: () => {
      fleet.live();
    },
  });
  await readers.stop();
  const seconds = (performance.now() - begin) / 1000;

  const open = new Set(await client.openOperations());
  const unknownCalls = await client.callsUnknown(open);
  const verdict = judge(accounts.all, told, open);
  console.log(
    `${report(told, verdict, open.size)}\n${told.length} requests, ${fleet.deaths.length} deaths, ${verdict.unknown} unknown`,
  );

  const shown = (some: readonly Told[]) =>
    some.map(({ job, status, text }) => `${job.provider} ${job.path} ${job.mark} ${status} ${text.slice(0, 500)}`);
  expect(shown(verdict.doubled), 'doubled').toEqual([]);
  expect(shown(verdict.lost), 'lost').toEqual([]);
  expect(shown(verdict.untold), 'untold').toEqual([]);
  // Where a write that was not carried out has lost its position to a later one.
  expect(shown(verdict.refused).length, shown(verdict.refused).join('\n')).toBeLessThan(told.length / 100);
  expect(verdict.stepsUnmarked).toBeGreaterThanOrEqual(0);
  expect(verdict.stepsUnmarked).toBeLessThanOrEqual(unknownCalls);
  const unknown = verdict.unfinished.map(operationOf).filter((id) => id !== '');
  expect(
    [...open].filter((id) => !unknown.includes(id)),
    'listed, and nobody was told',
  ).toEqual([]);
  expect(overspent(accounts)).toEqual([]);
  const spent = LOADED.map((name) => thrifty.sandboxes[name].calls().filter(({ status }) => status === 200).length);
  console.log(`reads of the thrifty: ${spent.join(', ')} in ${Math.round(seconds)} s`);
  expect(fleet.deaths.length).toBeGreaterThan(5);
  expect(fleet.deaths.filter(({ code }) => code !== null)).toEqual([]);
  expect(fleet.printed()).not.toMatch(/unforeseen|"level":50/);

  // Whoever repeats is answered as before, by whichever process, and nothing is written again.
  const before = accounts.all.flatMap(({ sandboxes }) => LOADED.map((name) => sandboxes[name].calls().length));
  for (const each of told.filter(({ outcome }) => outcome === 'success').slice(0, 60)) {
    const { status, text, headers } = await client.send(each.job);
    expect([status, text, headers?.get('idempotent-replayed')]).toEqual([each.status, each.text, 'true']);
  }
  expect(accounts.all.flatMap(({ sandboxes }) => LOADED.map((name) => sandboxes[name].calls().length))).toEqual(before);
}, 600_000);

function report(told: readonly Told[], { lost, doubled, untold, refused }: Verdict, listed: number): string {
  const rows = LOADED.map((provider) => {
    const of = (some: readonly Told[]): readonly Told[] => some.filter(({ job }) => job.provider === provider);
    const own = of(told);
    const repeats = own.reduce((sum, each) => sum + each.repeats, 0);
    const isSuccess = ({ outcome }: Told): boolean => outcome === 'success';
    return [
      provider,
      own.length,
      repeats,
      own.filter(isSuccess).length,
      of(refused).length,
      ...[lost, doubled, untold].map((some) => of(some).length),
    ];
  });
  const head = ['provider', 'requests', 'repeats', 'successes', 'refused', 'lost', 'doubled', 'untold'];
  return (
    [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n') +
    `\nlisted: ${listed}, killed: ${JSON.stringify(kills)}`
  );
}
