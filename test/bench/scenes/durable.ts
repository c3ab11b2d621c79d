/** What an idempotency key costs: the same creates with and without one, on SQLite with WAL and synchronous FULL. */
import { batchOf, STEPGATE, STEPGATE_ASKED, WITH_KEY } from '../contenders.ts';
import { median, spread, table } from '../figures.ts';
import { requireClean, sample, warm, type Sample } from '../measure.ts';
import type { Scene } from './scene.ts';

const CONNECTIONS = 32;
const ASKED = {
  'one step, no key': STEPGATE_ASKED,
  'one step, with a key': WITH_KEY,
  'a batch of two, no key': { ...STEPGATE_ASKED, ...batchOf(2) },
  'a batch of two, with a key': { ...WITH_KEY, ...batchOf(2) },
};
type What = keyof typeof ASKED;

export const durable: Scene = async (bench) => {
  const samples = new Map<What, Sample[]>();
  const whats = Object.keys(ASKED) as What[];
  for (let round = 0; round < bench.settings.rounds; round += 1) {
    const running = await STEPGATE.start(bench.upstream.url);
    try {
      for (const what of whats) await warm(bench, [running], ASKED[what]);
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
    spread(
      all(what).map(({ perSecond }) => perSecond),
      0,
    ),
    spread(
      all(what).map(({ heard }) => heard.good.p50 / 1000),
      1,
    ),
    spread(
      all(what).map(({ heard }) => heard.good.p99 / 1000),
      1,
    ),
    spread(
      all(what).map(({ cpu }) => cpu),
      0,
    ),
  ]);
  return {
    title: 'Durable writes',
    figures: [
      {
        ...{ what: 'throughput with an Idempotency-Key, of that without', target: 'at least 0.55' },
        ...{ measured: spread(one), isMet: median(one) >= 0.55 },
      },
      {
        ...{ what: 'the same, a batch of two records', target: 'at least 0.40' },
        ...{ measured: spread(two), isMet: median(two) >= 0.4 },
      },
    ],
    detail: table(['at 32 connections', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us a request'], rows),
  };
};
