import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The id begins with the time, so that it is also the index of the time. */
export const audit: Migration = {
  up: async (db) => {
    await auditTable(db).execute();
    await db.schema.createIndex('audit_customer').on('audit').columns(['customer_id', 'id']).execute();
    await db.schema.createIndex('audit_key').on('audit').columns(['key_id', 'id']).execute();
  },
};

/** As it was at first; whoever makes it anew adds what has come since. */
export function auditTable(db: Kysely<unknown>) {
  return db.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('customer_id', 'text')
    .addColumn('provider', 'text')
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('status', 'integer')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('operation_id', 'text');
}
