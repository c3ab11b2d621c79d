/** Lists in pages: what a caller asks for, and the envelope that every list answers with. */
import type { NamedProvider } from '../model/declaration.ts';
import type { Page } from '../model/reading.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const DEFAULT_PAGE_SIZE = 25;

export interface Place {
  readonly size: number;
  readonly cursor?: string | undefined;
}

/** @throws {ProblemError} 400 for a cursor that this list did not give. */
export function readPlace(
  { name }: NamedProvider,
  operation: { readonly max_page_size: number; readonly cursor: RegExp },
  { page_size: size, cursor }: { readonly page_size?: string | undefined; readonly cursor?: string | undefined },
): Place {
  return {
    size: Math.min(Number(size ?? DEFAULT_PAGE_SIZE), operation.max_page_size),
    cursor: cursor === undefined ? undefined : decodeCursor(cursor, name, operation.cursor),
  };
}

export function pageOf(
  { name }: NamedProvider,
  { next, previous, total_count }: Page<unknown>,
  records: readonly unknown[],
) {
  const shown = (at: string | undefined): string | null => (at === undefined ? null : encodeCursor(name, at));
  const pagination = {
    next: shown(next),
    previous: shown(previous),
    ...(total_count === undefined ? {} : { total_count }),
  };
  return { pagination, records };
}
