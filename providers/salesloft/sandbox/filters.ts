/** The values of one query key become a test of a row, or the message why they cannot. */
export type Filter<Row> = (values: readonly string[]) => ((row: Row) => boolean) | string;

export const BOOLEANS: readonly string[] = ['true', 'false', '1', '0'];

export function isTrue(value: string): boolean {
  return value === 'true' || value === '1';
}

/** Rows whose number is among the values. */
export function among<Row>(read: (row: Row) => number): Filter<Row> {
  return (values) => {
    if (!values.every((value) => /^\d{1,15}$/.test(value))) return 'must be an integer';
    const wanted = new Set(values.map(Number));
    return (row) => wanted.has(read(row));
  };
}

/** Rows whose text is among the values; with `allowed`, any other value is refused. */
export function amongTexts<Row>(read: (row: Row) => string, allowed?: readonly string[]): Filter<Row> {
  return (values) => {
    if (allowed && !values.every((value) => allowed.includes(value))) return `must be one of ${allowed.join(', ')}`;
    return (row) => values.includes(read(row));
  };
}

/** Rows for which `read` says what the flag says. */
export function flag<Row>(read: (row: Row) => boolean): Filter<Row> {
  return decided((row, set) => read(row) === set);
}

/** Rows for which `read` holds are left out where the flag is set. */
export function hiddenIf<Row>(read: (row: Row) => boolean): Filter<Row> {
  return decided((row, set) => !(set && read(row)));
}

/** Rows for which `read` holds are left out where the flag is not set. */
export function hiddenUnless<Row>(read: (row: Row) => boolean): Filter<Row> {
  return decided((row, set) => set || !read(row));
}

/** Rows of which one text holds the value, whatever the case of the letters. */
export function containing<Row>(read: (row: Row) => readonly string[]): Filter<Row> {
  return (values) => {
    const wanted = (values.at(-1) ?? '').toLowerCase();
    return (row) => read(row).some((text) => text.toLowerCase().includes(wanted));
  };
}

/** A filter that takes one value: the last one given. */
export function last<Row>(filter: Filter<Row>): Filter<Row> {
  return (values) => filter(values.slice(-1));
}

/** A filter that takes no more than so many values. */
export function atMost<Row>(most: number, filter: Filter<Row>): Filter<Row> {
  return (values) => (values.length > most ? `must not exceed ${most} values` : filter(values));
}

/** The literal keys `name[gt]`, `[gte]`, `[lt]`, `[lte]` with ISO 8601 values. */
export function timeRange<Row>(name: string, read: (row: Row) => number): Record<string, Filter<Row>> {
  const filters = Object.entries(RANGES).map(([word, holds]): [string, Filter<Row>] => [
    `${name}[${word}]`,
    (values) => {
      const limit = ISO_TIME.test(values.at(-1) ?? '') ? Date.parse(values.at(-1) ?? '') : NaN;
      return Number.isNaN(limit) ? 'must be an ISO 8601 time' : (row) => holds(read(row), limit);
    },
  ]);
  return Object.fromEntries(filters);
}

/** A documented filter whose meaning is not known well enough: better refused aloud than ignored. */
export function notModelled(): string {
  return 'is not modelled by the sandbox';
}

const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/;
const RANGES: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  gt: (value, limit) => value > limit,
  gte: (value, limit) => value >= limit,
  lt: (value, limit) => value < limit,
  lte: (value, limit) => value <= limit,
};

function decided<Row>(keeps: (row: Row, set: boolean) => boolean): Filter<Row> {
  return (values) => {
    const value = values.at(-1) ?? '';
    if (!BOOLEANS.includes(value)) return 'must be true or false';
    return (row) => keeps(row, isTrue(value));
  };
}
