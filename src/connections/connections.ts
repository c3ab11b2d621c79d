/** One customer's credentials for one provider: stored sealed, opened through a bounded cache. */
import { LRUCache } from 'lru-cache';
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import type { ConnectionKey, ConnectionStore } from '../store/connection-store.ts';
import type { ConnectionRow, ConnectionStatus } from '../store/tables.ts';
import type { Vault } from './vault.ts';

export interface Connection {
  readonly customer_id: string;
  readonly provider_name: string;
  readonly credential_type: CredentialType;
  readonly status: ConnectionStatus;
  readonly expires_at?: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface OpenedCredential {
  readonly type: CredentialType;
  readonly secret: string;
}

/** Also which sealing it came from, so that what is found out of it is not said of its successor. */
export interface StoredCredential extends OpenedCredential {
  readonly sealed: string;
}

export interface Connections {
  put(
    key: ConnectionKey,
    credential: OpenedCredential,
    expiresAt: number | null,
  ): Promise<{ connection: Connection; isNew: boolean }>;
  /** @throws {ProblemError} 404 CONNECTION_NOT_FOUND. */
  get(key: ConnectionKey): Promise<Connection>;
  remove(key: ConnectionKey): Promise<void>;
  /**
   * The credential to call the provider with, if it is of a kind that reaches the operation.
   * @throws {ProblemError} 404 without a connection; 424 when it has expired, cannot be opened or is of another kind.
   */
  credentialFor(
    key: ConnectionKey,
    provider: NamedProvider,
    accepted: readonly CredentialType[],
  ): Promise<StoredCredential>;
  /** Marks the connection, unless its credentials have been replaced since. */
  setStatus(key: ConnectionKey, credential: StoredCredential, status: ConnectionStatus): Promise<void>;
}

/** At most this many opened credentials stay in memory, each for at most so long: another process may change them. */
const CACHE_MAX = 10_000;
const CACHE_TTL_MS = 5_000;

interface Cached extends StoredCredential {
  readonly expires_at: number | null;
}

export function openConnections(store: ConnectionStore, vault: Vault, now: () => number): Connections {
  const cache = new LRUCache<string, Cached>({ max: CACHE_MAX, ttl: CACHE_TTL_MS, perf: { now } });
  let changes = 0;
  const forget = (key: ConnectionKey): void => {
    changes += 1;
    cache.delete(cacheKey(key));
  };

  const load = async (key: ConnectionKey): Promise<Cached> => {
    const cached = cache.get(cacheKey(key));
    if (cached) return cached;
    const before = changes;
    const row = await existing(store, key);
    const opened = {
      type: row.credential_type,
      secret: open(vault, row),
      sealed: row.sealed,
      expires_at: row.expires_at,
    };
    // What was read before a change must not outlive it.
    if (changes === before) cache.set(cacheKey(key), opened);
    return opened;
  };

  return {
    put: async (key, { type, secret }, expiresAt) => {
      const input = { credential_type: type, sealed: vault.seal(secret, key), expires_at: expiresAt };
      const { row, isNew } = await store.put(key, input, now());
      forget(key);
      return { connection: shown(row, now()), isNew };
    },
    get: async (key) => shown(await existing(store, key), now()),
    remove: async (key) => {
      const removed = await store.remove(key);
      forget(key);
      if (!removed) throw notFound(key);
    },
    credentialFor: async (key, provider, accepted) => {
      const { expires_at, ...credential } = await load(key);
      if (expires_at !== null && expires_at <= now()) throw expired(key, provider, expires_at);
      if (!accepted.includes(credential.type)) throw wrongKind(provider, credential.type, accepted);
      return credential;
    },
    setStatus: async (key, { sealed }, status) => {
      if (await store.setStatus(key, sealed, status, now())) return;
      // It may only have been sealed again with another key since it was read.
      const row = await store.get(key);
      if (row && vault.isSame(row.sealed, sealed, row)) await store.setStatus(key, row.sealed, status, now());
    },
  };
}

async function existing(store: ConnectionStore, key: ConnectionKey): Promise<ConnectionRow> {
  const row = await store.get(key);
  if (!row) throw notFound(key);
  return row;
}

function open(vault: Vault, row: ConnectionRow): string {
  try {
    return vault.open(row.sealed, row);
  } catch (error) {
    const detail =
      'The stored credentials of this connection cannot be opened with the keys of this gateway. Store them again.';
    throw new ProblemError({ code: 'CONNECTION_UNREADABLE', detail, provider: row.provider }, { cause: error });
  }
}

/** What may be shown: everything but the credentials. */
function shown(row: ConnectionRow, now: number): Connection {
  const expired = row.expires_at !== null && row.expires_at <= now;
  return {
    customer_id: row.customer_id,
    provider_name: row.provider,
    credential_type: row.credential_type,
    status: expired ? 'needs_reauth' : row.status,
    ...(row.expires_at === null ? {} : { expires_at: new Date(row.expires_at).toISOString() }),
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}

function notFound({ customer_id, provider }: ConnectionKey): ProblemError {
  const detail = `Customer ${customer_id} has no connection to ${provider}. Make one with PUT /customers/${customer_id}/connections/${provider}.`;
  return new ProblemError({ code: 'CONNECTION_NOT_FOUND', detail, provider });
}

function expired(key: ConnectionKey, provider: NamedProvider, expiresAt: number): ProblemError {
  const detail = `The credentials for ${provider.title} expired at ${new Date(expiresAt).toISOString()}. Store new ones with PUT /customers/${key.customer_id}/connections/${key.provider}.`;
  return new ProblemError({ code: 'CONNECTION_NEEDS_REAUTH', detail, provider: provider.name });
}

function wrongKind(provider: NamedProvider, type: CredentialType, accepted: readonly CredentialType[]): ProblemError {
  const code = accepted.includes('api_key') ? 'CONNECTION_NEEDS_API_KEY' : 'CONNECTION_NEEDS_ACCESS_TOKEN';
  const detail = `${provider.title} takes ${accepted.join(' or ')} for this operation; the connection has ${type}. Nothing was sent.`;
  return new ProblemError({ code, detail, provider: provider.name });
}

function cacheKey({ customer_id, provider }: ConnectionKey): string {
  return JSON.stringify([customer_id, provider]);
}
