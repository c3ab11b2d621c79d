import type { Migration } from 'kysely/migration';

export const turns: Migration = {
  up: async (db) => {
    await db.schema
      .createTable('turns')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('until', 'bigint', (column) => column.notNull())
      .execute();
  },
};
