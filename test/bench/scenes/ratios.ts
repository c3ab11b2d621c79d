/** CPU for each request, throughput and added latency at 1, 32 and 256 connections, of one contender after the other. */
import { BARE_HONO, CONTENDERS, EXPRESS, LEAN_EXPRESS, R, STEPGATE, type Contender } from '../contenders.ts';
import { median, spread, spreadOf, table } from '../figures.ts';
import { requireClean, sample, warm, type Bench, type Sample } from '../measure.ts';
import type { Figure, Scene } from './scene.ts';

const AT = [1, 32, 256] as const;
type Connections = (typeof AT)[number];
type Round = Readonly<Record<Connections, Sample>>;

export const ratios: Scene = async (bench) => {
  const rounds = new Map<string, Round[]>([
    ['direct', []],
    ...CONTENDERS.map(({ name }): [string, Round[]] => [name, []]),
  ]);
  for (let round = 0; round < bench.settings.rounds; round += 1) {
    rounds.get('direct')?.push(await measureDirect(bench));
    const order = round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed();
    for (const contender of order) rounds.get(contender.name)?.push(await measureOne(bench, contender));
  }
  const all = (name: string): readonly Round[] => rounds.get(name) ?? [];
  /** Of one round with R of the same. */
  const against = (name: string, of: (round: Round, index: number) => number, other = R.name): readonly number[] =>
    all(name).map((round, index) => of(round, index) / of(all(other)[index] ?? round, index));
  const added = (round: Round, index: number): number =>
    round[1].heard.good.p50 - (all('direct')[index]?.[1].heard.good.p50 ?? 0);
  const cpu32 = against(STEPGATE.name, (round) => round[32].cpu);
  const cpu256 = against(STEPGATE.name, (round) => round[256].cpu);
  const express = against(EXPRESS, (round) => round[32].cpu, STEPGATE.name);
  const lean = against(LEAN_EXPRESS, (round) => round[32].cpu, STEPGATE.name);
  const bare = against(STEPGATE.name, (round) => round[32].cpu, BARE_HONO);
  const latency = against(STEPGATE.name, added);
  const tail = all(STEPGATE.name).map((round) => round[32].heard.good.p99 / round[32].heard.good.p50);
  const atMost = (what: string, values: readonly number[], limit: number, unit: string): Figure => ({
    ...{
      what,
      target: `at most ${limit}${unit}`,
      measured: `${spread(values)}${unit}`,
      isMet: median(values) <= limit,
    },
  });
  return {
    title: 'A create of one call',
    figures: [
      atMost('CPU a request at 32 connections', cpu32, 2, ' R'),
      atMost('CPU a request at 256 connections', cpu256, 1.8, ' R'),
      atMost('CPU a request at 32, against the bare hono route', bare, 1, ' x'),
      {
        ...{ what: `CPU of ${EXPRESS} against it, at 32`, target: 'at least 8 x' },
        ...{ measured: `${spread(express)} x`, isMet: median(express) >= 8 },
      },
      { what: `CPU of ${LEAN_EXPRESS} against it, at 32`, measured: `${spread(lean)} x` },
      atMost("added p50 at 1 connection, against R's", latency, 1.4, ' x'),
      atMost('p99 / p50 at 32 connections', tail, 5, ''),
    ],
    detail: AT.map((at) => detailAt(at, all, against)).join('\n\n'),
  };
};

async function measureOne(bench: Bench, contender: Contender): Promise<Round> {
  const running = await contender.start(bench.upstream.url);
  try {
    await warm(bench, [running], contender.asked);
    const round: Partial<Record<Connections, Sample>> = {};
    for (const connections of AT) {
      const order = { ...contender.asked, connections, seconds: bench.settings.seconds };
      const measured = await sample(bench, [running], order);
      requireClean(measured, `${contender.name} at ${connections}`);
      round[connections] = measured;
    }
    return round as Round;
  } finally {
    await running.stop();
  }
}

async function measureDirect(bench: Bench): Promise<Round> {
  const { upstream } = bench;
  const direct = { url: upstream.url, process: upstream.process, stop: () => Promise.resolve() };
  return measureOne(bench, { ...R, name: 'direct', start: () => Promise.resolve(direct) });
}

function detailAt(
  at: Connections,
  all: (name: string) => readonly Round[],
  against: (name: string, of: (round: Round) => number) => readonly number[],
): string {
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
  const names = ['direct', ...CONTENDERS.map(({ name }) => name)];
  const rows = names.map((name) => {
    const samples = all(name).map((round) => round[at]);
    const directs = all('direct').map((round) => round[at].heard.good);
    const added = (part: 'p50' | 'p99'): readonly number[] =>
      samples.map(({ heard }, index) => heard.good[part] - (directs[index]?.[part] ?? 0));
    return [
      name,
      spreadOf(samples, ({ perSecond }) => perSecond, 0),
      spreadOf(samples, ({ heard }) => heard.good.p50, 0),
      spreadOf(samples, ({ heard }) => heard.good.p99, 0),
      ...(['p50', 'p99'] as const).map((part) => (name === 'direct' ? '' : spread(added(part), 0))),
      spreadOf(samples, ({ cpu }) => cpu, 1),
      spread(against(name, (round) => round[at].cpu)),
      spread(against(name, (round) => round[at].perSecond)),
      `${Math.round(100 * median(samples.map(({ others }) => others)))} %`,
    ];
  });
  return `At ${at} connection${at === 1 ? '' : 's'}:\n\n${table(head, rows)}`;
}
