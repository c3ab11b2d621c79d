/** `--profile`: where stepgate's time goes, function by function. The profiler itself adds 20 to 30 %. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STEPGATE, type Asked } from './contenders.ts';
import { table } from './figures.ts';
import { sample, warm, type Bench } from './measure.ts';

const SECONDS = 10;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
  readonly endTime: number;
}

export interface Profiling {
  readonly file: string;
  readonly top: number;
  readonly connections: number;
  readonly asked?: Asked;
}

/** Writes the profile to the file. @returns Markdown: the functions with the most time of their own, and the same by package. */
export async function profileStepgate(
  bench: Bench,
  { file, top, connections, asked = STEPGATE.asked }: Profiling,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-profile-'));
  const nodeOptions = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200'];
  const running = await STEPGATE.start(bench.upstream.url, { nodeOptions });
  await warm(bench, [running], asked);
  const order = { ...asked, connections, seconds: SECONDS };
  const begin = performance.now();
  const { heard, cpu } = await sample(bench, [running], order);
  const ended = performance.now();
  await running.stop();
  const stoppedAfterMs = performance.now() - ended;
  const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.cpuprofile'));
  const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile;
  renameSync(join(folder, name), file);
  rmSync(folder, { recursive: true });
  const window = { fromEndMs: ended - begin + stoppedAfterMs, toEndMs: stoppedAfterMs };
  const spent = timeByFunction(profile, window);
  const answered = heard.good.count;
  const total = [...spent.values()].reduce((sum, each) => sum + each, 0);
  const rowOf = ([where, microseconds]: readonly [string, number]): readonly string[] => [
    where,
    (microseconds / answered).toFixed(1),
    `${((100 * microseconds) / total).toFixed(1)} %`,
  ];
  const largest = (times: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
    [...times].toSorted(([, one], [, other]) => other - one).slice(0, top);
  const head = ['self time', 'us a request', 'share'];
  return [
    `${answered} requests, ${Math.round(cpu)} us on a CPU for each, of which ${Math.round(total / answered)} us are in the profile (main thread, idle left out).`,
    table(head, largest(spent).map(rowOf)),
    table(['room', ...head.slice(1)], largest(grouped(spent)).map(rowOf)),
  ].join('\n\n');
}

function timeByFunction(
  { nodes, samples, timeDeltas, endTime }: Profile,
  { fromEndMs, toEndMs }: { readonly fromEndMs: number; readonly toEndMs: number },
): ReadonlyMap<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let at = endTime - timeDeltas.reduce((sum, delta) => sum + delta, 0);
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    const name = names.get(id) ?? '';
    const beforeEndMs = (endTime - at) / 1000;
    if (name === '(idle)' || beforeEndMs > fromEndMs || beforeEndMs < toEndMs) continue;
    times.set(name, (times.get(name) ?? 0) + delta);
  }
  return times;
}

/** `name file:line`; files of the project and of packages without what comes before them. */
function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName || '(native)';
  const file = url
    .replace('file://', '')
    .replace(ROOT, '')
    .replace(/^.*\/?node_modules\//, '');
  return `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`;
}

function grouped(times: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const rooms = new Map<string, number>();
  for (const [name, time] of times) {
    const [, file = ''] = /^.* (\S+):\d+$/.exec(name) ?? [];
    const own = /^((?:src|providers)\/[^/]+)/.exec(file)?.[1];
    const node = file.startsWith('node:') ? 'node' : undefined;
    const room = own ?? node ?? (/^(@[^/]+\/[^/]+|[^/]+)/.exec(file)?.[1] || name);
    rooms.set(room, (rooms.get(room) ?? 0) + time);
  }
  return rooms;
}
