import { unprocessable, validationError } from './refusals.ts';
import type { OutreachWorld } from './worlds.ts';

/** How an attribute is compared. Times are compared as instants, so that `2017-01-01` is its midnight in UTC. */
type Kind = 'text' | 'number' | 'time';

export interface Field<T> {
  readonly kind: Kind;
  readonly of: (row: T) => string | number | null;
}

export interface Collection<T> {
  readonly rows: readonly T[];
  /** By the name between `filter` and `=`, such as `[sequence][id]`. */
  readonly filters: Readonly<Record<string, Field<T>>>;
  readonly sorts: Readonly<Record<string, Field<T>>>;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly links: Readonly<Record<string, string | null>>;
  /** Only with `count=true`: applications registered after 2024-10-13 get no count unless they ask. */
  readonly meta?: { readonly count: number; readonly count_truncated: boolean };
}

const DEFAULT_SIZE = 50;
const MAX_SIZE = 1000;

/**
 * One page, by cursor: https://developers.outreach.io/api/making-requests (pagination, filter and sort). What Outreach
 * does with an unknown or malformed parameter is not documented; its OpenAPI document gives lists 422 beside 200.
 * `include`, `fields`, `newFilterSyntax` and the deprecated `page[offset]` exist there and are not served here.
 */
export function pageOf<T extends { readonly id: number }>(
  collection: Collection<T>,
  url: URL,
  lastLink: OutreachWorld['last_link'],
): Page<T> {
  const query = singleValues(url);
  const size = pageSize(query.get('page[size]'));
  const rows = sorted(filtered(collection, query), collection, query.get('sort'));
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
    ...(wantsCount(query.get('count')) ? { meta: { count: rows.length, count_truncated: false } } : {}),
  };
}

/** Refuses the parameters of a request that takes none; `include` on a create has been refused since May 2023. */
export function refuseQuery(url: URL): void {
  const [name] = url.searchParams.keys();
  if (name !== undefined) throw refused(`The parameter '${name}' is not served here.`);
}

function singleValues(url: URL): ReadonlyMap<string, string> {
  const names = [...url.searchParams.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refused(`The parameter '${twice}' is given more than once.`);
  return new Map(url.searchParams);
}

const OWN_PARAMETERS: readonly string[] = ['page[size]', 'page[after]', 'page[before]', 'sort', 'count'];

function filtered<T>({ rows, filters }: Collection<T>, query: ReadonlyMap<string, string>): readonly T[] {
  const asked = [...query].filter(([name]) => !OWN_PARAMETERS.includes(name));
  const tests = asked.map(([name, value]) => {
    const field = name.startsWith('filter[') ? own(filters, name.slice('filter'.length)) : undefined;
    if (!field) throw refused(`The parameter '${name}' is not served here.`);
    return predicate(field, name, value);
  });
  return rows.filter((row) => tests.every((test) => test(row)));
}

/** `v`, `a,b`, `a..b`, `a..inf`, `neginf..b`; ranges are inclusive. */
function predicate<T>(field: Field<T>, name: string, value: string): (row: T) => boolean {
  const operand = (text: string): string | number => {
    const key = sortKey(field.kind, text);
    if (text === '' || Number.isNaN(key)) throw refused(`The value '${value}' of '${name}' is invalid.`);
    return key;
  };
  const keyOf = (row: T): string | number | null => {
    const raw = field.of(row);
    return raw === null ? null : sortKey(field.kind, String(raw));
  };
  const [low, high, ...rest] = value.split('..');
  if (low !== undefined && high !== undefined && rest.length === 0) {
    const floor = low === 'neginf' ? null : operand(low);
    const ceiling = high === 'inf' ? null : operand(high);
    return (row) => {
      const key = keyOf(row);
      return key !== null && (floor === null || key >= floor) && (ceiling === null || key <= ceiling);
    };
  }
  const wanted = value.split(',').map(operand);
  return (row) => {
    const key = keyOf(row);
    return key !== null && wanted.includes(key);
  };
}

function sorted<T extends { readonly id: number }>(
  rows: readonly T[],
  { sorts }: Collection<T>,
  sort: string | undefined,
): readonly T[] {
  if (sort === undefined) return rows;
  const keys = sort.split(',').map((part) => {
    const name = part.replace(/^-/, '');
    const field = own(sorts, name);
    if (!field) throw refused(`'${name}' is not a sortable attribute.`);
    return { field, sign: part.startsWith('-') ? -1 : 1 };
  });
  const compare = (a: T, b: T): number => {
    for (const { field, sign } of keys) {
      const order = compareValues(field, field.of(a), field.of(b));
      if (order !== 0) return sign * order;
    }
    return a.id - b.id;
  };
  return rows.toSorted(compare);
}

function compareValues<T>(field: Field<T>, a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const [left, right] = [sortKey(field.kind, String(a)), sortKey(field.kind, String(b))];
  return left < right ? -1 : Number(left > right);
}

const sortKey = (kind: Kind, text: string): string | number =>
  kind === 'text' ? text : kind === 'number' ? Number(text) : Date.parse(text);

/** Object keys such as `constructor` come from outside and must not find what every object inherits. */
const own = <V>(record: Readonly<Record<string, V>>, key: string): V | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

function bounds(
  rows: readonly { readonly id: number }[],
  size: number,
  query: ReadonlyMap<string, string>,
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

function wantsCount(value: string | undefined): boolean {
  if (value !== undefined && value !== 'true' && value !== 'false') throw refused("'count' must be true or false.");
  return value === 'true';
}

function linkTo(url: URL, cursor: Readonly<Record<string, string>>): string {
  const link = new URL(url);
  link.searchParams.delete('page[after]');
  link.searchParams.delete('page[before]');
  for (const [name, value] of Object.entries(cursor)) link.searchParams.set(name, value);
  return link.href;
}

const refused = (detail: string) => unprocessable(validationError(detail));
