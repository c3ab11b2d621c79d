import type { Migration } from 'kysely/migration';

export const operations: Migration = {
  up: async (db) => {
    await db.schema
      .createTable('operations')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('customer_id', 'text', (column) => column.notNull())
      .addColumn('provider', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('key_scope', 'text')
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('sealed_input', 'text')
      .addColumn('sealed_answer', 'text')
      .addColumn('lease_owner', 'text')
      .addColumn('lease_until', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('closed_at', 'bigint')
      .execute();
    await db.schema
      .createIndex('operations_unfinished')
      .on('operations')
      .columns(['status', 'lease_until'])
      .where('status', '=', 'open')
      .execute();
    await db.schema.createIndex('operations_closed').on('operations').column('closed_at').execute();
    await db.schema
      .createTable('operation_items')
      .addColumn('operation_id', 'text', (column) => column.notNull())
      .addColumn('item', 'integer', (column) => column.notNull())
      .addColumn('sealed_prepared', 'text')
      .addColumn('sealed_result', 'text')
      .addPrimaryKeyConstraint('operation_items_key', ['operation_id', 'item'])
      .execute();
    await db.schema
      .createTable('operation_calls')
      .addColumn('operation_id', 'text', (column) => column.notNull())
      .addColumn('item', 'integer', (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('method', 'text', (column) => column.notNull())
      .addColumn('path', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('sealed_answer', 'text')
      .addColumn('made_kind', 'text')
      .addColumn('made_id', 'text')
      .addColumn('changed_kind', 'text')
      .addColumn('changed_id', 'text')
      .addColumn('sent_at', 'bigint', (column) => column.notNull())
      .addColumn('answered_at', 'bigint')
      .addPrimaryKeyConstraint('operation_calls_key', ['operation_id', 'item', 'position'])
      .execute();
    await db.schema
      .createTable('idempotency_keys')
      .addColumn('scope', 'text', (column) => column.primaryKey())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('operation_id', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('idempotency_keys_age').on('idempotency_keys').column('created_at').execute();
  },
};
