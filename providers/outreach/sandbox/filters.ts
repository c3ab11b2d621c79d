import { own, refused } from './query.ts';
import type { Query } from './query.ts';

/** How an attribute is compared. Times are compared as instants, so that `2017-01-01` is its midnight in UTC. */
type Kind = 'text' | 'number' | 'time';
type Value = string | number | null;

export interface Field<T> {
  readonly kind: Kind;
  readonly of: (row: T) => Value;
}

export interface Collection<T> {
  readonly rows: readonly T[];
  /** By the name between `filter` and `=`, such as `[sequence][id]`. */
  readonly filters: Readonly<Record<string, Field<T>>>;
  readonly sorts: Readonly<Record<string, Field<T>>>;
}

export const text = <T>(of: Field<T>['of']): Field<T> => ({ kind: 'text', of });
export const number = <T>(of: Field<T>['of']): Field<T> => ({ kind: 'number', of });
export const time = <T>(of: Field<T>['of']): Field<T> => ({ kind: 'time', of });

/** The same fields by the names that filters have. */
export const inBrackets = <T>(fields: Readonly<Record<string, Field<T>>>): Record<string, Field<T>> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [`[${name}]`, field]));

/** The counters that sequences and templates can be filtered and sorted by; all are 0 here. */
export const counterFields = <T>(): Readonly<Record<string, Field<T>>> =>
  Object.fromEntries(['clickCount', 'deliverCount', 'openCount', 'replyCount'].map((name) => [name, number(() => 0)]));

/** The rows that every `filter[...]` of the query lets through. */
export function filtered<T>({ rows, filters }: Collection<T>, query: Query): readonly T[] {
  const tests = [...query].map(([name, value]) => {
    const field = name.startsWith('filter[') ? own(filters, name.slice('filter'.length)) : undefined;
    if (!field) throw refused(`The parameter '${name}' is not served here.`);
    return predicate(field, name, value);
  });
  return rows.filter((row) => tests.every((test) => test(row)));
}

/** The rows in the order of `sort`, such as `order,-updatedAt`. */
export function sorted<T extends { readonly id: number }>(
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

/** `v`, `a,b`, `a..b`, `a..inf`, `neginf..b`, `__null__`, `__notnull__`; ranges are inclusive. */
function predicate<T>(field: Field<T>, name: string, value: string): (row: T) => boolean {
  const operand = (part: string): string | number => {
    const key = sortKey(field.kind, part);
    if (part === '' || Number.isNaN(key)) throw refused(`The value '${value}' of '${name}' is invalid.`);
    return key;
  };
  const keyOf = (row: T): Value => {
    const raw = field.of(row);
    return raw === null ? null : sortKey(field.kind, String(raw));
  };
  if (value === '__null__') return (row) => keyOf(row) === null;
  if (value === '__notnull__') return (row) => keyOf(row) !== null;
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

function compareValues<T>(field: Field<T>, a: Value, b: Value): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const [left, right] = [sortKey(field.kind, String(a)), sortKey(field.kind, String(b))];
  return left < right ? -1 : Number(left > right);
}

const sortKey = (kind: Kind, part: string): string | number =>
  kind === 'text' ? part : kind === 'number' ? Number(part) : Date.parse(part);
