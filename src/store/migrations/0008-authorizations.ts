import type { Migration } from 'kysely/migration';

export const authorizations: Migration = {
  up: async (db) => {
    await db.schema
      .createTable('authorizations')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('customer_id', 'text', (column) => column.notNull())
      .addColumn('provider', 'text', (column) => column.notNull())
      .addColumn('return_url', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('start_hash', 'text', (column) => column.notNull().unique())
      .addColumn('browser_hash', 'text')
      .addColumn('state_hash', 'text', (column) => column.unique())
      .addColumn('confirmation_hash', 'text')
      .addColumn('sealed_grant', 'text')
      .addColumn('error', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('authorizations_of')
      .on('authorizations')
      .columns(['customer_id', 'provider', 'created_at'])
      .execute();
    await db.schema.createIndex('authorizations_expiry').on('authorizations').column('expires_at').execute();
  },
};
