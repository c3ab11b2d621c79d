import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { auditTable } from './0006-audit.ts';

/**
 * See `audit-stretches.ts`. In a file the entries are kept in the order of their ids, so that a stretch is read from its beginning to
 * its end. What an older process adds afterwards is in the whole list alone: it writes no stretches.
 */
export const auditStretches: Migration = {
  up: async (db: Kysely<unknown>) => {
    const isFile = !db.getExecutor().adapter.supportsMultipleConnections;
    const layout = isFile ? sql`without rowid` : sql``;
    await db.schema.dropIndex('audit_customer').execute();
    await db.schema.dropIndex('audit_key').execute();
    if (isFile) await inOrder(db);
    await db.schema
      .createTable('audit_stretches')
      .addColumn('named', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('stretch', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('audit_stretches_key', ['named', 'value', 'stretch'])
      .modifyEnd(layout)
      .execute();
    for (const named of ['customer_id', 'action', 'key_id'])
      await sql`
        insert into audit_stretches (named, value, stretch)
        select distinct ${sql.lit(named)}, ${sql.ref(named)}, substr(id, 1, 10) from audit
        where ${sql.ref(named)} is not null order by 2, 3
      `.execute(db);
    await db.schema.createIndex('audit_stretches_age').on('audit_stretches').column('stretch').execute();
  },
};

async function inOrder(db: Kysely<unknown>): Promise<void> {
  await sql`alter table audit rename to audit_before`.execute(db);
  await auditTable(db)
    .addColumn('times', 'integer', (column) => column.notNull().defaultTo(1))
    .modifyEnd(sql`without rowid`)
    .execute();
  await sql`insert into audit select * from audit_before`.execute(db);
  await db.schema.dropTable('audit_before').execute();
}
