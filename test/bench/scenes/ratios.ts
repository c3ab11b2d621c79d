/**
 * CPU for each request, throughput and added latency at 1, 32 and 256 connections, of one contender after the other. Each takes turns with R and
 * with the provider alone, a second each, because a shared machine changes its speed from minute to minute; whoever has no turn is idle.
 */
import {
  BARE_HONO,
  CONTENDERS,
  EXPRESS,
  LEAN_EXPRESS,
  LEAST,
  R,
  STEPGATE,
  type Contender,
  type Running,
} from '../contenders.ts';
import { median, spread, spreadOf, table } from '../figures.ts';
import { requireClean, sample, TURN_SECONDS, warm, type Bench, type Sample } from '../measure.ts';
import type { Figure, Scene } from './scene.ts';

const AT = [1, 32, 256] as const;
type Connections = (typeof AT)[number];

/** One turn of each. */
interface Turn {
  readonly own: Sample;
  readonly r: Sample;
  readonly direct: Sample;
}
type Turns = Readonly<Record<Connections, Turn[]>>;

export const ratios: Scene = async (bench) => {
  const all = new Map<string, Turns>(CONTENDERS.map(({ name }) => [name, { 1: [], 32: [], 256: [] }]));
  const of = (name: string, at: Connections): readonly Turn[] => all.get(name)?.[at] ?? [];
  const r = await R.start(bench.upstream.url);
  try {
    await warm(bench, [r], R.asked);
    for (let round = 0; round < bench.settings.rounds; round += 1)
      for (const contender of round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed())
        await measureBeside(bench, r, contender, (at, turn) => all.get(contender.name)?.[at].push(turn));
  } finally {
    await r.stop();
  }
  const cpu = (name: string, at: Connections = 32): readonly number[] =>
    of(name, at).map(({ own, r: beside }) => own.cpu / beside.cpu);
  const times = (values: readonly number[], other: readonly number[]): readonly number[] =>
    values.map((value) => value / median(other));
  const latency = of(STEPGATE.name, 1).map((turn) => added(turn, 'own', 'p50') / added(turn, 'r', 'p50'));
  const tail = of(STEPGATE.name, 32).map(({ own }) => own.heard.good.p99 / own.heard.good.p50);
  const express = times(cpu(EXPRESS), cpu(STEPGATE.name));
  const atMost = (what: string, values: readonly number[], limit: number, unit: string): Figure => ({
    what,
    target: `at most ${limit}${unit}`,
    measured: `${spread(values)}${unit}`,
    isMet: median(values) <= limit,
  });
  return {
    title: 'A create of one call',
    figures: [
      atMost('CPU a request at 32 connections', cpu(STEPGATE.name), 2, ' R'),
      atMost('CPU a request at 256 connections', cpu(STEPGATE.name, 256), 1.8, ' R'),
      atMost('CPU a request at 32, against the bare hono route', times(cpu(STEPGATE.name), cpu(BARE_HONO)), 1, ' x'),
      {
        what: 'CPU a request at 32, against that route with all that is on in production',
        measured: `${spread(times(cpu(STEPGATE.name), cpu(LEAST)))} x`,
      },
      {
        what: `CPU of ${EXPRESS} against it, at 32`,
        target: 'at least 8 x',
        measured: `${spread(express)} x`,
        isMet: median(express) >= 8,
      },
      {
        what: `CPU of ${LEAN_EXPRESS} against it, at 32`,
        measured: `${spread(times(cpu(LEAN_EXPRESS), cpu(STEPGATE.name)))} x`,
      },
      atMost("added p50 at 1 connection, against R's", latency, 1.4, ' x'),
      atMost('p99 / p50 at 32 connections', tail, 5, ''),
    ],
    detail: AT.map((at) => detailAt(at, of)).join('\n\n'),
  };
};

async function measureBeside(
  bench: Bench,
  r: Running,
  contender: Contender,
  measured: (at: Connections, turn: Turn) => void,
): Promise<void> {
  const { upstream } = bench;
  const running = await contender.start(upstream.url);
  const direct: Running = { url: upstream.url, process: upstream.process, stop: () => Promise.resolve() };
  const take = async (who: Running, asked: Contender['asked'], connections: number): Promise<Sample> => {
    const taken = await sample(bench, [who], { ...asked, connections, seconds: TURN_SECONDS });
    requireClean(taken, `${who.url} in the turns of ${contender.name}, at ${connections}`);
    return taken;
  };
  try {
    await warm(bench, [running], contender.asked);
    for (const at of AT)
      for (let spent = 0; spent < bench.settings.seconds; spent += TURN_SECONDS)
        measured(at, {
          own: await take(running, contender.asked, at),
          r: await take(r, R.asked, at),
          direct: await take(direct, R.asked, at),
        });
  } finally {
    await running.stop();
  }
}

function added(turn: Turn, who: 'own' | 'r', part: 'p50' | 'p99'): number {
  return turn[who].heard.good[part] - turn.direct.heard.good[part];
}

function detailAt(at: Connections, of: (name: string, at: Connections) => readonly Turn[]): string {
  const head = [
    'contender',
    'requests/s',
    'p50 us',
    'p99 us',
    'added p50 us',
    'added p99 us',
    'CPU us',
    'CPU / R',
    'requests/s / R',
    'others took',
  ];
  const measures = (samples: readonly Sample[]): readonly string[] => [
    spreadOf(samples, ({ perSecond }) => perSecond, 0),
    spreadOf(samples, ({ heard }) => heard.good.p50, 0),
    spreadOf(samples, ({ heard }) => heard.good.p99, 0),
  ];
  const rows = CONTENDERS.map(({ name }) => {
    const turns = of(name, at);
    const own = turns.map((turn) => turn.own);
    return [
      name,
      ...measures(own),
      ...(['p50', 'p99'] as const).map((part) => spreadOf(turns, (turn) => added(turn, 'own', part), 0)),
      spreadOf(own, ({ cpu }) => cpu, 1),
      spreadOf(turns, (turn) => turn.own.cpu / turn.r.cpu),
      spreadOf(turns, (turn) => turn.own.perSecond / turn.r.perSecond),
      `${Math.round(100 * median(own.map(({ others }) => others)))} %`,
    ];
  });
  const directs = CONTENDERS.flatMap(({ name }) => of(name, at).map(({ direct }) => direct));
  rows.unshift(['direct', ...measures(directs), '', '', spreadOf(directs, ({ cpu }) => cpu, 1), '', '', '']);
  return `At ${at} connection${at === 1 ? '' : 's'}:\n\n${table(head, rows)}`;
}
