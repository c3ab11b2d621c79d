/** Migrations, forward only, in the order of their names. A migration that has landed is never edited. */
import { Migrator, type Migration } from 'kysely/migration';
import type { Database } from './database.ts';
import { connections } from './migrations/0001-connections.ts';
import { operations } from './migrations/0002-operations.ts';
import { turns } from './migrations/0003-turns.ts';
import { operationsKept } from './migrations/0004-operations-kept.ts';
import { oauth2Connections } from './migrations/0007-oauth2-connections.ts';
import { authorizations } from './migrations/0008-authorizations.ts';

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_connections': connections,
  '0002_operations': operations,
  '0003_turns': turns,
  '0004_operations_kept': operationsKept,
  '0007_oauth2_connections': oauth2Connections,
  '0008_authorizations': authorizations,
};

/** Brings the database to the newest form. @throws what the failing migration threw. */
export async function migrate(db: Database): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error(`Migration failed: ${JSON.stringify(error)}`);
}
