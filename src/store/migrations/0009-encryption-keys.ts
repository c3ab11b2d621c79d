import type { Migration } from 'kysely/migration';

export const encryptionKeys: Migration = {
  up: async (db) => {
    await db.schema
      .createTable('encryption_keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('check_value', 'text', (column) => column.notNull())
      .addColumn('active_seen_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.alterTable('connections').addColumn('quarantined_at', 'bigint').execute();
  },
};
