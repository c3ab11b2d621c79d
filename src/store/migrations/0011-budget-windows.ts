import type { Migration } from 'kysely/migration';

export const budgetWindows: Migration = {
  up: async (db) => {
    await db.schema
      .createTable('budget_windows')
      .addColumn('provider', 'text', (column) => column.notNull())
      .addColumn('customer_id', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('revision', 'text', (column) => column.notNull())
      .addColumn('ends_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('budget_windows_key', ['provider', 'customer_id', 'endpoint'])
      .execute();
    await db.schema.createIndex('budget_windows_ended').on('budget_windows').column('ends_at').execute();
  },
};
