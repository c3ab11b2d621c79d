/** What must not cost more as a gateway fills up, and what may grow with the request only as the request does. */
import { rmSync } from 'node:fs';
import {
  batchOf,
  newHouse,
  sequenceOf,
  startStepgate,
  STEPGATE,
  STEPGATE_ASKED,
  WITH_KEY,
  type Asked,
  type Running,
} from '../contenders.ts';
import { fillDatabase, type Filling } from '../fill.ts';
import { median, spread, spreadOf, table } from '../figures.ts';
import { requireClean, sample, TURN_SECONDS, warm, type Bench } from '../measure.ts';
import type { Figure, Scene } from './scene.ts';

const FLAT = 1.1;
/** In each round. */
const TURNS = 5;

interface Case {
  readonly what: string;
  readonly filling: Filling;
  readonly asked: Asked;
  /** How many customers take turns in `{t}`. */
  readonly turns: number;
}

export const growth: Scene = async (bench) => {
  const [manyConnections, manyOperations] = bench.settings.isQuick ? [10_000, 20_000] : [100_000, 1_000_000];
  const turned = { ...STEPGATE_ASKED, headers: { ...STEPGATE_ASKED.headers, 'x-customer-id': 'customer-{t}' } };
  const few = { connections: 1000, operations: 0 };
  const cases: readonly (readonly [Case, Case])[] = [
    [
      { what: '10 stored connections', filling: { ...few, connections: 10 }, asked: turned, turns: 10 },
      {
        what: `${manyConnections.toLocaleString('en-US')} stored connections`,
        filling: { ...few, connections: manyConnections },
        asked: turned,
        turns: 10,
      },
    ],
    [
      { what: '1 customer', filling: few, asked: turned, turns: 1 },
      { what: '1,000 customers taking turns', filling: few, asked: turned, turns: 1000 },
    ],
    [
      { what: 'no stored operation, with keys', filling: few, asked: WITH_KEY, turns: 1 },
      {
        what: `${manyOperations.toLocaleString('en-US')} stored operations, with keys`,
        filling: { ...few, operations: manyOperations },
        asked: WITH_KEY,
        turns: 1,
      },
    ],
  ];
  const figures: Figure[] = [];
  const rows: (readonly string[])[] = [];
  for (const [small, large] of cases) {
    const [before, after]: [number[], number[]] = [[], []];
    await withFilled(bench, small.filling, (first) =>
      withFilled(bench, large.filling, async (second) => {
        await warm(bench, [first], { ...small.asked, turns: small.turns });
        await warm(bench, [second], { ...large.asked, turns: large.turns });
        for (let turn = 0; turn < TURNS * bench.settings.rounds; turn += 1) {
          before.push(await cpuOf(bench, first, small));
          after.push(await cpuOf(bench, second, large));
        }
      }),
    );
    const ratio = after.map((cpu, index) => cpu / (before[index] ?? NaN));
    rows.push([small.what, spread(before, 0)], [large.what, spread(after, 0)]);
    figures.push({
      what: `CPU a request, ${large.what} of ${small.what}`,
      target: `at most ${FLAT} x`,
      measured: `${spread(ratio)} x`,
      isMet: median(ratio) <= FLAT,
    });
  }
  return { title: 'Growth of what is stored', figures, detail: table(['at 32 connections', 'CPU us a request'], rows) };
};

export const linear: Scene = async (bench) => {
  const running = await STEPGATE.start(bench.upstream.url);
  const counts = [1, 10, 50, 100];
  const lengths = [1, 10, 50, 200];
  try {
    const batches = await perStep(bench, running, counts, batchOf);
    const sequences = await perStep(bench, running, lengths, sequenceOf);
    const rows = [
      ...counts.map((count, index) => [`_batch of ${count}`, ...told(batches, index)]),
      ...lengths.map((count, index) => [`create-sequence of ${count} steps`, ...told(sequences, index)]),
    ];
    return {
      title: 'Growth with the request',
      figures: [
        steady('CPU for each further step, _batch of 100 of that of 10', batches),
        steady('CPU for each further step, create-sequence of 200 of that of 10', sequences),
      ],
      detail: table(['request', 'CPU us', 'CPU us a step', 'p50 ms'], rows),
    };
  } finally {
    await running.stop();
  }
};

interface Size {
  readonly steps: number;
  readonly cpu: number;
  readonly p50: number;
}

/** All sizes one after the other, several times. */
async function perStep(
  bench: Bench,
  running: Running,
  counts: readonly number[],
  make: (count: number) => Pick<Asked, 'path' | 'body'>,
): Promise<readonly (readonly Size[])[]> {
  const all: Size[][] = [];
  for (let turn = -1; turn < TURNS; turn += 1) {
    const sizes: Size[] = [];
    for (const steps of counts) {
      const seconds = turn < 0 ? bench.settings.warmSeconds : TURN_SECONDS;
      const measured = await sample(bench, [running], { ...STEPGATE_ASKED, ...make(steps), connections: 4, seconds });
      requireClean(measured, `${make(steps).path} of ${steps}`);
      sizes.push({ steps, cpu: measured.cpu, p50: measured.heard.good.p50 });
    }
    if (turn >= 0) all.push(sizes);
  }
  return all;
}

function told(all: readonly (readonly Size[])[], index: number): readonly string[] {
  const sizes = all.flatMap((turn) => turn[index] ?? []);
  return [
    spreadOf(sizes, ({ cpu }) => cpu, 0),
    spreadOf(sizes, ({ cpu, steps }) => cpu / steps, 0),
    spreadOf(sizes, ({ p50 }) => p50 / 1000, 1),
  ];
}

/** The slope at the end, of that at the beginning: what each step costs beyond what a request costs anyway. */
function steady(what: string, all: readonly (readonly Size[])[]): Figure {
  const slope = (from: Size | undefined, to: Size | undefined): number =>
    from && to ? (to.cpu - from.cpu) / (to.steps - from.steps) : NaN;
  const ratios = all.map((sizes) => slope(sizes[1], sizes.at(-1)) / slope(sizes[0], sizes[1]));
  const isMet = median(ratios) <= FLAT;
  return { what, target: `at most ${FLAT} x (linear)`, measured: `${spread(ratios)} x`, isMet };
}

async function withFilled(bench: Bench, filling: Filling, use: (running: Running) => Promise<void>): Promise<void> {
  const house = newHouse();
  await fillDatabase(house, filling);
  const running = await startStepgate(bench.upstream.url, { house });
  try {
    await use(running);
  } finally {
    await running.stop();
    rmSync(house.folder, { recursive: true });
  }
}

/** Two gateways are alive here, one of them idle: what is compared is one with itself. */
async function cpuOf(bench: Bench, running: Running, { what, asked, turns }: Case): Promise<number> {
  const measured = await sample(bench, [running], { ...asked, turns, connections: 32, seconds: TURN_SECONDS });
  requireClean(measured, what);
  return measured.cpu;
}
