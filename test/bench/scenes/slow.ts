/** A provider that takes its time: a thousand requests in flight, and whether the customers of another provider notice. */
import { R, STEPGATE, STEPGATE_ASKED, API_KEY, ask } from '../contenders.ts';
import { median, spread, spreadOf, table } from '../figures.ts';
import { startLoad, startUpstream } from '../helpers.ts';
import { sample, warm, type Bench, type Sample } from '../measure.ts';
import type { Scene } from './scene.ts';

const DELAY_MS = 100;
const IN_FLIGHT = 1000;
/** What a proxy without any cost of its own would answer. */
const LIMIT = (IN_FLIGHT * 1000) / DELAY_MS;

export const slow: Scene = async (bench) => {
  const upstream = await startUpstream({ delayMs: DELAY_MS });
  const own: Bench = { ...bench, upstream };
  const samples = { [R.name]: [] as Sample[], [STEPGATE.name]: [] as Sample[] };
  try {
    for (let round = 0; round < bench.settings.rounds; round += 1) {
      for (const contender of round % 2 === 0 ? [R, STEPGATE] : [STEPGATE, R]) {
        const running = await contender.start(upstream.url);
        try {
          await warm(own, [running], contender.asked, IN_FLIGHT);
          const order = { ...contender.asked, connections: IN_FLIGHT, seconds: 2 * bench.settings.seconds };
          samples[contender.name]?.push(await sample(own, [running], order));
        } finally {
          await running.stop();
        }
      }
    }
  } finally {
    await upstream.process.stop();
  }
  const all = (name: string): readonly Sample[] => samples[name] ?? [];
  const rate = all(STEPGATE.name).map(({ perSecond }) => perSecond / LIMIT);
  const p99 = all(STEPGATE.name).map(({ heard }) => (heard.good.count === 0 ? Infinity : heard.good.p99 / 1000));
  const failures = all(STEPGATE.name).reduce((sum, { heard }) => sum + heard.errors + heard.refused.count, 0);
  const rows = [R.name, STEPGATE.name].map((name) => [
    name,
    spreadOf(all(name), ({ perSecond }) => perSecond, 0),
    spreadOf(all(name), ({ heard }) => heard.good.p50 / 1000, 0),
    spreadOf(all(name), ({ heard }) => heard.good.p99 / 1000, 0),
    spreadOf(all(name), ({ cpu }) => cpu, 0),
  ]);
  return {
    title: `${IN_FLIGHT.toLocaleString('en-US')} requests in flight on a provider that takes ${DELAY_MS} ms`,
    figures: [
      {
        what: 'requests/s, of the arithmetic limit of 10,000',
        target: 'at least 0.60',
        measured: spread(rate),
        isMet: median(rate) >= 0.6,
      },
      { what: 'p99 then', target: 'at most 260 ms', measured: `${spread(p99, 0)} ms`, isMet: median(p99) <= 260 },
      { what: 'errors then', target: '0', measured: String(failures), isMet: failures === 0 },
    ],
    detail: table(['contender', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us a request'], rows),
  };
};

const SLOW_MS = 1000;
/** It takes turns with itself alone: so long each, and for so many times the seconds of a sample. */
const BESIDE_SECONDS = 2;
const TURNS = 4;
const SLOW_CUSTOMERS = 256;
/** Times as long as the others at least. */
const WARM_SLOW = 3;
/** A list costs one call and its empty page is the same for everybody. */
const SLOW = {
  method: 'GET',
  path: '/sequences',
  body: '',
  headers: { 'x-customer-id': 'slow-{c}', 'x-provider-name': 'salesloft', 'x-api-key': API_KEY },
};

export const neighbours: Scene = async (bench) => {
  const upstream = await startUpstream({ delayMs: SLOW_MS, answer: 'list' });
  const beside = startLoad();
  const alone: Sample[] = [];
  const together: Sample[] = [];
  const answers: number[] = [];
  try {
    for (let round = 0; round < bench.settings.rounds; round += 1) {
      const env = { STEPGATE_BASE_URL_SALESLOFT: upstream.url };
      const running = await STEPGATE.start(bench.upstream.url, { env });
      try {
        await connectSlow(running.url);
        const slowLoad = { ...SLOW, urls: [running.url], connections: SLOW_CUSTOMERS };
        // The slow one is warmed beside the fast one: so few of its requests fit into a second.
        const slowly = beside.run({ ...slowLoad, seconds: WARM_SLOW * bench.settings.warmSeconds });
        await warm(bench, [running], STEPGATE_ASKED);
        await slowly;
        const order = { ...STEPGATE_ASKED, connections: 32, seconds: BESIDE_SECONDS };
        for (let spent = 0; spent < TURNS * bench.settings.seconds; spent += BESIDE_SECONDS) {
          alone.push(await sample(bench, [running], order));
          const heard = beside.run({ ...slowLoad, seconds: BESIDE_SECONDS + 0.5 });
          together.push(await sample(bench, [running], order));
          answers.push((await heard).good.count);
        }
      } finally {
        await running.stop();
      }
    }
  } finally {
    await Promise.all([upstream.process.stop(), beside.process.stop()]);
  }
  const kept = together.map(({ perSecond }, index) => perSecond / (alone[index]?.perSecond ?? NaN));
  return {
    title: 'A slow provider beside a fast one',
    figures: [
      {
        what: `throughput of the fast one, with ${SLOW_CUSTOMERS} requests in flight on one that takes ${SLOW_MS / 1000} s, of its own`,
        target: 'at least 0.9',
        measured: spread(kept),
        isMet: median(kept) >= 0.9 && Math.min(...answers) > 0,
      },
    ],
  };
};

async function connectSlow(url: string): Promise<void> {
  const body = JSON.stringify({ credentials: { type: 'api_key', api_key: 'k'.repeat(40) } });
  for (let number = 0; number < SLOW_CUSTOMERS; number += 1) {
    const path = `/customers/slow-${number}/connections/salesloft`;
    const { status, text } = await ask(url, { method: 'PUT', path, headers: { 'x-api-key': API_KEY }, body });
    if (status > 201) throw new Error(`${status} ${text}`);
  }
}
