/** Where the data is: a SQLite file, or a PostgreSQL database. */
import { ConfigError, type Environment } from './settings.ts';

export type DatabaseConfig = { readonly file: string } | { readonly url: string };

/** In milliseconds; the client would take anything else for no time at all, or the server refuse it. */
const TIMES = ['statement_timeout', 'lock_timeout', 'query_timeout', 'idle_in_transaction_session_timeout'];
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Its URL has a password and is never quoted. */
export function readDatabase(env: Environment): DatabaseConfig {
  const [text, file] = [env['DATABASE_URL'], env['STEPGATE_DATABASE']];
  if (/^postgres(ql)?:/i.test(file ?? ''))
    throw new ConfigError(
      'STEPGATE_DATABASE names a SQLite file. Give the URL of a PostgreSQL database as DATABASE_URL.',
    );
  if (/^file:/i.test(file ?? ''))
    throw new ConfigError('STEPGATE_DATABASE must be the path of a SQLite file, without "file:".');
  if (!text) return { file: file || 'stepgate.db' };
  if (file) throw new ConfigError('Set DATABASE_URL (PostgreSQL) or STEPGATE_DATABASE (a SQLite file), not both.');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    throw new ConfigError('DATABASE_URL must be like postgres://user:password@host:5432/database.');
  if (!canDecode(url.hostname))
    throw new ConfigError(
      'The host of DATABASE_URL has a % that begins no character: a path is encoded like %2Fvar%2Frun.',
    );
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode))
    throw new ConfigError(`The sslmode of DATABASE_URL must be one of ${SSL_MODES.join(', ')}.`);
  const time = TIMES.find((name) => !/^\d{1,9}$/.test(url.searchParams.get(name) ?? '0'));
  if (time !== undefined) throw new ConfigError(`The ${time} of DATABASE_URL must be a whole number.`);
  return { url: text };
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
