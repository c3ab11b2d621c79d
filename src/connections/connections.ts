/** One customer's credentials for one provider: stored sealed, opened through a bounded cache, renewed where they can be. */
import { LRUCache } from 'lru-cache';
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Grant } from '../model/grant.ts';
import { ProblemError } from '../model/problem.ts';
import type { Claim, ConnectionInput, ConnectionKey, ConnectionStore, StatusNote } from '../store/connection-store.ts';
import type { ConnectionRow, ConnectionStatus, StoredType } from '../store/tables.ts';
import { connectionNotFound, expired, needsConsent, wrongKind } from './connection-problems.ts';
import { openRow, sealGrant, type Opened, type OpenedCredential, type StoredCredential } from './credentials.ts';
import type { Renewals } from './renewal.ts';
import type { Vault } from './vault.ts';

export type { OpenedCredential, StoredCredential } from './credentials.ts';

export interface Connection {
  readonly customer_id: string;
  readonly provider_name: string;
  readonly credential_type: StoredType;
  readonly status: ConnectionStatus;
  readonly reauth_reason?: string;
  /** Not of an oauth2 connection, whose access token is renewed. */
  readonly expires_at?: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Connections {
  put(
    key: ConnectionKey,
    credential: OpenedCredential,
    expiresAt: number | null,
  ): Promise<{ connection: Connection; isNew: boolean }>;
  /** Stores what the owner of an account has consented to, in place of whatever was there, together with the claim: both or neither. */
  putGrantWith(
    claim: Claim,
    key: ConnectionKey,
    grant: Grant,
  ): Promise<{ connection: Connection; isNew: boolean } | undefined>;
  /** @throws {ProblemError} 404 CONNECTION_NOT_FOUND. */
  get(key: ConnectionKey): Promise<Connection>;
  remove(key: ConnectionKey): Promise<void>;
  /**
   * The credential to call the provider with, if it is of a kind that reaches the operation; renewed where it ends soon. At once
   * where it is in memory and need not be renewed.
   * @throws {ProblemError} 404 without a connection; 424 when it has expired, is refused, cannot be opened or is of another
   * kind; 503 while it cannot be renewed.
   */
  credentialFor(
    key: ConnectionKey,
    provider: NamedProvider,
    accepted: readonly CredentialType[],
  ): StoredCredential | Promise<StoredCredential>;
  /** A pair that is in memory and good for a while yet: without waiting for anything. */
  atHand(key: ConnectionKey): StoredCredential | undefined;
  /**
   * Another access token in place of one that the provider has refused; undefined where there can be none, because the
   * credentials are not renewed, or are so new that a newer one would be refused too.
   * @throws {ProblemError} 404, 424 and 503 as above.
   */
  replace(
    key: ConnectionKey,
    provider: NamedProvider,
    accepted: readonly CredentialType[],
    refused: StoredCredential,
  ): Promise<StoredCredential | undefined>;
  /** Marks the connection, unless its credentials have been replaced since. @returns whether that changed it. */
  setStatus(key: ConnectionKey, credential: StoredCredential, note: StatusNote): Promise<boolean>;
}

export interface ConnectionsHouse {
  readonly store: ConnectionStore;
  readonly vault: Vault;
  readonly renewals: Renewals;
  readonly now: () => number;
}

/** At most this many opened credentials stay in memory, each for at most so long: another process may change them. */
const CACHE_MAX = 10_000;
const CACHE_TTL_MS = 5_000;

/** How long a request waits for another process that renews: shorter while the old token is still good. */
const PATIENCE_MS = 30_000;
const PATIENCE_WITH_TOKEN_MS = 5_000;
/** A token that is refused so soon after it was given is not refused for its age. */
const TOO_NEW_MS = 60_000;

export function openConnections({ store, vault, renewals, now }: ConnectionsHouse): Connections {
  const cache = new LRUCache<string, Opened>({ max: CACHE_MAX, ttl: CACHE_TTL_MS, perf: { now } });
  let changes = 0;
  const forget = (key: ConnectionKey): void => {
    changes += 1;
    cache.delete(cacheKey(key));
  };

  const load = async (key: ConnectionKey): Promise<Opened> => {
    const before = changes;
    const opened = openRow(vault, await existing(store, key));
    // What was read before a change must not outlive it.
    if (changes === before) cache.set(cacheKey(key), opened);
    return opened;
  };

  const keep = async (key: ConnectionKey, input: ConnectionInput) => {
    const { row, isNew } = await store.put(key, input, now());
    forget(key);
    return { connection: shown(row, now()), isNew };
  };

  const renewed = async (
    key: ConnectionKey,
    provider: NamedProvider,
    { credentials_id }: Opened,
    patienceMs: number,
  ): Promise<Opened> => {
    try {
      const row = await renewals.renew({ ...key, credentials_id }, provider, patienceMs);
      forget(key);
      return openRow(vault, row);
    } catch (error) {
      forget(key);
      throw error;
    }
  };

  /** As it is, where nothing has to be asked for it. @throws {ProblemError} 424 as `credentialFor`. */
  const goodAsItIs = (
    key: ConnectionKey,
    provider: NamedProvider,
    accepted: readonly CredentialType[],
    { pair, expires_at, type, refusal, credentials_id }: Opened,
  ): boolean => {
    if (!accepted.includes(type)) throw wrongKind(provider, type, accepted);
    if (expires_at !== null && expires_at <= now()) throw expired(key, provider, expires_at);
    // A new pair is there already, and only waits to be stored.
    if (renewals.hasUnstored(credentials_id)) return false;
    if (refusal !== undefined) throw needsConsent(key, provider, refusal);
    return !pair || now() < pair.renew_at;
  };

  /** Whatever is there may be good; it is looked at anew, but once: a pair that ends at once is sent all the same. */
  const usable = async (
    key: ConnectionKey,
    provider: NamedProvider,
    accepted: readonly CredentialType[],
    opened: Opened,
  ): Promise<Opened> => {
    if (goodAsItIs(key, provider, accepted, opened)) return opened;
    const { pair } = opened;
    const isGood = pair !== undefined && now() < pair.expires_at && opened.refusal === undefined;
    const cannotBe = isGood && (!pair.has_refresh_token || now() < pair.not_before);
    if (cannotBe && !renewals.hasUnstored(opened.credentials_id)) return opened;
    try {
      return await renewed(key, provider, opened, isGood ? PATIENCE_WITH_TOKEN_MS : PATIENCE_MS);
    } catch (error) {
      if (isGood && isPassing(error)) return opened;
      throw error;
    }
  };

  return {
    put: (key, { type, secret }, expiresAt) =>
      keep(key, { credential_type: type, sealed: vault.seal(secret, key), expires_at: expiresAt, minted_at: null }),
    putGrantWith: async (claim, key, grant) => {
      const stored = await store.putWith(claim, key, sealGrant(vault, key, grant), now());
      forget(key);
      return stored && { connection: shown(stored.row, now()), isNew: stored.isNew };
    },
    get: async (key) => shown(await existing(store, key), now()),
    remove: async (key) => {
      const removed = await store.remove(key);
      forget(key);
      if (!removed) throw connectionNotFound(key);
    },
    credentialFor: (key, provider, accepted) => {
      const cached = cache.get(cacheKey(key));
      if (!cached) return load(key).then((opened) => usable(key, provider, accepted, opened));
      return goodAsItIs(key, provider, accepted, cached) ? cached : usable(key, provider, accepted, cached);
    },
    atHand: (key) => {
      const cached = cache.get(cacheKey(key));
      if (!cached?.pair || cached.refusal !== undefined || now() >= cached.pair.renew_at) return undefined;
      return renewals.hasUnstored(cached.credentials_id) ? undefined : cached;
    },
    replace: async (key, provider, accepted, refused) => {
      if (!refused.pair) return undefined;
      forget(key);
      const opened = await load(key);
      if (opened.credentials_id !== refused.credentials_id) return usable(key, provider, accepted, opened);
      if (!opened.pair?.has_refresh_token || now() < opened.pair.minted_at + TOO_NEW_MS) return undefined;
      // Whatever the clock says, the old one is refused: there is nothing to fall back on.
      return renewed(key, provider, opened, PATIENCE_MS);
    },
    setStatus: async (key, { credentials_id }, note) => {
      const changed = await store.setStatus(key, credentials_id, note, now());
      forget(key);
      return changed;
    },
  };
}

async function existing(store: ConnectionStore, key: ConnectionKey): Promise<ConnectionRow> {
  const row = await store.get(key);
  if (!row) throw connectionNotFound(key);
  return row;
}

/** What may be shown: everything but the credentials. */
function shown(row: ConnectionRow, now: number): Connection {
  const expires = row.credential_type === 'oauth2' ? null : row.expires_at;
  const reason = row.reauth_reason;
  return {
    customer_id: row.customer_id,
    provider_name: row.provider,
    credential_type: row.credential_type,
    status: expires !== null && expires <= now ? 'needs_reauth' : row.status,
    ...(row.status === 'active' || reason === null ? {} : { reauth_reason: reason }),
    ...(expires === null ? {} : { expires_at: new Date(expires).toISOString() }),
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}

/** A 503 passes; a refusal does not, and who was refused is not to be used any more. */
function isPassing(error: unknown): boolean {
  return error instanceof ProblemError && error.problems.every(({ code }) => PASSING.has(code));
}

const PASSING: ReadonlySet<string> = new Set(['CONNECTION_NOT_RENEWED', 'OAUTH_MISCONFIGURED', 'STORE_UNAVAILABLE']);

/** Neither part can hold a line break. */
function cacheKey({ customer_id, provider }: ConnectionKey): string {
  return `${provider}\n${customer_id}`;
}
