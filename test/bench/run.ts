/**
 * `npm run bench [-- --scene ratios,durable] [--rounds 3] [--quick] [--run 2] [--profile [--top 20] [--connections 256] [--contender hono] [--with-key]] [--verbose]`: what the gateway adds,
 * in ratios to contenders of the same run. All scenes together write docs/performance.md, some of them only print.
 */
import { parseArgs } from 'node:util';
import { CONTENDERS, STEPGATE, WITH_KEY } from './contenders.ts';
import { startLoad, startUpstream } from './helpers.ts';
import type { Bench } from './measure.ts';
import { profileContender } from './profile.ts';
import { reportOf, writeReport } from './report.ts';
import { calls } from './scenes/calls.ts';
import { coldStart } from './scenes/cold-start.ts';
import { durable } from './scenes/durable.ts';
import { growth, linear } from './scenes/growth.ts';
import { overload } from './scenes/overload.ts';
import { processes } from './scenes/processes.ts';
import { ratios } from './scenes/ratios.ts';
import type { Scene, Told } from './scenes/scene.ts';
import { neighbours, slow } from './scenes/slow.ts';
import { soak } from './scenes/soak.ts';

const SCENES: Readonly<Record<string, Scene>> = {
  ratios,
  durable,
  slow,
  neighbours,
  overload,
  processes,
  soak,
  'cold-start': coldStart,
  growth,
  linear,
  calls,
};
const PROFILE = 'stepgate.cpuprofile';

const { values: given } = parseArgs({
  options: {
    scene: { type: 'string' },
    rounds: { type: 'string' },
    run: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    top: { type: 'string', default: '10' },
    connections: { type: 'string', default: '32' },
    contender: { type: 'string', default: STEPGATE.name },
    'with-key': { type: 'boolean', default: false },
  },
});
if (process.platform !== 'linux') throw new Error('The bench reads /proc: it runs on Linux.');
const found = CONTENDERS.find(({ name }) => name.startsWith(given.contender));
if (!found) throw new Error(`There is no contender ${given.contender}.`);
const PROFILED = {
  file: PROFILE,
  top: Number(given.top),
  connections: Number(given.connections),
  contender: given['with-key'] ? { ...found, asked: WITH_KEY } : found,
};
const names = given.scene?.split(',') ?? Object.keys(SCENES);
const chosen = names.map((name) => {
  const scene = SCENES[name];
  if (!scene) throw new Error(`There is no scene ${name}. There are ${Object.keys(SCENES).join(', ')}.`);
  return { name, scene };
});

const bench: Bench = {
  load: startLoad(),
  upstream: await startUpstream(),
  others: [],
  settings: {
    rounds: Number(given.rounds ?? (given.quick ? 1 : 3)),
    isQuick: given.quick,
    ...(given.quick ? { warmSeconds: 1.5, seconds: 1.5 } : { warmSeconds: 5, seconds: 3 }),
  },
};
try {
  if (given.profile) console.log(await profileContender(bench, PROFILED));
  else await runScenes();
} finally {
  await Promise.all([bench.load.process.stop(), bench.upstream.process.stop()]);
}

async function runScenes(): Promise<void> {
  const told: Told[] = [];
  for (const { name, scene } of chosen) {
    console.error(`${name} ...`);
    told.push(await scene(bench));
  }
  const report = reportOf(told, bench);
  console.log(report);
  if (given.scene === undefined && !given.quick) writeReport(report, Number(given.run));
}
