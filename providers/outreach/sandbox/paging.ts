import { EXPANSION_PARAMETERS } from './expansion.ts';
import { filtered, sorted } from './filters.ts';
import type { Collection } from './filters.ts';
import { flagOf, queryOf, refused } from './query.ts';
import type { Query } from './query.ts';
import type { OutreachWorld } from './worlds.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  readonly links: Readonly<Record<string, string | null>>;
  /** Only with `count=true`: applications registered after 2024-10-13 get no count unless they ask. */
  readonly meta?: { readonly count: number; readonly count_truncated: boolean };
}

const DEFAULT_SIZE = 50;
const MAX_SIZE = 1000;
const OWN_PARAMETERS: readonly string[] = ['page[size]', 'page[after]', 'page[before]', 'sort', 'count'];

/** One page, by cursor: https://developers.outreach.io/api/making-requests (pagination, filter and sort). */
export function pageOf<T extends { readonly id: number }>(
  collection: Collection<T>,
  url: URL,
  lastLink: OutreachWorld['last_link'],
): Page<T> {
  const query = queryOf(url);
  const size = pageSize(query.get('page[size]'));
  const rows = sorted(filtered(collection, filtersOf(query)), collection, query.get('sort'));
  const [from, to] = bounds(rows, size, query);
  const page = rows.slice(from, to);

  const none = lastLink === 'null' ? null : undefined;
  const first = page.at(0);
  const last = page.at(-1);
  const prev = first && from > 0 ? linkTo(url, { 'page[before]': cursorOf(first) }) : none;
  const next = last && to < rows.length ? linkTo(url, { 'page[after]': cursorOf(last) }) : none;
  return {
    rows: page,
    links: { first: linkTo(url, {}), ...(prev === undefined ? {} : { prev }), ...(next === undefined ? {} : { next }) },
    ...(flagOf(query, 'count') ? { meta: { count: rows.length, count_truncated: false } } : {}),
  };
}

const filtersOf = (query: Query): Query =>
  new Map([...query].filter(([name]) => !OWN_PARAMETERS.includes(name) && !EXPANSION_PARAMETERS.includes(name)));

function bounds(
  rows: readonly { readonly id: number }[],
  size: number,
  query: Query,
): readonly [from: number, to: number] {
  const after = query.get('page[after]');
  const before = query.get('page[before]');
  if (after !== undefined && before !== undefined)
    throw refused("'page[after]' and 'page[before]' exclude each other.");
  if (before !== undefined) {
    const to = positionOf(rows, before);
    return [Math.max(0, to - size), to];
  }
  const from = after === undefined ? 0 : positionOf(rows, after) + 1;
  return [from, Math.min(rows.length, from + size)];
}

const cursorOf = ({ id }: { readonly id: number }): string => Buffer.from(`id:${id}`).toString('base64url');

function positionOf(rows: readonly { readonly id: number }[], cursor: string): number {
  const position = rows.findIndex((row) => cursorOf(row) === cursor);
  if (position < 0) throw refused(`The cursor '${cursor}' is invalid.`);
  return position;
}

function pageSize(value: string | undefined): number {
  if (value === undefined) return DEFAULT_SIZE;
  const size = /^[1-9]\d*$/.test(value) ? Number(value) : 0;
  if (size < 1 || size > MAX_SIZE) throw refused(`'page[size]' must be an integer from 1 to ${MAX_SIZE}.`);
  return size;
}

function linkTo(url: URL, cursor: Readonly<Record<string, string>>): string {
  const link = new URL(url);
  link.searchParams.delete('page[after]');
  link.searchParams.delete('page[before]');
  for (const [name, value] of Object.entries(cursor)) link.searchParams.set(name, value);
  return link.href;
}
