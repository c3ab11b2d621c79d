/** PostgreSQL: Kysely over a bounded pool of `pg`. */
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Database, Tables } from './tables.ts';
import { DatabaseLost, stateOf } from './failures.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Connections at most. */
  readonly max?: number;
  /** Whether statements are given up after a while; a migration may take longer, or wait for another process's. */
  readonly limited?: boolean;
  /** While it is false, whoever asks is told that the database is away. */
  readonly isOpen?: () => boolean;
}

const MAX_CONNECTIONS = 10;
const CONNECT_MS = 5_000;
const STATEMENT_MS = 10_000;
const LOCK_MS = 5_000;
/** Longer than the server takes to give up by itself: only a connection that is dead in silence meets it. */
const ANSWER_MS = 15_000;

const LIMITS: pg.PoolConfig = {
  statement_timeout: STATEMENT_MS,
  lock_timeout: LOCK_MS,
  idle_in_transaction_session_timeout: STATEMENT_MS,
  query_timeout: ANSWER_MS,
};

/**
 * Connects when it is first asked. What the URL says goes before what is said here.
 * @throws where the URL names certificates that cannot be read.
 */
export function openPostgres({ url, max = MAX_CONNECTIONS, limited = true, isOpen }: PostgresOptions): Database {
  const connectionString = withStrictTls(url);
  // The pool would read the URL, and its files, only for its first connection.
  new pg.Client({ connectionString });
  const pool = new pg.Pool({
    connectionString,
    max,
    application_name: 'stepgate',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    types: { getTypeParser },
    ...(limited ? LIMITS : {}),
  });
  // Without listeners a connection that breaks, idle or in use, would end the process; its next user finds out by himself.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: forKysely(pool, isOpen ?? (() => true)) }) });
}

/**
 * `pg` 8 checks certificates in all of these modes and warns that version 9 will not:
 * https://github.com/brianc/node-postgres/tree/master/packages/pg-connection-string
 */
function withStrictTls(text: string): string {
  const url = new URL(text);
  if (!['prefer', 'require', 'verify-ca'].includes(url.searchParams.get('sslmode') ?? '')) return text;
  url.searchParams.set('sslmode', 'verify-full');
  return url.href;
}

/** Milliseconds and counts fit in a number; `pg` would hand them out as text. */
const getTypeParser = ((type: TypeId, format: 'text'): unknown =>
  type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format)) as typeof pg.types.getTypeParser;

type TypeId = (typeof pg.types.builtins)['INT8'];

/** Whatever is not the server's own answer is a lost connection, and that connection is not used again. */
function forKysely(pool: pg.Pool, isOpen: () => boolean): PostgresPool {
  const known = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    connect: async () => {
      if (!isOpen()) throw new DatabaseLost('The database has not been reached since the start.');
      const client = await pool.connect().catch(told);
      const found = known.get(client) ?? watched(client);
      known.set(client, found);
      return found;
    },
    end: () => pool.end(),
  };
}

function watched(client: pg.PoolClient): PostgresPoolClient {
  let isBroken = false;
  const query = async (text: string, values: readonly unknown[]): Promise<pg.QueryResult> => {
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      isBroken ||= stateOf(error) === '';
      return told(error);
    }
  };
  return {
    // Kysely also knows cursors, which nobody here uses.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => {
      client.release(destroy === true || isBroken);
    },
  };
}

function told(error: unknown): never {
  if (stateOf(error) !== '') throw error;
  const { message, code = 'no answer' } = error as NodeJS.ErrnoException;
  // Where a name has several addresses, Node says nothing but the code.
  throw new DatabaseLost(message || code, { cause: error });
}
