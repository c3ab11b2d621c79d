/** Memory under a minute of load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { R, STEPGATE, type Contender } from '../contenders.ts';
import { median, spread, table } from '../figures.ts';
import { warm, type Bench } from '../measure.ts';
import type { Scene } from './scene.ts';

const CONNECTIONS = 256;
const SECONDS = 60;
/** The last third is compared with the middle one. */
const FLAT = 1.1;

interface Soaked {
  /** Megabytes, once a second. */
  readonly all: readonly number[];
  readonly perSecond: number;
}

export const soak: Scene = async (bench) => {
  const r = await soakOne(bench, R);
  const own = await soakOne(bench, STEPGATE);
  const growth = (soaked: Soaked): number => third(soaked, 2) / third(soaked, 1);
  const ratio = third(own, 2) / third(r, 2);
  const rows = [
    [R.name, r],
    [STEPGATE.name, own],
  ] as const;
  return {
    title: `${bench.settings.isQuick ? 'A few' : SECONDS} seconds at ${CONNECTIONS} connections`,
    figures: [
      {
        what: "RSS after the soak, against R's",
        target: 'at most 1.35 x',
        measured: `${ratio.toFixed(2)} x`,
        isMet: ratio <= 1.35,
      },
      {
        what: 'RSS of the last third, of the middle third',
        target: `at most ${FLAT} x (flat)`,
        measured: `${growth(own).toFixed(2)} x`,
        isMet: growth(own) <= FLAT,
      },
    ],
    detail: table(
      ['contender', 'RSS MB, middle third', 'last third', 'all', 'requests/s'],
      rows.map(([name, soaked]) => [
        name,
        third(soaked, 1).toFixed(0),
        third(soaked, 2).toFixed(0),
        spread(soaked.all, 0),
        soaked.perSecond.toFixed(0),
      ]),
    ),
  };
};

async function soakOne(bench: Bench, contender: Contender): Promise<Soaked> {
  const running = await contender.start(bench.upstream.url);
  try {
    await warm(bench, [running], contender.asked);
    const seconds = bench.settings.isQuick ? 6 : SECONDS;
    const all: number[] = [];
    const order = { ...contender.asked, urls: [running.url], connections: CONNECTIONS, seconds };
    const heard = bench.load.run(order);
    for (let second = 0; second < seconds; second += 1) {
      await sleep(1000);
      all.push(running.process.rss() / 2 ** 20);
    }
    const { good } = await heard;
    return { all, perSecond: good.count / seconds };
  } finally {
    await running.stop();
  }
}

function third({ all }: Soaked, which: 1 | 2): number {
  const length = Math.floor(all.length / 3);
  return median(all.slice(which * length, which === 2 ? undefined : 2 * length));
}
