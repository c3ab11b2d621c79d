/** Lists in pages: what a caller asks for, and the envelope that every list answers with. */
import { ProblemError } from '../model/problem.ts';
import { FILTERS, largestPage, type Page } from '../model/reading.ts';
import { decodeCursor, encodeCursor, type ListAsked } from './cursor.ts';
import type { Filters } from './schemas.ts';
import type { Tenant } from './tenant.ts';

const DEFAULT_PAGE_SIZE = 25;

/** Where in which list. */
export interface Place extends ListAsked {
  /** The provider's own; absent for the first page. */
  readonly cursor?: string | undefined;
}

interface PagedOperation {
  readonly max_page_size: number;
  /** What a place in the provider's list looks like. */
  readonly cursor: RegExp;
}

interface PageQuery extends Filters {
  readonly page_size?: string | undefined;
  readonly cursor?: string | undefined;
}

/**
 * A page size and filters that are left out beside a cursor are those that it was given for.
 * @throws {ProblemError} 400 for a cursor that this list did not give, or gave for another page size or filter.
 */
export function readPlace(
  { provider, customer_id }: Tenant,
  resource: 'sequences' | 'templates',
  operation: PagedOperation,
  { page_size, cursor, ...query }: PageQuery,
): Place {
  const largest = largestPage(operation);
  const size = page_size === undefined ? undefined : Number(page_size);
  if (size !== undefined && size > largest) {
    const detail = `page_size: ${provider.title} gives at most ${largest} ${resource} on a page.`;
    throw new ProblemError({ code: 'INVALID_QUERY', detail, parameter: 'page_size' });
  }
  const list = [provider.name, customer_id, resource];
  const filters = filtersOf(query);
  if (cursor === undefined) return { list, size: size ?? Math.min(DEFAULT_PAGE_SIZE, largest), filters };
  const position = decodeCursor(cursor);
  if (
    !position ||
    String(position.list) !== String(list) ||
    position.size > largest ||
    !operation.cursor.test(position.place)
  ) {
    const detail = `This cursor does not come from this customer's list of the ${resource} of ${provider.title}. Take it from pagination.next or pagination.previous, unchanged.`;
    throw new ProblemError({ code: 'INVALID_CURSOR', detail, parameter: 'cursor' });
  }
  const asked = { ...(size === undefined ? {} : { page_size: size }), ...filters };
  requireSame(asked, { page_size: position.size, ...position.filters });
  return { list, size: position.size, filters: position.filters, cursor: position.place };
}

/** In one order and without what is absent, so that the same list has the same cursor. */
function filtersOf(query: Filters): Filters {
  return Object.fromEntries(
    FILTERS.flatMap((filter) => (query[filter] === undefined ? [] : [[filter, query[filter]]])),
  );
}

type Cut = Readonly<Record<string, string | number | undefined>>;

/** @throws {ProblemError} 400: the place means another record where the list is cut or filtered in another way. */
function requireSame(asked: Cut, was: Cut): void {
  const other = Object.keys(asked).find((name) => asked[name] !== was[name]);
  if (other === undefined) return;
  const had = was[other] === undefined ? `without ${other}` : `with ${other}=${was[other]}`;
  const detail = `This cursor continues a list ${had}. Repeat that or leave ${other} out; for another list start without a cursor.`;
  throw new ProblemError({ code: 'INVALID_CURSOR', detail, parameter: 'cursor' });
}

export function pageOf(asked: ListAsked, { next, previous, total_count }: Page<unknown>, records: readonly unknown[]) {
  const shown = (place: string | undefined): string | null => (place === undefined ? null : encodeCursor(asked, place));
  return envelope({ next: shown(next), previous: shown(previous), total_count }, records);
}

/** A list that is always whole. */
export function onePage(records: readonly unknown[]) {
  return envelope({ next: null, previous: null, total_count: records.length }, records);
}

/** Lists of the gateway's own: a page ends with the id that the next one begins behind. */
export const keyset = {
  read: ({ page_size, cursor }: { readonly page_size?: string | undefined; readonly cursor?: string | undefined }) => ({
    size: page_size === undefined ? DEFAULT_PAGE_SIZE : Number(page_size),
    before: cursor,
  }),
  /**
   * @param rows one more than fit on the page, where there are more.
   * @param rest where to go on if there are not, although there may be.
   */
  page: <T extends { readonly id: string }>(
    rows: readonly T[],
    size: number,
    shown: (row: T) => object,
    rest: string | null = null,
  ) => {
    const page = rows.slice(0, size);
    const next = rows.length > size ? (page.at(-1)?.id ?? null) : rest;
    return envelope({ next, previous: null, total_count: undefined }, page.map(shown));
  },
};

interface Pagination {
  readonly next: string | null;
  readonly previous: string | null;
  readonly total_count: number | undefined;
}

function envelope({ total_count, ...places }: Pagination, records: readonly unknown[]) {
  return { pagination: { ...places, ...(total_count === undefined ? {} : { total_count }) }, records };
}
