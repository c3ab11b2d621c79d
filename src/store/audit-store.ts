/** Queries on the audit: rows are added and read, and removed when they are old. There is no query that changes one. */
import { listAudit, type AuditFilter, type AuditPage } from './audit-list.ts';
import { rememberStretches, stretchOf } from './audit-stretches.ts';
import type { AuditRow, AuditStretchRow, Database } from './tables.ts';
import { groupCommit, type Committed } from './group-commit.ts';
import { guarded } from './guard.ts';
import { insertTogether } from './insert-together.ts';
import { firstIdAt } from './sortable-id.ts';

export interface AuditStore {
  /** Resolves once they are durable. Rows that are there already are passed over, so that this can be repeated. */
  add(rows: readonly AuditRow[]): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter): Promise<AuditPage>;
  /** Removes at most so many of those that are older. @returns how many. */
  removeBefore(at: number, limit: number): Promise<number>;
}

const ENTRY = [
  'id',
  'at',
  'key_id',
  'action',
  'target',
  'customer_id',
  'provider',
  'request_id',
  'status',
  'outcome',
  'operation_id',
  'times',
] as const;
const STRETCH = ['named', 'value', 'stretch'] as const;

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openAuditStore(db: Database, committed?: Committed): AuditStore {
  const commit = groupCommit(db, committed);
  const stretches = rememberStretches();
  const insertEntries = insertTogether<AuditRow>(ENTRY, (rows) =>
    db
      .insertInto('audit')
      .values([...rows])
      .onConflict((conflict) => conflict.column('id').doNothing()),
  );
  const insertStretches = insertTogether<AuditStretchRow>(STRETCH, (rows) =>
    db
      .insertInto('audit_stretches')
      .values([...rows])
      .onConflict((conflict) => conflict.columns(STRETCH).doNothing()),
  );
  return {
    add: (rows) =>
      guarded(async () => {
        const lacking = stretches.lacking(rows);
        await commit(async (run) => {
          await insertStretches(run, lacking);
          await insertEntries(run, rows);
        });
        stretches.written(lacking);
      }),
    list: (filter) => guarded(() => listAudit(db, filter)),
    removeBefore: (at, limit) =>
      guarded(async () => {
        const end = firstIdAt(at);
        const old = db.selectFrom('audit').select('id').where('id', '<', end).orderBy('id').limit(limit);
        const { numDeletedRows } = await db.deleteFrom('audit').where('id', 'in', old).executeTakeFirst();
        const left = await old.clearLimit().limit(1).executeTakeFirst();
        await db
          .deleteFrom('audit_stretches')
          .where('stretch', '<', stretchOf(left?.id ?? end))
          .execute();
        return Number(numDeletedRows);
      }),
  };
}
