/**
 * Authorizations: how the consent of a person in a browser becomes a connection of one customer.
 *
 * Three parties must agree: the backend that asked for it, one browser from beginning to end, and the backend again when
 * that browser has come back to it. What each of them holds is 256 random bits, and is kept as SHA-256 only.
 */
import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../core/ports.ts';
import type { Grant } from '../model/grant.ts';
import { ProblemError } from '../model/problem.ts';
import type { AuthorizationStore } from '../store/authorization-store.ts';
import type { ConnectionKey } from '../store/connection-store.ts';
import type { AuthorizationRow } from '../store/tables.ts';
import type { Connection, Connections } from './connections.ts';
import type { Vault } from './vault.ts';

/** For each of: going to the provider and coming back, the exchange, the backend's confirmation. */
export const STEP_MS = 10 * 60_000;
/** Of a customer and provider at a time; a new one drops the oldest. */
export const MAX_AUTHORIZATIONS = 20;
const KEPT_MS = 24 * 3_600_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface Authorization {
  readonly id: string;
  readonly status: 'pending' | 'granted' | 'confirmed' | 'failed' | 'expired';
  readonly error?: string;
  readonly created_at: string;
  readonly expires_at: string;
}

/** Why a browser gets no further. */
export type Refusal = 'unknown' | 'used' | 'expired' | 'other_browser' | 'other_site';

/** What the browser sends as its cookie for an authorization. */
export type CookieOf = (id: string) => string | undefined;

/** What a browser proves to hold: `browser` goes into its cookie, the others are made of it. */
export interface BrowserSecrets {
  readonly browser: string;
  readonly state: string;
  readonly code_verifier: string;
}

export type Step = { readonly row: AuthorizationRow; readonly secrets: BrowserSecrets } | Refusal;

export interface Confirmed {
  readonly connection: Connection;
  readonly isNew: boolean;
  /** The same has been confirmed before; nothing was changed now. */
  readonly isReplayed: boolean;
}

export interface Authorizations {
  /** `startId` opens the page; it is not kept. */
  ask(key: ConnectionKey, returnUrl: string): Promise<{ authorization: Authorization; startId: string }>;
  /** @throws {ProblemError} 404 AUTHORIZATION_NOT_FOUND. */
  get(key: ConnectionKey, id: string): Promise<Authorization>;
  /** Changes nothing, because programs that look at links open this too. A browser that is new to it gets new secrets. */
  look(startId: string, cookieOf: CookieOf): Promise<Step>;
  /** Binds it to this browser; the same browser may do so again. */
  start(startId: string, cookieOf: CookieOf): Promise<Step>;
  /** Uses the state up: of several at once, one gets the row. */
  comeBack(state: string, cookieOf: CookieOf): Promise<Step>;
  /** @returns the code for the backend; undefined where it was dropped meanwhile. */
  keepGrant(row: AuthorizationRow, grant: Grant): Promise<string | undefined>;
  fail(row: AuthorizationRow, error: string): Promise<void>;
  /**
   * Makes the connection, once; the same confirmation again is answered with the connection as it is. Where it belongs to
   * another customer, the grant is dropped: somebody has opened a link that was not made for him. For another provider
   * of the same customer it is only a slip, and the right one can still be named.
   * @throws {ProblemError} 404 AUTHORIZATION_NOT_FOUND.
   */
  confirm(key: ConnectionKey, id: string, confirmation: string): Promise<Confirmed>;
  tidy(): Promise<void>;
}

export interface AuthorizationHouse {
  readonly store: AuthorizationStore;
  readonly connections: Connections;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Logger;
}

export function openAuthorizations({ store, connections, vault, clock, log }: AuthorizationHouse): Authorizations {
  const look = async (startId: string, cookieOf: CookieOf): Promise<Step> => {
    const row = isSecret(startId) ? await store.byStart(hashOf(startId)) : undefined;
    if (!row) return 'unknown';
    if (row.status !== 'open' && row.status !== 'started') return 'used';
    if (row.expires_at <= clock.now()) return 'expired';
    const cookie = readCookie(row, cookieOf);
    if (row.status === 'started' && !isBrowserOf(row, cookie)) return 'other_browser';
    return { row, secrets: secretsOf(row, cookie ?? newSecret()) };
  };

  return {
    look,
    ask: async (key, returnUrl) => {
      const startId = newSecret();
      const now = clock.now();
      const row: AuthorizationRow = {
        id: randomUUID(),
        customer_id: key.customer_id,
        provider: key.provider,
        return_url: returnUrl,
        status: 'open',
        start_hash: hashOf(startId),
        browser_hash: null,
        state_hash: null,
        confirmation_hash: null,
        sealed_grant: null,
        error: null,
        created_at: now,
        expires_at: now + STEP_MS,
      };
      await store.add(row, MAX_AUTHORIZATIONS);
      return { authorization: shown(row, now), startId };
    },
    get: async (key, id) => {
      const row = UUID.test(id) ? await store.byId(key, id) : undefined;
      if (!row) throw notFound(key);
      return shown(row, clock.now());
    },
    start: async (startId, cookieOf) => {
      const step = await look(startId, cookieOf);
      if (typeof step === 'string') return step;
      const { row, secrets } = step;
      // Only a page of ours in this very browser can have been given the cookie.
      if (readCookie(row, cookieOf) === undefined) return 'other_browser';
      const hashes = { browser_hash: hashOf(secrets.browser), state_hash: hashOf(secrets.state) };
      return (await store.bind(row.id, hashes, clock.now())) ? step : 'used';
    },
    comeBack: async (state, cookieOf) => {
      const row = isSecret(state) ? await store.byState(hashOf(state)) : undefined;
      if (!row) return 'unknown';
      const cookie = readCookie(row, cookieOf);
      if (!isBrowserOf(row, cookie)) return 'other_browser';
      if (row.status !== 'started') return 'used';
      const now = clock.now();
      if (row.expires_at <= now) return 'expired';
      const taken = await store.take(row.id, 'started', { status: 'returned', expires_at: now + STEP_MS }, now);
      return taken ? { row, secrets: secretsOf(row, cookie) } : 'used';
    },
    keepGrant: async (row, grant) => {
      const confirmation = newSecret();
      const now = clock.now();
      const change = {
        status: 'granted',
        confirmation_hash: hashOf(confirmation),
        sealed_grant: vault.seal(JSON.stringify(grant), row),
        expires_at: now + STEP_MS,
      } as const;
      return (await store.take(row.id, 'returned', change, now)) ? confirmation : undefined;
    },
    fail: async (row, error) => {
      await store.take(row.id, 'returned', { status: 'failed', error }, clock.now());
    },
    confirm: async (key, id, confirmation) => {
      const row = UUID.test(id) ? await store.byAnyId(id) : undefined;
      if (!row || !isSame(hashOf(confirmation), row.confirmation_hash)) throw notConfirmed(key);
      const now = clock.now();
      if (row.customer_id !== key.customer_id) {
        const dropped = { status: 'failed', error: 'confirmed_for_another', sealed_grant: null } as const;
        if (await store.take(id, 'granted', dropped, now)) log.warn(key, 'a grant for another customer was dropped');
        throw notConfirmed(key);
      }
      if (row.provider !== key.provider || row.expires_at <= now) throw notConfirmed(key);
      if (row.status === 'granted' && row.sealed_grant !== null) {
        const grant = openGrant(vault, row, row.sealed_grant);
        const made = await connections.putGrantWith(store.confirming(id, now), key, grant);
        if (made) return { ...made, isReplayed: false };
      }
      const isConfirmed = (await store.byId(key, id))?.status === 'confirmed';
      if (!isConfirmed) throw notConfirmed(key);
      return { connection: await connections.get(key), isNew: false, isReplayed: true };
    },
    tidy: async () => {
      const now = clock.now();
      await store.tidy(now, now - KEPT_MS);
    },
  };
}

/** The state and the verifier are made of the cookie, so that a second click sends the same, and no copy has to be kept. */
function secretsOf({ id }: AuthorizationRow, browser: string): BrowserSecrets {
  const derive = (what: string): string => createHmac('sha256', browser).update(`${what} ${id}`).digest('base64url');
  return { browser, state: derive('state'), code_verifier: derive('code_verifier') };
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function isSecret(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

function readCookie({ id }: AuthorizationRow, cookieOf: CookieOf): string | undefined {
  const cookie = cookieOf(id);
  return cookie !== undefined && isSecret(cookie) ? cookie : undefined;
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function isBrowserOf(row: AuthorizationRow, cookie: string | undefined): cookie is string {
  return cookie !== undefined && isSame(hashOf(cookie), row.browser_hash);
}

function isSame(hash: string, other: string | null): boolean {
  return other !== null && timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(other, 'hex'));
}

function openGrant(vault: Vault, row: AuthorizationRow, sealed: string): Grant {
  try {
    return JSON.parse(vault.open(sealed, row)) as Grant;
  } catch (error) {
    const detail = 'What was granted cannot be opened with the keys of this gateway. Begin again.';
    throw new ProblemError({ code: 'CONNECTION_UNREADABLE', detail, provider: row.provider }, { cause: error });
  }
}

function shown(row: AuthorizationRow, now: number): Authorization {
  const { id, status, error, created_at, expires_at } = row;
  const isOver = status === 'confirmed' || status === 'failed';
  const isPending = status === 'open' || status === 'started' || status === 'returned';
  return {
    id,
    status: !isOver && expires_at <= now ? 'expired' : isPending ? 'pending' : status,
    ...(error === null ? {} : { error }),
    created_at: new Date(created_at).toISOString(),
    expires_at: new Date(expires_at).toISOString(),
  };
}

function notFound(key: ConnectionKey): ProblemError {
  return unknownTo(key, 'it has been dropped for newer ones, or its id is wrong');
}

/** The same words for each reason, so that nobody learns which authorizations there are. */
function notConfirmed(key: ConnectionKey): ProblemError {
  return unknownTo(
    key,
    'it has expired, its id or confirmation is wrong, or it did not succeed. Whoever confirms for another customer than the one it was made for drops what was granted; another provider drops nothing',
  );
}

function unknownTo({ customer_id, provider }: ConnectionKey, why: string): ProblemError {
  const path = `/customers/${customer_id}/connections/${provider}/authorize`;
  const detail = `Customer ${customer_id} has no such authorization for ${provider}: it is another customer's or provider's, ${why}. Begin again with POST ${path}.`;
  return new ProblemError({ code: 'AUTHORIZATION_NOT_FOUND', detail, provider });
}
