/** Rows of a table, many in a statement that is compiled once: in a file the statement, and on a server the way to it, costs more than a row. */
import type { Compilable, CompiledQuery } from 'kysely';
import type { Run } from './group-commit.ts';

export type InsertTogether<R> = (run: Run, rows: readonly R[]) => Promise<void>;

/** In one statement. Fewer are inserted by powers of two, so that there are few texts. */
const MOST_ROWS = 128;

/** @param build the insertion of such rows, whatever their values */
export function insertTogether<R extends object>(
  columns: readonly (keyof R & string)[],
  build: (rows: readonly R[]) => Compilable,
): InsertTogether<R> {
  const bySize = new Map<number, CompiledQuery>();
  // Its values are replaced; its names say the order of the columns.
  const anyRow = Object.fromEntries(columns.map((column) => [column, column])) as R;
  const compile = (size: number): CompiledQuery => {
    const query = build(Array.from({ length: size }, () => anyRow)).compile();
    bySize.set(size, query);
    return query;
  };
  return async (run, rows) => {
    for (let from = 0; from < rows.length;) {
      const size = Math.min(MOST_ROWS, 2 ** Math.floor(Math.log2(rows.length - from)));
      const parameters: unknown[] = [];
      for (const row of rows.slice(from, from + size)) for (const column of columns) parameters.push(row[column]);
      const query = bySize.get(size) ?? compile(size);
      await run({ compile: () => ({ ...query, parameters }) });
      from += size;
    }
  };
}
