/**
 * What is counted, as plain numbers. A request counts about ten times: prom-client puts the labels into one string at each,
 * which costs ten times as much as these maps. It is only asked when somebody scrapes.
 */

export type Label = string | number;

export interface Series<T> {
  readonly labels: readonly Label[];
  readonly value: T;
}

/** A counter with up to three labels. */
export interface Tally {
  count(a?: Label, b?: Label, c?: Label): void;
  /** Shows it as 0 before anything was counted: an alert sees no rise in a series that begins with 1. */
  begin(a?: Label, b?: Label, c?: Label): void;
  series(): readonly Series<number>[];
}

/** A histogram with up to one label. */
export interface Spread {
  observe(value: number, label?: Label): void;
  series(): readonly Series<Observed>[];
}

export interface Observed {
  readonly sum: number;
  /** How many were not above each bound and above the one before; the last are above all. */
  readonly counts: readonly number[];
}

interface Cell {
  value: number;
}

export function openTally(depth: number): Tally {
  const cells = new Map<Label, Map<Label, Map<Label, Cell>>>();
  const cellOf = (a: Label = '', b: Label = '', c: Label = ''): Cell => {
    const second = cells.get(a) ?? grown(cells, a, new Map<Label, Map<Label, Cell>>());
    const third = second.get(b) ?? grown(second, b, new Map<Label, Cell>());
    return third.get(c) ?? grown(third, c, { value: 0 });
  };
  return {
    count: (a, b, c) => {
      cellOf(a, b, c).value += 1;
    },
    begin: cellOf,
    series: () =>
      [...cells].flatMap(([a, second]) =>
        [...second].flatMap(([b, third]) =>
          [...third].map(([c, { value }]) => ({ labels: [a, b, c].slice(0, depth), value })),
        ),
      ),
  };
}

export function openSpread(depth: 0 | 1, bounds: readonly number[]): Spread {
  const cells = new Map<Label, { sum: number; readonly counts: number[] }>();
  const begin = (label: Label) => grown(cells, label, { sum: 0, counts: new Array<number>(bounds.length + 1).fill(0) });
  if (depth === 0) begin('');
  return {
    observe: (value, label = '') => {
      const cell = cells.get(label) ?? begin(label);
      let index = 0;
      while (value > (bounds[index] ?? Infinity)) index += 1;
      cell.counts[index] = (cell.counts[index] ?? 0) + 1;
      cell.sum += value;
    },
    series: () => [...cells].map(([label, value]) => ({ labels: depth === 0 ? [] : [label], value })),
  };
}

function grown<V>(map: Map<Label, V>, key: Label, value: V): V {
  map.set(key, value);
  return value;
}
