/** What the operator sets, read from the environment once. */
import { parseKeyRing, type KeyRing } from '../connections/vault.ts';
import { readConsent, readReturnUrls, type ConsentConfig } from './consent.ts';
import { readDatabase, type DatabaseConfig } from './database.ts';
import { refuseUnknown } from './known.ts';
import { ConfigError, isLoopback, readCount, readFlag, type Environment } from './settings.ts';
import { readUpstreams, type Reached, type UpstreamConfig } from './upstreams.ts';

export interface ServeConfig extends UpstreamConfig {
  readonly host: string;
  readonly port: number;
  readonly database: DatabaseConfig;
  /** Whether several gateway processes work on this database. */
  readonly sharedDatabase: boolean;
  readonly apiKey: string;
  readonly keyRing: KeyRing;
  readonly logLevel: string;
  readonly consent: ConsentConfig;
  /** Absent: the house's own. */
  readonly graceMs?: number;
  readonly auditKeptMs?: number;
  readonly maxInFlight?: number;
}

export interface RotateConfig {
  readonly database: DatabaseConfig;
  readonly keyRing: KeyRing;
}

export interface DevConfig {
  readonly host: string;
  readonly port: number;
  /** Absent: one is made. */
  readonly apiKey?: string;
  readonly logLevel: string;
  /** Beside its own. */
  readonly returnUrls: readonly string[];
  /** What the operator should know of these settings, in a line each. */
  readonly notes: readonly string[];
}

/** New keys are no advice where something may be stored already. */
const FOR_A_NEW_ONE = 'For a new gateway make both with: npm run -s stepgate -- keys new';
const THE_RIGHT_ONE = 'Put the right key there: what is stored cannot be opened with a new one.';
const MIN_API_KEY_LENGTH = 24;
const GRACE_SECONDS = [1, 3_600] as const;
const AUDIT_DAYS = [1, 3_650] as const;
const IN_FLIGHT = [1, 100_000] as const;
const DAY_MS = 24 * 3_600_000;

/** @throws {ConfigError} saying what is missing and how to make it. */
export function readServeConfig(env: Environment, providers: Iterable<Reached>): ServeConfig {
  refuseUnknown(env);
  const missing = ['STEPGATE_ENCRYPTION_KEYS', 'STEPGATE_API_KEY'].filter((name) => !env[name]);
  if (missing.length > 0)
    throw new ConfigError(`stepgate serve does not start without ${missing.join(' and ')}. ${FOR_A_NEW_ONE}`);
  const apiKey = env['STEPGATE_API_KEY'] ?? '';
  if (apiKey.length < MIN_API_KEY_LENGTH || /\s/.test(apiKey)) {
    throw new ConfigError(
      `STEPGATE_API_KEY must have at least ${String(MIN_API_KEY_LENGTH)} characters and no spaces. Put the one there that its callers have, or a new one.`,
    );
  }
  const graceSeconds = readCount(env, 'STEPGATE_SETTLE_GRACE_SECONDS', GRACE_SECONDS);
  const auditDays = readCount(env, 'STEPGATE_AUDIT_DAYS', AUDIT_DAYS);
  const maxInFlight = readCount(env, 'STEPGATE_MAX_IN_FLIGHT', IN_FLIGHT);
  return {
    host: env['HOST'] || '127.0.0.1',
    port: readPort(env),
    database: readDatabase(env),
    sharedDatabase: readFlag(env, 'STEPGATE_SHARED_DATABASE', Boolean(env['DATABASE_URL'])),
    apiKey,
    keyRing: readKeyRing(env['STEPGATE_ENCRYPTION_KEYS'] ?? ''),
    logLevel: readLogLevel(env, 'info'),
    ...readUpstreams(env, [...providers]),
    consent: readConsent(env),
    ...(graceSeconds === undefined ? {} : { graceMs: graceSeconds * 1000 }),
    ...(auditDays === undefined ? {} : { auditKeptMs: auditDays * DAY_MS }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  };
}

/** @throws {ConfigError} saying what is missing. */
export function readRotateConfig(env: Environment): RotateConfig {
  refuseUnknown(env);
  if (!env['STEPGATE_ENCRYPTION_KEYS'])
    throw new ConfigError(
      'stepgate keys rotate needs STEPGATE_ENCRYPTION_KEYS, the new key first and the old ones behind it.',
    );
  return {
    database: readDatabase(env),
    keyRing: readKeyRing(env['STEPGATE_ENCRYPTION_KEYS']),
  };
}

/** @throws {ConfigError} where development mode would be open to more than this machine. */
export function readDevConfig(env: Environment): DevConfig {
  refuseUnknown(env);
  const host = env['HOST'] || '127.0.0.1';
  if (env['NODE_ENV'] === 'production') {
    throw new ConfigError(
      'stepgate dev is not for NODE_ENV=production: its providers are sandboxes. Use "stepgate serve".',
    );
  }
  if (!isLoopback(host)) {
    throw new ConfigError(
      `stepgate dev listens on loopback only, not on ${host}. Use "stepgate serve" for other hosts.`,
    );
  }
  const apiKey = env['STEPGATE_API_KEY'];
  // Whoever reaches development mode is shown its key, and this one would open more than that.
  const isOfServe = Boolean(apiKey) && Boolean(env['STEPGATE_ENCRYPTION_KEYS']);
  return {
    host,
    port: readPort(env),
    logLevel: readLogLevel(env, 'warn'),
    returnUrls: readReturnUrls(env),
    ...(apiKey && !isOfServe ? { apiKey } : {}),
    notes: isOfServe ? [KEY_NOT_USED] : [],
  };
}

const KEY_NOT_USED =
  'STEPGATE_API_KEY is not used: STEPGATE_ENCRYPTION_KEYS is set too, so it is the key of "stepgate serve".';

function readPort(env: Environment): number {
  const text = env['PORT'] || '8080';
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new ConfigError(`PORT must be a number from 0 to 65535, not ${JSON.stringify(text)}.`);
  return port;
}

const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

function readLogLevel(env: Environment, standard: string): string {
  const level = env['STEPGATE_LOG_LEVEL'] || standard;
  if (!LOG_LEVELS.includes(level)) throw new ConfigError(`STEPGATE_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);
  return level;
}

function readKeyRing(text: string): KeyRing {
  try {
    return parseKeyRing(text);
  } catch (error) {
    throw new ConfigError(`STEPGATE_ENCRYPTION_KEYS: ${(error as Error).message} ${THE_RIGHT_ONE}`, { cause: error });
  }
}
