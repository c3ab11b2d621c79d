/**
 * Cursors are opaque to a caller. A provider's place in a list, such as the number of a page, means something only in the
 * list that it was given for: the cursor says which list that was, so that it never skips the records of another one.
 */
import { z } from 'zod';
import { filterQuery, type Filters } from './schemas.ts';

/** Which list: whose, of what, cut and filtered how. */
export interface ListAsked {
  /** Provider, customer and resource. */
  readonly list: readonly string[];
  readonly size: number;
  readonly filters: Filters;
}

export interface Position extends ListAsked {
  /** The provider's own place in its list. */
  readonly place: string;
}

/** Anybody can write a cursor: what it says is checked like any other input. */
const position = z.strictObject({
  list: z.array(z.string()),
  size: z.int().positive(),
  filters: z.strictObject(filterQuery.shape),
  place: z.string(),
});

export function encodeCursor({ list, size, filters }: ListAsked, place: string): string {
  return Buffer.from(JSON.stringify({ list, size, filters, place })).toString('base64url');
}

/** Undefined for what `encodeCursor` does not write, to the letter. */
export function decodeCursor(cursor: string): Position | undefined {
  const { data } = position.safeParse(parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  return data !== undefined && encodeCursor(data, data.place) === cursor ? data : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
