import type { Answer, Problem } from './errors.ts';
import { invalid } from './errors.ts';

/** What a list endpoint sorts and filters by. Filters stand under the literal query key, such as `ids[]`. */
export interface ListSpec<Row> {
  readonly sorts: Readonly<Record<string, (row: Row) => string | number>>;
  readonly filters: Readonly<Record<string, Filter<Row>>>;
}

/** The values of one query key become a test of a row, or the message why they cannot. */
export type Filter<Row> = (values: readonly string[]) => ((row: Row) => boolean) | string;

/**
 * One page of `rows`. Unknown query keys are ignored, out-of-range `page` and `per_page` are corrected in silence,
 * other wrong values are 422.
 * https://developers.salesloft.com/docs/platform/api-basics/filtering-paging-sorting
 */
export function listRows<Row extends { readonly id: number }>(
  rows: readonly Row[],
  url: string,
  spec: ListSpec<Row>,
  view: (row: Row) => object,
): Answer {
  const query = new URL(url).searchParams;
  const problems: Problem[] = [];
  const page = Math.max(1, readInteger(query, 'page', 1, problems));
  const perPage = Math.min(100, Math.max(1, readInteger(query, 'per_page', 25, problems)));
  const counted = readChoice(query, 'include_paging_counts', BOOLEANS, 'false', problems);
  readChoice(query, 'limit_paging_counts', BOOLEANS, 'false', problems);
  const sortBy = readChoice(query, 'sort_by', Object.keys(spec.sorts), 'updated_at', problems);
  const direction = readChoice(query, 'sort_direction', ['ASC', 'DESC'], 'DESC', problems);
  const kept = filterRows(rows, query, spec, problems);
  if (problems.length > 0) return invalid(problems);

  const key = spec.sorts[sortBy] ?? (() => 0);
  const sorted = kept.toSorted((a, b) => compare(key(a), key(b)) || a.id - b.id);
  if (direction === 'DESC') sorted.reverse();
  const last = Math.max(1, Math.ceil(sorted.length / perPage));
  const counts = { total_pages: last, total_count: sorted.length };
  const paging = {
    per_page: perPage,
    current_page: page,
    next_page: page < last ? page + 1 : null,
    prev_page: page > 1 ? page - 1 : null,
    ...(isTrue(counted) ? counts : {}),
  };
  const sorting = { sort_by: sortBy, sort_direction: `${direction} NULLS LAST` };
  const data = sorted.slice((page - 1) * perPage, page * perPage).map(view);
  return { status: 200, body: { metadata: { filtering: {}, paging, sorting }, data } };
}

/**
 * The cost of a call rises with the page it asks for.
 * https://developers.salesloft.com/docs/platform/api-basics/rate-limits
 */
export function callCost(url: string): number {
  const page = Number(new URL(url).searchParams.getAll('page').at(-1) ?? 1);
  if (!(page > 100)) return 1;
  if (page <= 150) return 3;
  if (page <= 250) return 8;
  return page <= 500 ? 10 : 30;
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

export function flag<Row>(read: (row: Row) => boolean): Filter<Row> {
  return (values) => {
    const value = values.at(-1) ?? '';
    if (!BOOLEANS.includes(value)) return 'must be true or false';
    return (row) => read(row) === isTrue(value);
  };
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

const BOOLEANS: readonly string[] = ['true', 'false', '1', '0'];
const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/;
const RANGES: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  gt: (value, limit) => value > limit,
  gte: (value, limit) => value >= limit,
  lt: (value, limit) => value < limit,
  lte: (value, limit) => value <= limit,
};

function isTrue(value: string): boolean {
  return value === 'true' || value === '1';
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function filterRows<Row>(
  rows: readonly Row[],
  query: URLSearchParams,
  spec: ListSpec<Row>,
  problems: Problem[],
): Row[] {
  const tests = Object.entries(spec.filters).flatMap(([key, filter]) => {
    if (!query.has(key)) return [];
    const test = filter(query.getAll(key));
    if (typeof test !== 'string') return [test];
    problems.push([key, test]);
    return [];
  });
  return rows.filter((row) => tests.every((test) => test(row)));
}

function readInteger(query: URLSearchParams, key: string, fallback: number, problems: Problem[]): number {
  const value = query.getAll(key).at(-1);
  if (value === undefined) return fallback;
  if (!/^-?\d{1,15}$/.test(value)) problems.push([key, 'must be an integer']);
  return Number(value);
}

function readChoice(
  query: URLSearchParams,
  key: string,
  choices: readonly string[],
  fallback: string,
  problems: Problem[],
): string {
  const value = query.getAll(key).at(-1) ?? fallback;
  if (!choices.includes(value)) problems.push([key, `must be one of ${choices.join(', ')}`]);
  return value;
}
