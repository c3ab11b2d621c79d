/** The database of the gateway. Nothing outside this folder knows which one it is. */
import { resolve } from 'node:path';
import { ProblemError } from '../model/problem.ts';
import { DatabaseUnusable, isAway, isRefusal, stateOf } from './failures.ts';
import { retryUntil } from './retry.ts';
import { migrate } from './migrations.ts';
import type { PostgresOptions } from './postgres.ts';
import { openSqlite } from './sqlite.ts';
import type { Database } from './tables.ts';

/** Where the data is: in a file of this machine (`:memory:` for none), or on a PostgreSQL server. */
export type DatabaseLocation = { readonly file: string } | { readonly url: string };

export interface StartedDatabase {
  /** Until it is ready, each query fails as one of a database that is away. */
  readonly db: Database;
  /** Resolves when it has been reached and brought to the newest form. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** How far it is with a server that was away at the start, for the log. */
export interface Progress {
  /** `unusable`: it answers, and waiting will not help. */
  readonly state: 'away' | 'unusable' | 'back';
  /** Host, port and database. */
  readonly database: string;
  readonly error?: string;
}

/** The file, or host, port and database: what may be shown. */
export function whereIs(location: DatabaseLocation): string {
  return 'file' in location ? resolve(location.file) : placeOf(location.url);
}

/** What else has to be done, or to be found out, before the database is used; what it throws keeps it from being used. */
export type Prepare = (db: Database) => Promise<void>;

/**
 * Opens the database, migrates it and prepares it. A server that is away does not keep the gateway from starting: it is tried again.
 * @throws {DatabaseUnusable} where waiting would not help.
 */
export async function startDatabase(
  location: DatabaseLocation,
  tell: (progress: Progress) => void,
  prepare: Prepare = () => Promise.resolve(),
): Promise<StartedDatabase> {
  return 'file' in location ? startSqlite(location.file, prepare) : startPostgres(location.url, tell, prepare);
}

async function startSqlite(file: string, prepare: Prepare): Promise<StartedDatabase> {
  let db: Database | undefined;
  try {
    db = openSqlite(file);
    await migrate(db);
    await prepared(db, prepare);
    const opened = db;
    return { db, ready: Promise.resolve(), close: () => opened.destroy() };
  } catch (error) {
    await db?.destroy();
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SQLITE_ERROR') throw error;
    throw new DatabaseUnusable(`STEPGATE_DATABASE: ${file} cannot be opened (${saidBy(error)}).`, { cause: error });
  }
}

async function startPostgres(
  url: string,
  tell: (progress: Progress) => void,
  prepare: Prepare,
): Promise<StartedDatabase> {
  const database = placeOf(url);
  let isOpen = false;
  const attempt = async (): Promise<void> => {
    await migratePostgres(url, prepare);
    isOpen = true;
  };
  const db = await openServer({ url, isOpen: () => isOpen });
  const stop = new AbortController();
  let ready = Promise.resolve();
  try {
    await attempt();
  } catch (error) {
    if (error instanceof DatabaseUnusable || !isAway(error)) throw error;
    tell({ state: 'away', database, error: saidBy(error) });
    const failed = (again: unknown): void => {
      tell({
        state: !(again instanceof DatabaseUnusable) && isAway(again) ? 'away' : 'unusable',
        database,
        error: saidBy(again),
      });
    };
    ready = retryUntil(attempt, failed, stop.signal).then((done) => {
      if (done) tell({ state: 'back', database });
    });
  }
  return {
    db,
    ready,
    close: async () => {
      stop.abort();
      await db.destroy();
    },
  };
}

/** On a connection of its own, which nobody gives up: another process may be at it, and a large table takes its time. */
async function migratePostgres(url: string, prepare: Prepare): Promise<void> {
  const db = await openServer({ url, max: 1, limited: false });
  try {
    await migrate(db);
    await prepared(db, prepare);
  } catch (error) {
    const why = UNUSABLE[stateOf(error)] ?? (isForGood(error) ? 'cannot be used' : undefined);
    if (why === undefined) throw error;
    throw new DatabaseUnusable(`DATABASE_URL: ${placeOf(url)} ${why} (${saidBy(error)}).`, { cause: error });
  } finally {
    await db.destroy();
  }
}

/**
 * The driver is loaded here, because beside a file nobody needs it.
 * @throws {DatabaseUnusable} where the URL names certificates that cannot be read.
 */
async function openServer(options: PostgresOptions): Promise<Database> {
  const { openPostgres } = await import('./postgres.ts');
  try {
    return openPostgres(options);
  } catch (error) {
    throw new DatabaseUnusable(`DATABASE_URL: ${saidBy(error)}.`, { cause: error });
  }
}

/** What the stores say of their database is said by the database itself. */
async function prepared(db: Database, prepare: Prepare): Promise<void> {
  try {
    await prepare(db);
  } catch (error) {
    throw error instanceof ProblemError ? (error.cause ?? error) : error;
  }
}

/** Host, port and database: what may be shown of a URL. */
function placeOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  return `${host || 'localhost'}:${port || '5432'}${pathname === '/' ? '' : pathname}`;
}

/** The server's own answer, or a refusal; a mistake of ours is neither, and keeps its stack. */
function isForGood(error: unknown): boolean {
  return isRefusal(error) || (stateOf(error) !== '' && !isAway(error));
}

/** By SQLSTATE. */
const UNUSABLE: Readonly<Record<string, string>> = {
  '28000': 'does not let this user in',
  '28P01': 'does not take this user and password',
  '3D000': 'is not there: create the database first',
  '42501': 'does not let this user make tables',
};

function saidBy(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
