/** Queries on the audit: rows are added and read, and removed when they are old. There is no query that changes one. */
import type { Database } from './database.ts';
import { groupCommit, type Committed } from './group-commit.ts';
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
  return {
    add: (rows) =>
      guarded(() =>
        commit(async (transaction) => {
          await transaction
            .insertInto('audit')
            .values([...rows])
            .onConflict((conflict) => conflict.column('id').doNothing())
            .execute();
        }),
      ),
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
