/** What is counted, as prom-client shows it: the numbers are made into its values at each scrape. */
import type { Counter, Registry } from 'prom-client';
import { METRICS, type MetricFacts, type MetricName } from './facts.ts';
import { openSpread, openTally, type Observed, type Series, type Spread, type Tally } from './tally.ts';

export interface Instruments {
  counter(name: MetricName): Tally;
  histogram(name: MetricName): Spread;
  /** Counters and gauges that somebody else keeps: asked at each scrape. */
  read(name: MetricName, value: () => number, labels?: readonly string[]): void;
  /** In the Prometheus text format 0.0.4, what Node tells of the process among it. */
  text(): Promise<string>;
}

export const CONTENT_TYPE: typeof Registry.PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function openInstruments(): Instruments {
  const shown: Counter[] = [];
  const show = (name: MetricName, valuesOf: () => readonly Value[]): void => void shown.push(metricOf(name, valuesOf));
  return {
    counter: (name) => {
      const { labels } = METRICS[name];
      const tally = openTally(labels.length);
      if (labels.length === 0) tally.begin();
      show(name, () => tally.series().map((each) => valueOf(labels, each)));
      return tally;
    },
    histogram: (name) => {
      const { labels, buckets = [] }: MetricFacts = METRICS[name];
      const spread = openSpread(labels.length === 0 ? 0 : 1, buckets);
      show(name, () => spread.series().flatMap((each) => bucketsOf(name, labels, buckets, each)));
      return spread;
    },
    read: (name, value, labels = []) => {
      show(name, () => [valueOf(METRICS[name].labels, { labels, value: value() })]);
    },
    text: async () => {
      const { textOf } = await import('./scrape.ts');
      return textOf(shown);
    },
  };
}

interface Value {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A registry asks a metric for its name, and at each scrape for its values; its own classes would count by themselves. */
function metricOf(name: MetricName, valuesOf: () => readonly Value[]): Counter {
  const { kind: type, help } = METRICS[name];
  const get = () => Promise.resolve({ name, help, type, aggregator: 'sum', values: valuesOf() });
  return { name, help, type, get } as unknown as Counter;
}

function valueOf(names: readonly string[], { labels, value }: Series<number>): Value {
  return { labels: named(names, labels), value };
}

/** Each bucket holds those below it too. */
function bucketsOf(
  name: MetricName,
  names: readonly string[],
  bounds: readonly number[],
  { labels, value: { counts, sum } }: Series<Observed>,
): readonly Value[] {
  const own = named(names, labels);
  let below = 0;
  const buckets = counts.map((count, index) => {
    below += count;
    return { metricName: `${name}_bucket`, labels: { le: bounds[index] ?? '+Inf', ...own }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: own, value: sum },
    { metricName: `${name}_count`, labels: own, value: below },
  ];
}

function named(names: readonly string[], labels: Series<unknown>['labels']): Readonly<Record<string, string | number>> {
  return Object.fromEntries(names.map((name, index) => [name, labels[index] ?? '']));
}
