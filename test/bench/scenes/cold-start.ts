/** From the start of the process to the first step created: from source and packed, with and without what Node has compiled before. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packInto } from '../../../build/pack.ts';
import {
  ask,
  connectCustomers,
  newHouse,
  once,
  R,
  startStepgate,
  STEPGATE_ASKED,
  type Asked,
  type Running,
} from '../contenders.ts';
import { median, spread, table } from '../figures.ts';
import type { Figure, Scene } from './scene.ts';

const TIMES = 9;
const NO_CACHE = { NODE_DISABLE_COMPILE_CACHE: '1' };

export const coldStart: Scene = async (bench) => {
  const upstream = bench.upstream.url;
  const house = newHouse();
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-bench-packed-'));
  const main = pathToFileURL(join(folder, 'dist/stepgate.js')).href;
  await packInto(join(folder, 'dist'));
  const first = await startStepgate(upstream, { house });
  await connectCustomers(first.url, 1);
  await first.stop();
  const stepgate = (options: Parameters<typeof startStepgate>[1]) => () =>
    timed(() => startStepgate(upstream, { house, ...options }), STEPGATE_ASKED);
  const starts: Readonly<Record<string, () => Promise<number>>> = {
    R: () => timed(() => R.start(upstream), R.asked),
    'R, compile cache': () => timed(() => R.start(upstream, { env: { NODE_COMPILE_CACHE: folder } }), R.asked),
    'from source': stepgate({}),
    'from source, no compile cache': stepgate({ env: NO_CACHE }),
    packed: stepgate({ main }),
    'packed, no compile cache': stepgate({ main, env: NO_CACHE }),
  };
  const all = new Map<string, number[]>();
  const times = bench.settings.isQuick ? 3 : TIMES;
  try {
    // The first of each fills the caches of Node and of the system.
    for (let time = -1; time < times; time += 1) {
      const order = Object.entries(starts);
      for (const [name, start] of time % 2 === 0 ? order : order.toReversed()) {
        const took = await start();
        if (time >= 0) all.set(name, [...(all.get(name) ?? []), took]);
      }
    }
  } finally {
    rmSync(house.folder, { recursive: true });
    rmSync(folder, { recursive: true });
  }
  const ratio = (name: string, what: string, limit?: number): Figure => {
    const ratios = (all.get(name) ?? []).map((took, index) => took / (all.get('R')?.[index] ?? NaN));
    const measured = `${spread(ratios)} x`;
    if (limit === undefined) return { what, measured };
    return { what, target: `at most ${limit} x`, measured, isMet: median(ratios) <= limit };
  };
  return {
    title: 'Cold start to the first step created',
    figures: [
      ratio('from source', "cold start from source, against R's", 1.6),
      ratio('packed', "cold start of the packed build, against R's", 1.1),
      ratio('packed, no compile cache', 'the packed build without a compile cache'),
    ],
    detail: table(
      ['start', 'ms'],
      [...all].map(([name, took]) => [name, spread(took, 0)]),
    ),
  };
};

async function timed(start: () => Promise<Running>, asked: Asked): Promise<number> {
  const begin = performance.now();
  const running = await start();
  try {
    const { status, text } = await ask(running.url, once(asked));
    if (status !== 201) throw new Error(`${status} ${text}`);
    return performance.now() - begin;
  } finally {
    await running.stop();
  }
}
