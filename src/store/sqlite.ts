/** The embedded database: Kysely over `node:sqlite`. */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Database, Tables } from './tables.ts';

/** Opens (and makes, if need be) the database file; `:memory:` keeps it in memory. Migrations are run by `migrate`. */
export function openSqlite(file: string): Database {
  if (!isInMemory(file)) ownerOnly(file);
  const sqlite = new DatabaseSync(file);
  sqlite.exec(
    `pragma busy_timeout=${BUSY_TIMEOUT_MS}; pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on; pragma wal_autocheckpoint=${CHECKPOINT_PAGES}`,
  );
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(sqlite) }) });
}

/** Also one that several connections of a process share by its URI. */
export function isInMemory(file: string): boolean {
  return file === ':memory:' || /^file:.*[?&]mode=memory(&|$)/.test(file);
}

/**
 * Makes the file for its owner alone; SQLite gives what it puts beside it the same mode. One that exists is not even opened: closing
 * it would end the locks that this process has on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
 */
export function ownerOnly(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It exists, or SQLite says what is wrong with it.
  }
}

/** 16 MB, so that pages that are written again and again reach the file once for many commits. */
const CHECKPOINT_PAGES = 4_000;

/** How long a statement waits for another process, and this process with it. */
export const BUSY_TIMEOUT_MS = 5_000;

/** Compiling a statement takes ten times as long as running it. Queries with lists have a text for each length. */
const MAX_STATEMENTS = 200;

/** Those that are run once, by a migration or to set something, are not kept. */
const KEPT = /^(select|insert|update|delete|begin|commit|rollback)\b/i;

type Statement = ReturnType<SqliteDatabase['prepare']>;

/** Kysely's dialect expects better-sqlite3; `node:sqlite` differs in how a statement says that it returns rows. */
function forKysely(sqlite: DatabaseSync): SqliteDatabase {
  const compiled = new LRUCache<string, Statement>({ max: MAX_STATEMENTS });
  const compile = (sql: string): Statement => {
    const made = statementOf(sqlite.prepare(sql));
    if (KEPT.test(sql)) compiled.set(sql, made);
    return made;
  };
  return {
    close: () => {
      sqlite.close();
    },
    prepare: (sql) => compiled.get(sql) ?? compile(sql),
  };
}

function statementOf(statement: StatementSync): Statement {
  const bind = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
  return {
    // Asked once: after a change of the schema SQLite compiles it again by itself.
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...bind(parameters)),
    run: (parameters) => statement.run(...bind(parameters)),
    iterate: (parameters) => statement.iterate(...bind(parameters)),
  };
}
