/** Migrations, forward only, in the order of their names. A migration that has landed is never edited. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import type { Database } from './tables.ts';
import { DatabaseUnusable, isBusy } from './failures.ts';
import { connections } from './migrations/0001-connections.ts';
import { operations } from './migrations/0002-operations.ts';
import { turns } from './migrations/0003-turns.ts';
import { operationsKept } from './migrations/0004-operations-kept.ts';
import { apiKeys } from './migrations/0005-api-keys.ts';
import { audit } from './migrations/0006-audit.ts';
import { oauth2Connections } from './migrations/0007-oauth2-connections.ts';
import { authorizations } from './migrations/0008-authorizations.ts';
import { encryptionKeys } from './migrations/0009-encryption-keys.ts';
import { budgetWindows } from './migrations/0011-budget-windows.ts';
import { auditTimes } from './migrations/0012-audit-times.ts';
import { keptWhenClosed } from './migrations/0013-kept-when-closed.ts';
import { auditStretches } from './migrations/0014-audit-stretches.ts';
import { BUSY_TIMEOUT_MS } from './sqlite.ts';

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_connections': connections,
  '0002_operations': operations,
  '0003_turns': turns,
  '0004_operations_kept': operationsKept,
  '0005_api_keys': apiKeys,
  '0006_audit': audit,
  '0007_oauth2_connections': oauth2Connections,
  '0008_authorizations': authorizations,
  '0009_encryption_keys': encryptionKeys,
  '0011_budget_windows': budgetWindows,
  '0012_audit_times': auditTimes,
  '0013_kept_when_closed': keptWhenClosed,
  '0014_audit_stretches': auditStretches,
};

/** Brings the database to the newest form. Safe where several processes start at the same time. @throws {DatabaseUnusable} */
export async function migrate(db: Database): Promise<void> {
  if (await isNewest(db)) return;
  // There Kysely takes an advisory lock and one transaction; for SQLite it has neither.
  if (db.getExecutor().adapter.supportsTransactionalDdl) await run(db);
  else await db.connection().execute((one) => alone(one, () => run(one)));
}

/** One query, where the migrator asks for every table. */
async function isNewest(db: Database): Promise<boolean> {
  try {
    const { rows } = await sql<{ readonly name: string }>`select name from kysely_migration order by name`.execute(db);
    return rows.map(({ name }) => name).join() === Object.keys(MIGRATIONS).join();
  } catch {
    // There is no such table yet, or the migrator says what is wrong.
    return false;
  }
}

async function run(db: Database): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  const [, unknown] = /previously executed migration (\S+) is missing/.exec(String(error)) ?? [];
  if (unknown !== undefined) {
    throw new DatabaseUnusable(
      `The database is newer than this gateway: it has the migration ${unknown}. Start the version that made it, or a newer one.`,
    );
  }
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error(`Migration failed: ${JSON.stringify(error)}`);
}

const PATIENCE_MS = 60_000;
const PAUSE_MS = 20;

/** One transaction in which nobody else writes. Waiting for it leaves the process to its other work. */
async function alone(db: Database, work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  await sql`pragma busy_timeout = 0`.execute(db);
  try {
    while (!(await hasBegun(db, performance.now() > deadline))) await sleep(PAUSE_MS);
    try {
      await work();
      await sql`commit`.execute(db);
    } catch (error) {
      await sql`rollback`.execute(db).catch(() => undefined);
      throw error;
    }
  } finally {
    await sql.raw(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`).execute(db);
  }
}

async function hasBegun(db: Database, isLast: boolean): Promise<boolean> {
  try {
    await sql`begin immediate`.execute(db);
    return true;
  } catch (error) {
    if (isLast || !isBusy(error)) throw error;
    return false;
  }
}
