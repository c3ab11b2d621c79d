/** The embedded database: Kysely over `node:sqlite`. Nothing else in the house knows which database it is. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;

/** Where the data is: in a file of this machine (`:memory:` for none), or on a PostgreSQL server. */
export type DatabaseLocation = { readonly file: string } | { readonly url: string };

/** Migrations are run by `migrate`. */
export function openDatabase(location: DatabaseLocation): Database {
  if ('url' in location) throw new Error('There is no PostgreSQL yet.');
  return openSqlite(location.file);
}

/** Opens (and makes, if need be) the database file; `:memory:` keeps it in memory. Migrations are run by `migrate`. */
export function openSqlite(file: string): Database {
  const sqlite = new DatabaseSync(file);
  sqlite.exec('pragma busy_timeout=5000; pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on');
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(sqlite) }) });
}

/** Kysely's dialect expects better-sqlite3; `node:sqlite` differs in how a statement says that it returns rows. */
function forKysely(sqlite: DatabaseSync): SqliteDatabase {
  return {
    close: () => {
      sqlite.close();
    },
    prepare: (sql) => {
      const statement = sqlite.prepare(sql);
      const bind = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...bind(parameters)),
        run: (parameters) => statement.run(...bind(parameters)),
        iterate: (parameters) => statement.iterate(...bind(parameters)),
      };
    },
  };
}

const BUSY: ReadonlySet<number> = new Set([5, 6]);

/** Whether another connection holds the database, longer than anybody waits for it. */
export function isBusy(error: unknown): boolean {
  // The low byte is SQLite's primary result code: SQLITE_BUSY, SQLITE_LOCKED.
  return error instanceof Error && 'errcode' in error && BUSY.has(Number(error.errcode) & 0xff);
}
