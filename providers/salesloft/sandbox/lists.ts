import type { Answer, Problem } from './errors.ts';
import { invalid } from './errors.ts';
import { BOOLEANS, isTrue } from './filters.ts';
import type { Filter } from './filters.ts';

/** What a list endpoint sorts and filters by. Filters stand under the literal query key, such as `ids[]`. */
export interface ListSpec<Row> {
  readonly sorts: Readonly<Record<string, (row: Row) => string | number | null>>;
  readonly filters: Readonly<Record<string, Filter<Row>>>;
  /** What a filter is asked where the query leaves it out. */
  readonly defaults?: Readonly<Record<string, string>>;
}

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

  const sorted = sortRows(kept, spec.sorts[sortBy] ?? (() => null), direction === 'DESC');
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

/** `NULLS LAST`, in both directions. */
function sortRows<Row extends { readonly id: number }>(
  rows: readonly Row[],
  key: (row: Row) => string | number | null,
  descending: boolean,
): Row[] {
  const side = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left !== null && right !== null) return side * (compare(left, right) || a.id - b.id);
    return left === right ? side * (a.id - b.id) : left === null ? 1 : -1;
  });
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
    const values = query.has(key) ? query.getAll(key) : [spec.defaults?.[key] ?? []].flat();
    if (values.length === 0) return [];
    const test = filter(values);
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
