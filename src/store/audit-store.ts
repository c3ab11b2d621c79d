/** Queries on the audit: rows are added and read, and removed when they are old. There is no query that changes one. */
import { compileOnce } from './compile-once.ts';
import type { Database } from './database.ts';
import { groupCommit, type Committed, type Run } from './group-commit.ts';
import { guarded } from './guard.ts';
import { firstIdAt } from './sortable-id.ts';
import type { AuditRow } from './tables.ts';

export interface AuditFilter {
  readonly customer_id?: string | undefined;
  readonly key_id?: string | undefined;
  readonly action?: string | undefined;
  /** Milliseconds since the epoch: from this one on, and before that one. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** An id: only what is older. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface AuditStore {
  /** Resolves once they are durable. Rows that are there already are passed over, so that this can be repeated. */
  add(rows: readonly AuditRow[]): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter): Promise<readonly AuditRow[]>;
  /** Removes at most so many of those that are older. @returns how many. */
  removeBefore(at: number, limit: number): Promise<number>;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openAuditStore(db: Database, committed?: Committed): AuditStore {
  const commit = groupCommit(db, committed);
  const insert = db.getExecutor().adapter.supportsMultipleConnections ? insertTogether(db) : insertEach(db);
  return {
    add: (rows) => guarded(() => commit((run) => insert(run, rows))),
    list: ({ since, until, before, limit, ...same }) =>
      guarded(() => {
        let query = db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit);
        for (const column of ['customer_id', 'key_id', 'action'] as const) {
          const value = same[column];
          if (value !== undefined) query = query.where(column, '=', value);
        }
        if (since !== undefined) query = query.where('id', '>=', firstIdAt(since));
        if (until !== undefined) query = query.where('id', '<', firstIdAt(until));
        if (before !== undefined) query = query.where('id', '<', before);
        return query.execute();
      }),
    removeBefore: (at, limit) =>
      guarded(async () => {
        const old = db.selectFrom('audit').select('id').where('id', '<', firstIdAt(at)).orderBy('id').limit(limit);
        const { numDeletedRows } = await db.deleteFrom('audit').where('id', 'in', old).executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
}

type Insert = (run: Run, rows: readonly AuditRow[]) => Promise<void>;

/** In a file: a statement of many rows costs more for each of them than one that is compiled once. */
function insertEach(db: Database): Insert {
  const insert = compileOnce((row: AuditRow) => insertion(db, [row]));
  return async (run, rows) => {
    for (const row of rows) await run(insert(row));
  };
}

const ROWS_AT_ONCE = 100;

/** On a server, to which each statement is a way. */
function insertTogether(db: Database): Insert {
  return async (run, rows) => {
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
      await run(insertion(db, rows.slice(from, from + ROWS_AT_ONCE)));
  };
}

function insertion(db: Database, rows: readonly AuditRow[]) {
  return db
    .insertInto('audit')
    .values([...rows])
    .onConflict((conflict) => conflict.column('id').doNothing());
}
