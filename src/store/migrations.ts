/** Migrations, forward only. A migration that has landed is never edited. */
import { Migrator, type Migration } from 'kysely/migration';
import type { Database } from './database.ts';

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_connections': {
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
  },
};

/** Brings the database to the newest form. @throws what the failing migration threw. */
export async function migrate(db: Database): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error(`Migration failed: ${JSON.stringify(error)}`);
}
