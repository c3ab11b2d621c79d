/** What the operator sets, read from the environment once. */
import { parseKeyRing, type KeyRing } from './connections/vault.ts';
import type { OAuthClient, OAuthSettings } from './model/oauth.ts';
import { isPrivateLiteral } from './upstream/addresses.ts';

/** A mistake in the settings; its message is for the operator, and is all that is printed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ServeConfig {
  readonly host: string;
  readonly port: number;
  readonly database: { readonly file: string } | { readonly url: string };
  /** Whether several gateway processes work on this database. */
  readonly sharedDatabase: boolean;
  readonly apiKey: string;
  readonly keyRing: KeyRing;
  readonly logLevel: string;
  /** Where the operator points a provider, by provider. */
  readonly baseUrls: ReadonlyMap<string, string>;
  readonly consent: ConsentConfig;
  /** The gateway as a client of the providers' authorisation servers. */
  readonly oauth: OAuthSettings;
  /** Whether providers may be on this machine and its network. */
  readonly allowPrivateUpstreams: boolean;
  /** Absent: the house's own. */
  readonly graceMs?: number;
  readonly auditKeptMs?: number;
  readonly maxInFlight?: number;
}

/** The way of a person's browser when an account is connected by OAuth. */
export interface ConsentConfig {
  /** The gateway's own URL as browsers reach it, without a slash at its end. */
  readonly publicUrl: string | undefined;
  /** Where browsers are sent in the end, compared as they are. */
  readonly returnUrls: readonly string[];
}

export interface DevConfig {
  readonly host: string;
  readonly port: number;
  /** Absent: one is made. */
  readonly apiKey?: string;
  readonly logLevel: string;
}

const HOW_TO_MAKE = 'Make both with: npx stepgate keys new';
const MIN_API_KEY_LENGTH = 24;

/** @throws {ConfigError} saying what is missing and how to make it. */
export function readServeConfig(env: Environment, providers: Iterable<string>): ServeConfig {
  const missing = ['STEPGATE_ENCRYPTION_KEYS', 'STEPGATE_API_KEY'].filter((name) => !env[name]);
  if (missing.length > 0)
    throw new ConfigError(`stepgate serve does not start without ${missing.join(' and ')}. ${HOW_TO_MAKE}`);
  const apiKey = env['STEPGATE_API_KEY'] ?? '';
  if (apiKey.length < MIN_API_KEY_LENGTH || /\s/.test(apiKey)) {
    throw new ConfigError(
      `STEPGATE_API_KEY must have at least ${String(MIN_API_KEY_LENGTH)} characters and no spaces. ${HOW_TO_MAKE}`,
    );
  }
  const names = [...providers];
  return {
    host: env['HOST'] || '127.0.0.1',
    port: readPort(env),
    database: readDatabase(env),
    sharedDatabase: readFlag(env, 'STEPGATE_SHARED_DATABASE', Boolean(env['DATABASE_URL'])),
    apiKey,
    keyRing: readKeyRing(env['STEPGATE_ENCRYPTION_KEYS'] ?? ''),
    logLevel: readLogLevel(env, 'info'),
    ...readUpstreams(env, names),
    consent: readConsent(env),
    ...readGrace(env),
    ...readAuditDays(env),
    ...readMaxInFlight(env),
  };
}

export interface RotateConfig {
  readonly database: ServeConfig['database'];
  readonly keyRing: KeyRing;
}

/** @throws {ConfigError} saying what is missing. */
export function readRotateConfig(env: Environment): RotateConfig {
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
  return { host, port: readPort(env), logLevel: readLogLevel(env, 'warn'), ...(apiKey ? { apiKey } : {}) };
}

function readFlag(env: Environment, name: string, standard: boolean): boolean {
  const text = env[name] || String(standard);
  if (text !== 'true' && text !== 'false') throw new ConfigError(`${name} must be true or false.`);
  return text === 'true';
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readPort(env: Environment): number {
  const text = env['PORT'] || '8080';
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new ConfigError(`PORT must be a number from 0 to 65535, not ${JSON.stringify(text)}.`);
  return port;
}

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Its URL has a password and is never quoted. */
function readDatabase(env: Environment): ServeConfig['database'] {
  const [text, file] = [env['DATABASE_URL'], env['STEPGATE_DATABASE']];
  if (/^postgres(ql)?:/i.test(file ?? ''))
    throw new ConfigError(
      'STEPGATE_DATABASE names a SQLite file. Give the URL of a PostgreSQL database as DATABASE_URL.',
    );
  if (!text) return { file: file || 'stepgate.db' };
  if (file) throw new ConfigError('Set DATABASE_URL (PostgreSQL) or STEPGATE_DATABASE (a SQLite file), not both.');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    throw new ConfigError('DATABASE_URL must be like postgres://user:password@host:5432/database.');
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode))
    throw new ConfigError(`The sslmode of DATABASE_URL must be one of ${SSL_MODES.join(', ')}.`);
  return { url: text };
}

const MAX_GRACE_SECONDS = 3_600;

function readGrace(env: Environment): Pick<ServeConfig, 'graceMs'> {
  const text = env['STEPGATE_SETTLE_GRACE_SECONDS'] || '';
  if (text === '') return {};
  const seconds = Number(text);
  if (!/^\d{1,4}$/.test(text) || seconds < 1 || seconds > MAX_GRACE_SECONDS) {
    throw new ConfigError(
      `STEPGATE_SETTLE_GRACE_SECONDS must be a whole number from 1 to ${String(MAX_GRACE_SECONDS)}, not ${JSON.stringify(text)}.`,
    );
  }
  return { graceMs: seconds * 1000 };
}

const MAX_AUDIT_DAYS = 3_650;
const DAY_MS = 24 * 3_600_000;

function readAuditDays(env: Environment): Pick<ServeConfig, 'auditKeptMs'> {
  const text = env['STEPGATE_AUDIT_DAYS'] || '';
  if (text === '') return {};
  const days = Number(text);
  if (!/^\d{1,4}$/.test(text) || days < 1 || days > MAX_AUDIT_DAYS) {
    throw new ConfigError(
      `STEPGATE_AUDIT_DAYS must be a whole number from 1 to ${String(MAX_AUDIT_DAYS)}, not ${JSON.stringify(text)}.`,
    );
  }
  return { auditKeptMs: days * DAY_MS };
}

const MOST_IN_FLIGHT = 100_000;

function readMaxInFlight(env: Environment): Pick<ServeConfig, 'maxInFlight'> {
  const text = env['STEPGATE_MAX_IN_FLIGHT'] || '';
  if (text === '') return {};
  const most = Number(text);
  if (!/^\d{1,6}$/.test(text) || most < 1 || most > MOST_IN_FLIGHT) {
    throw new ConfigError(
      `STEPGATE_MAX_IN_FLIGHT must be a whole number from 1 to ${String(MOST_IN_FLIGHT)}, not ${JSON.stringify(text)}.`,
    );
  }
  return { maxInFlight: most };
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
    throw new ConfigError(`STEPGATE_ENCRYPTION_KEYS: ${(error as Error).message} ${HOW_TO_MAKE}`, { cause: error });
  }
}

const BASE_URL_PREFIX = 'STEPGATE_BASE_URL_';

const ALLOW_PRIVATE = 'STEPGATE_ALLOW_PRIVATE_UPSTREAMS';

function readUpstreams(
  env: Environment,
  providers: readonly string[],
): Pick<ServeConfig, 'baseUrls' | 'oauth' | 'allowPrivateUpstreams'> {
  const allowPrivateUpstreams = readFlag(env, ALLOW_PRIVATE, false);
  const baseUrls = readUrls(env, BASE_URL_PREFIX, providers);
  const origins = readUrls(env, OAUTH_ORIGIN_PREFIX, providers);
  for (const [prefix, urls] of [
    [BASE_URL_PREFIX, baseUrls],
    [OAUTH_ORIGIN_PREFIX, origins],
  ] as const) {
    if (!allowPrivateUpstreams) requirePublic(prefix, urls);
  }
  return { baseUrls, oauth: { clients: readOAuthClients(env, providers), origins }, allowPrivateUpstreams };
}

/** Names are looked at when they are resolved: what they resolve to changes. */
function requirePublic(prefix: string, urls: ReadonlyMap<string, string>): void {
  for (const [name, url] of urls) {
    if (!isPrivateLiteral(new URL(url).hostname)) continue;
    throw new ConfigError(
      `${prefix}${name.toUpperCase()} is a private address, which the gateway does not call: a public one would be safe. Set ${ALLOW_PRIVATE}=true if it is meant.`,
    );
  }
}

/** The URL that each variable with the prefix gives to the provider that it names. */
function readUrls(env: Environment, prefix: string, providers: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map(providers.map((name) => [prefix + name.toUpperCase(), name]));
  const set = Object.keys(env).filter((variable) => variable.startsWith(prefix));
  return new Map(
    set.map((variable) => {
      const name = names.get(variable);
      if (name === undefined)
        throw new ConfigError(`${variable} names no provider. Known: ${[...names.keys()].join(', ')}.`);
      return [name, readBaseUrl(variable, env[variable] ?? '')];
    }),
  );
}

function readConsent(env: Environment): ConsentConfig {
  const [publicUrl, returnUrls] = [env['STEPGATE_PUBLIC_URL'] || '', env['STEPGATE_RETURN_URLS'] || ''];
  return {
    publicUrl: publicUrl === '' ? undefined : readBaseUrl('STEPGATE_PUBLIC_URL', publicUrl),
    returnUrls: returnUrls.split(',').flatMap((text) => (text.trim() === '' ? [] : [readReturnUrl(text.trim())])),
  };
}

/** What the gateway puts into its query. */
const TOLD = ['authorization_id', 'confirmation', 'error'];

function readReturnUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !isSafe(url) || text.includes('#') || url.username !== '' || url.password !== '') {
    throw new ConfigError(
      `STEPGATE_RETURN_URLS: ${JSON.stringify(text)} must be an https URL without fragment or user (http only on loopback).`,
    );
  }
  const taken = TOLD.find((name) => url.searchParams.has(name));
  if (taken !== undefined)
    throw new ConfigError(`STEPGATE_RETURN_URLS: ${JSON.stringify(text)} has a parameter ${taken} of its own.`);
  return text;
}

const OAUTH_PREFIX = 'STEPGATE_OAUTH_';
const OAUTH_ORIGIN_PREFIX = 'STEPGATE_OAUTH_BASE_URL_';

/** Both settings of a provider or none; neither is ever printed. */
function readOAuthClients(env: Environment, providers: readonly string[]): ReadonlyMap<string, OAuthClient> {
  const pairs = providers.map((name) => {
    const variable = `${OAUTH_PREFIX}${name.toUpperCase()}_CLIENT_`;
    return { name, id: `${variable}ID`, secret: `${variable}SECRET` };
  });
  const known = new Set(pairs.flatMap(({ id, secret }) => [id, secret]));
  const strange = Object.keys(env).find(
    (variable) =>
      variable.startsWith(OAUTH_PREFIX) && !variable.startsWith(OAUTH_ORIGIN_PREFIX) && !known.has(variable),
  );
  if (strange !== undefined)
    throw new ConfigError(`${strange} is no setting of a provider. Known: ${[...known].join(', ')}.`);
  return new Map(
    pairs.flatMap(({ name, id, secret }): [string, OAuthClient][] => {
      const [client_id = '', client_secret = ''] = [env[id], env[secret]];
      if (client_id === '' && client_secret === '') return [];
      for (const [variable, value] of [
        [id, client_id],
        [secret, client_secret],
      ] as const) {
        if (value === '')
          throw new ConfigError(`${variable} is missing: ${id} and ${secret} are set together or not at all.`);
        if (!/^[\x21-\x7e]{1,512}$/.test(value))
          throw new ConfigError(`${variable} must be 1 to 512 printable characters without spaces.`);
      }
      return [[name, { client_id, client_secret }]];
    }),
  );
}

/** Credentials go there: in the clear only within this machine. */
function readBaseUrl(variable: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !isSafe(url) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new ConfigError(`${variable} must be an https URL without query, fragment or user (http only on loopback).`);
  }
  return text.replace(/\/+$/, '');
}

/** Whether nobody on the way can read along. */
function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
}
