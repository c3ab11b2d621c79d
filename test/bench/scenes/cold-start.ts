/** From the start of the process to the first step created. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import type { Scene } from './scene.ts';

const TIMES = 7;

export const coldStart: Scene = async (bench) => {
  const upstream = bench.upstream.url;
  const house = newHouse();
  const cache = mkdtempSync(join(tmpdir(), 'stepgate-bench-cache-'));
  const first = await startStepgate(upstream, { house });
  await connectCustomers(first.url, 1);
  await first.stop();
  const cached = { NODE_COMPILE_CACHE: cache };
  const starts: Readonly<Record<string, () => Promise<number>>> = {
    R: () => timed(() => R.start(upstream), R.asked),
    stepgate: () => timed(() => startStepgate(upstream, { house }), STEPGATE_ASKED),
    'R, compile cache': () => timed(() => R.start(upstream, { env: cached }), R.asked),
    'stepgate, compile cache': () => timed(() => startStepgate(upstream, { house, env: cached }), STEPGATE_ASKED),
  };
  const all = new Map<string, number[]>();
  const times = bench.settings.isQuick ? 3 : TIMES;
  try {
    // The first of each fills the caches of Node and of the system.
    for (let time = -1; time < times; time += 1) {
      for (const [name, start] of Object.entries(starts)) {
        const took = await start();
        if (time >= 0) all.set(name, [...(all.get(name) ?? []), took]);
      }
    }
  } finally {
    rmSync(house.folder, { recursive: true });
    rmSync(cache, { recursive: true });
  }
  const ratio = (name: string): readonly number[] =>
    (all.get(name) ?? []).map((took, index) => took / (all.get('R')?.[index] ?? NaN));
  const plain = ratio('stepgate');
  return {
    title: 'Cold start to the first step created',
    figures: [
      {
        what: "cold start, against R's",
        target: 'at most 1.6 x',
        measured: `${spread(plain)} x`,
        isMet: median(plain) <= 1.6,
      },
      {
        what: "with NODE_COMPILE_CACHE, against R's without",
        measured: `${spread(ratio('stepgate, compile cache'))} x`,
      },
    ],
    detail: table(
      ['contender', 'ms'],
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
