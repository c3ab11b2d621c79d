/** Two gateways on one database, each on a core of its own. The load and the provider share the second core with one of them. */
import { rmSync } from 'node:fs';
import { connectCustomers, CUSTOMERS, newHouse, startStepgate, STEPGATE_ASKED, type Running } from '../contenders.ts';
import { spread, spreadOf, table } from '../figures.ts';
import { sample, warm, type Bench, type Sample } from '../measure.ts';
import { CORES } from '../process.ts';
import type { Scene } from './scene.ts';

const SHARED = { STEPGATE_SHARED_DATABASE: 'true' };

export const processes: Scene = async (bench) => {
  const samples = {
    'one, alone': [] as Sample[],
    'one, turns shared': [] as Sample[],
    'two, turns shared': [] as Sample[],
  };
  for (let round = 0; round < bench.settings.rounds; round += 1) {
    const order = [
      async () => samples['one, alone'].push(await measure(bench, 1, {})),
      async () => samples['one, turns shared'].push(await measure(bench, 1, SHARED)),
      async () => samples['two, turns shared'].push(await measure(bench, 2, SHARED)),
    ];
    for (const each of round % 2 === 0 ? order : order.toReversed()) await each();
  }
  const ratio = (of: (sample: Sample) => number): readonly number[] =>
    samples['two, turns shared'].map((two, index) => {
      const one = samples['one, turns shared'][index];
      return of(two) / (one ? of(one) : NaN);
    });
  const rows = Object.entries(samples).map(([name, all]) => [
    name,
    spreadOf(all, ({ perSecond }) => perSecond, 0),
    spreadOf(all, ({ heard }) => heard.good.p50 / 1000, 1),
    spreadOf(all, ({ heard }) => heard.good.p99 / 1000, 1),
    spreadOf(all, ({ cpu }) => cpu, 0),
    String(all.reduce((sum, { heard }) => sum + heard.refused.count, 0)),
  ]);
  return {
    title: `Two processes on ${Math.min(2, CORES)} cores`,
    figures: [
      {
        what: 'throughput of two processes on one database, of one',
        measured: `${spread(ratio(({ perSecond }) => perSecond))} x`,
      },
      { what: 'CPU a request of two processes, of one', measured: `${spread(ratio(({ cpu }) => cpu))} x` },
    ],
    detail: table(['at 64 connections', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us a request', 'refused'], rows),
  };
};

async function measure(bench: Bench, count: number, env: Readonly<Record<string, string>>): Promise<Sample> {
  const house = newHouse();
  const all: Running[] = [];
  try {
    for (let core = 0; core < count; core += 1)
      all.push(await startStepgate(bench.upstream.url, { house, env, core: core % CORES }));
    await connectCustomers(all[0]?.url ?? '', CUSTOMERS);
    await warm(bench, all, STEPGATE_ASKED);
    return await sample(bench, all, { ...STEPGATE_ASKED, connections: 64, seconds: bench.settings.seconds });
  } finally {
    await Promise.all(all.map((each) => each.stop()));
    rmSync(house.folder, { recursive: true });
  }
}
