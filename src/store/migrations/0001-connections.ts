import type { Migration } from 'kysely/migration';

export const connections: Migration = {
  up: async (db) => {
    await db.schema
      .createTable('connections')
      .addColumn('customer_id', 'text', (column) => column.notNull())
      .addColumn('provider', 'text', (column) => column.notNull())
      .addColumn('credential_type', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('connections_key', ['customer_id', 'provider'])
      .execute();
  },
};
