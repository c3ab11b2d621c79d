/**
 * What an idempotency key costs: the same creates with and without one, on SQLite with WAL and synchronous FULL, and on
 * PostgreSQL with fsync, the server of DATABASE_URL or one of its own. That one is pinned to no core.
 */
import { startPostgres } from '../../support/postgres.ts';
import { batchOf, STEPGATE, STEPGATE_ASKED, WITH_KEY } from '../contenders.ts';
import { median, spread, spreadOf, table } from '../figures.ts';
import { requireClean, sample, type Bench, type Sample } from '../measure.ts';
import type { Scene, Told } from './scene.ts';

const CONNECTIONS = 32;
const ASKED = {
  'one step, no key': STEPGATE_ASKED,
  'one step, with a key': WITH_KEY,
  'a batch of two, no key': { ...STEPGATE_ASKED, ...batchOf(2) },
  'a batch of two, with a key': { ...WITH_KEY, ...batchOf(2) },
};
type What = keyof typeof ASKED;

/** Of a create of one call: claimed before it, and completed after it. */
const TWO_COMMITS = 0.4;
const ONE_COMMIT = 0.55;
const TARGET = `at least ${TWO_COMMITS.toFixed(2)}; goal ${ONE_COMMIT}, as with one commit`;
/** On the other one the figures are only stated. */
const TARGETED = 'SQLite';

export const durable: Scene = async (bench) => {
  const told = [await measureOn(bench, 'SQLite', () => Promise.resolve({}))];
  const server = await startPostgres({ durable: true });
  try {
    told.push(await measureOn(bench, 'PostgreSQL', async () => ({ DATABASE_URL: await server.createDatabase() })));
  } finally {
    await server.close();
  }
  return {
    title: 'Durable writes',
    figures: told.flatMap(({ figures }) => figures),
    detail: told.map(({ detail = '' }) => detail).join('\n\n'),
  };
};

/** @param newStore the settings of one in which nothing is stored. */
async function measureOn(
  bench: Bench,
  store: string,
  newStore: () => Promise<Readonly<Record<string, string>>>,
): Promise<Told> {
  const samples = new Map<What, Sample[]>();
  const whats = Object.keys(ASKED) as What[];
  for (let round = 0; round < bench.settings.rounds; round += 1) {
    const running = await STEPGATE.start(bench.upstream.url, { env: await newStore() });
    try {
      for (const what of whats) {
        const order = { ...ASKED[what], connections: CONNECTIONS, seconds: bench.settings.warmSeconds };
        await bench.load.run({ urls: [running.url], ...order });
      }
      for (const what of round % 2 === 0 ? whats : whats.toReversed()) {
        const order = { ...ASKED[what], connections: CONNECTIONS, seconds: bench.settings.seconds };
        const measured = await sample(bench, [running], order);
        requireClean(measured, what);
        samples.set(what, [...(samples.get(what) ?? []), measured]);
      }
    } finally {
      await running.stop();
    }
  }
  const all = (what: What): readonly Sample[] => samples.get(what) ?? [];
  const kept = (what: What, without: What): readonly number[] =>
    all(what).map(({ perSecond }, index) => perSecond / (all(without)[index]?.perSecond ?? NaN));
  const one = kept('one step, with a key', 'one step, no key');
  const two = kept('a batch of two, with a key', 'a batch of two, no key');
  const rows = whats.map((what) => [
    what,
    spreadOf(all(what), ({ perSecond }) => perSecond, 0),
    spreadOf(all(what), ({ heard }) => heard.good.p50 / 1000, 1),
    spreadOf(all(what), ({ heard }) => heard.good.p99 / 1000, 1),
    spreadOf(all(what), ({ cpu }) => cpu, 0),
  ]);
  return {
    title: store,
    figures: [
      {
        what: `${store}: throughput with an Idempotency-Key (two commits), of that without`,
        measured: spread(one),
        ...(store === TARGETED ? { target: TARGET, isMet: median(one) >= TWO_COMMITS } : {}),
      },
      { what: `${store}: the same, a batch of two records`, measured: spread(two) },
    ],
    detail: table([`${store}, at 32 connections`, 'requests/s', 'p50 ms', 'p99 ms', 'CPU us a request'], rows),
  };
}
