/**
 * Every house is a canary: whatever secret a test puts into one must not come out of it again, in an answer, in a log line or
 * in a column of its database. A failure names the place and the kind of the secret, never the secret.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { KeyRing } from '../../src/connections/vault.ts';
import type { DatabaseLocation } from '../../src/store/database.ts';
import { statements } from './postgres.ts';

/** What is shorter stands in texts by chance. */
const MIN_LENGTH = 8;

/** Forms of the secrets that this test file has used so far, and what they are. */
const known = new Map<string, string>();

/** From now on it must not be seen anywhere. */
export function keepSecret(secret: string | undefined, what: string): void {
  if (secret === undefined || secret.length < MIN_LENGTH) return;
  for (const form of formsOf(secret)) if (form.length >= MIN_LENGTH) known.set(form, what);
}

export function keepKeyRing({ keys }: KeyRing): void {
  for (const [id, key] of keys)
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      keepSecret(key.toString(encoding).replace(/=+$/, ''), `the encryption key ${id}`);
}

/** What a request carries: its key, and the credentials that it stores. */
export function keepRequest(headers: Readonly<Record<string, string>>, path: string, body: unknown): void {
  for (const [name, value] of Object.entries(headers))
    if (SECRET_HEADERS.has(name.toLowerCase())) keepSecret(value.replace(/^Bearer +/i, ''), `the header ${name}`);
  const { credentials } = objectOf(typeof body === 'string' ? parsed(body) : body);
  if (!path.includes('/connections/')) return;
  for (const [name, value] of Object.entries(objectOf(credentials)))
    if (typeof value === 'string' && !SHOWN_OF_CREDENTIALS.has(name)) keepSecret(value, `the credential ${name}`);
}

/** Names the place and what is seen there; undefined where nothing is. */
export function leakIn(place: string, text: string): Error | undefined {
  for (const [form, what] of known) if (text.includes(form)) return new Error(`${place} shows a secret: ${what}.`);
  return undefined;
}

/** @throws {Error} that names the place and what is seen there. */
export function expectNoSecret(place: string, text: string): void {
  const leak = leakIn(place, text);
  if (leak) throw leak;
}

export function expectNoSecretInAnswer(
  place: string,
  { headers, text }: { readonly headers: Headers; readonly text: string },
): void {
  expectNoSecret(`the body of the answer to ${place}`, text);
  for (const [name, value] of headers) {
    // A browser is given its own cookie again.
    const shown = name === 'set-cookie' ? value.replace(/=[^;]*/, '') : value;
    expectNoSecret(`the header ${name} of the answer to ${place}`, shown);
  }
}

export function expectNoSecretInLogs(lines: readonly string[]): void {
  if (!leakIn('the log', lines.join(''))) return;
  for (const line of lines) expectNoSecret(`the log line "${messageOf(line)}"`, line);
  throw new Error('the log shows a secret over several lines.');
}

/** Keeps a database open, also one in memory, to look through it when the gateway has closed it. */
export function watchDatabase(location: DatabaseLocation): { readonly expectNoSecret: () => Promise<void> } {
  if ('url' in location) return { expectNoSecret: () => lookThroughServer(location.url) };
  const { file } = location;
  const inMemory = file.startsWith('file:') ? new DatabaseSync(file) : undefined;
  return {
    expectNoSecret: () => {
      if (!inMemory && !existsSync(file)) return Promise.resolve();
      const database = inMemory ?? new DatabaseSync(file, { readOnly: true });
      try {
        const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
        for (const name of tables.map((table) => String(table['name'])))
          lookThrough(name, database.prepare(`select * from "${name}"`).iterate());
        return Promise.resolve();
      } finally {
        database.close();
      }
    },
  };
}

async function lookThroughServer(url: string): Promise<void> {
  const look = statements(url, async (run) => {
    const tables = await run("select table_name from information_schema.tables where table_schema = 'public'");
    for (const name of tables.map((table) => String(table['table_name'])))
      lookThrough(name, await run(`select * from "${name}"`));
  });
  await look.catch((error: unknown) => {
    // A test has taken the server away.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
  });
}

function lookThrough(table: string, rows: Iterable<Readonly<Record<string, unknown>>>): void {
  for (const row of rows)
    for (const [column, value] of Object.entries(row))
      if (typeof value === 'string') expectNoSecret(`the database, in ${table}.${column},`, value);
}

/** A database in memory that can be looked into from beside. */
export function memoryDatabase(): string {
  return `file:stepgate-${crypto.randomUUID()}?mode=memory&cache=shared`;
}

const SECRET_HEADERS: ReadonlySet<string> = new Set(['x-api-key', 'api-key', 'authorization', 'cookie']);
const SHOWN_OF_CREDENTIALS: ReadonlySet<string> = new Set(['type', 'expires_at']);

/** As it stands in JSON, in a URL, and in the encodings that a text is commonly put into. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const encoded = (['base64', 'base64url', 'hex'] as const).map((encoding) => {
    const text = bytes.toString(encoding).replace(/=+$/, '');
    // The last characters depend on what comes after the secret.
    return encoding === 'hex' ? text : text.slice(0, -2);
  });
  return [secret, JSON.stringify(secret).slice(1, -1), encodedForUrl(secret), ...encoded];
}

function encodedForUrl(secret: string): string {
  return secret.isWellFormed() ? encodeURIComponent(secret) : secret;
}

function messageOf(line: string): string {
  const { msg } = objectOf(parsed(line));
  return typeof msg === 'string' ? msg : '';
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
