/** The gateway's own keys: who presents which, and what that one may do. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { API_KEY_PEPPER, keepSecret } from '../connections/secrets.ts';
import type { Vault } from '../connections/vault.ts';
import { ProblemError } from '../model/problem.ts';
import type { Role } from '../model/role.ts';
import type { ApiKeyStore } from '../store/api-key-store.ts';
import type { SecretStore } from '../store/secret-store.ts';
import { sortableId } from '../store/sortable-id.ts';
import type { ApiKeyRow } from '../store/tables.ts';
import { hideKeys, newKeyText, prefixOf } from './key-text.ts';

export interface Caller {
  /** Of the key. */
  readonly id: string;
  readonly role: Role;
  /** Absent: every customer. */
  readonly customers?: ReadonlySet<string>;
}

/** The key of the settings. It is not in the database, and no request can revoke it. */
const SETTINGS_KEY_ID = 'env';

export interface ApiKeyAsked {
  readonly name: string;
  readonly role: Role;
  readonly customers?: readonly string[] | undefined;
}

export interface ApiKeys {
  /** What is remembered of a presented key, at once; null for one that is not known, undefined where it must be looked up. */
  recall(presented: string): Caller | null | undefined;
  /** @throws {ProblemError} 503 where the store is away. */
  identify(presented: string): Promise<Caller | null>;
  /** The text is nowhere else, and cannot be had again. */
  create(asked: ApiKeyAsked, by: string): Promise<{ readonly row: ApiKeyRow; readonly text: string }>;
  /** Newest first; also those that are revoked. */
  list: ApiKeyStore['list'];
  /**
   * At once here, and within `REMEMBERED_MS` in other processes.
   * @throws {ProblemError} 404 where there is no such key, 422 for that of the settings.
   */
  revoke(id: string, by: string): Promise<void>;
}

export interface ApiKeyHouse {
  readonly store: ApiKeyStore;
  readonly secrets: SecretStore;
  readonly vault: Vault;
  readonly settingsKey: string;
  readonly now: () => number;
}

/** How long a key that was looked up is not looked up again: as long as one that another process revokes can be used here. */
export const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;
const PEPPER_BYTES = 32;
const TRIES = 5;

export function openApiKeys({ store, secrets, vault, settingsKey, now }: ApiKeyHouse): ApiKeys {
  // The clock is asked at every look, because a test's may have moved within a millisecond.
  const bounds = { max: MAX_REMEMBERED, ttl: REMEMBERED_MS, ttlResolution: 0, perf: { now } };
  const known = new LRUCache<string, Caller>(bounds);
  /** Apart, so that whoever tries keys out does not push the others out. */
  const unknown = new LRUCache<string, true>(bounds);
  const looking = new Map<string, Promise<Caller | null>>();
  const settingsDigest = digest(settingsKey);
  let revocations = 0;
  let pepper: string | undefined;

  const readPepper = (): Promise<string> =>
    keepSecret(secrets, vault, API_KEY_PEPPER, () => randomBytes(PEPPER_BYTES).toString('base64url'));
  const isOf = async (row: ApiKeyRow, presented: string): Promise<boolean> => {
    const known = (pepper ??= await readPepper());
    if (isEqual(row.hash, hashOf(presented, known))) return true;
    // Whoever gives up a master key gives up this secret, and gateways that run meanwhile must come to know the new one.
    pepper = await readPepper();
    return pepper !== known && isEqual(row.hash, hashOf(presented, pepper));
  };
  const look = async (presented: string, prefix: string): Promise<Caller | null> => {
    const [start, before] = [now(), revocations];
    const row = await store.find(prefix);
    const isRight = row && (await isOf(row, presented));
    const caller = isRight ? callerOf(row) : null;
    // What was read before a revocation must not outlive it.
    if (caller === null) unknown.set(presented, true, { start });
    else if (revocations === before) known.set(presented, caller, { start });
    return caller;
  };
  const forget = (id: string): void => {
    revocations += 1;
    looking.clear();
    for (const [presented, caller] of known.entries()) if (caller.id === id) known.delete(presented);
  };

  return {
    recall: (presented) => {
      const caller = known.get(presented);
      if (caller) return caller;
      if (unknown.has(presented)) return null;
      if (timingSafeEqual(digest(presented), settingsDigest)) {
        known.set(presented, SETTINGS_CALLER);
        return SETTINGS_CALLER;
      }
      return prefixOf(presented) === undefined ? null : undefined;
    },
    identify: (presented) => {
      const prefix = prefixOf(presented);
      if (prefix === undefined) return Promise.resolve(null);
      const underway = looking.get(presented);
      if (underway) return underway;
      const begun = look(presented, prefix).finally(() => {
        if (looking.get(presented) === begun) looking.delete(presented);
      });
      looking.set(presented, begun);
      return begun;
    },
    create: async ({ name, role, customers }, by) => {
      for (let tried = 0; tried < TRIES; tried += 1) {
        const { text, prefix } = newKeyText();
        pepper = await readPepper();
        const at = now();
        const row: ApiKeyRow = {
          id: sortableId(at),
          prefix,
          hash: hashOf(text, pepper),
          name,
          role,
          customers: customers ? JSON.stringify(customers) : null,
          created_at: at,
          created_by: by,
          revoked_at: null,
          revoked_by: null,
        };
        if (await store.add(row)) return { row, text };
      }
      throw new TypeError('No free prefix was found for an API key.');
    },
    list: (page) => store.list(page),
    revoke: async (id, by) => {
      if (id === SETTINGS_KEY_ID) throw new ProblemError(inSettings());
      if (!ID.test(id)) throw apiKeyNotFound(id);
      // Also where the store failed, after it may have been done.
      const isThere = await store.revoke(id, by, now()).finally(() => {
        forget(id);
      });
      if (!isThere) throw apiKeyNotFound(id);
    },
  };
}

const SETTINGS_CALLER: Caller = { id: SETTINGS_KEY_ID, role: 'admin' };

function callerOf({ id, role, customers }: ApiKeyRow): Caller {
  return customers === null
    ? { id, role }
    : { id, role, customers: new Set(JSON.parse(customers) as readonly string[]) };
}

const ID = /^[0-9a-f-]{36}$/;

function apiKeyNotFound(id: string): ProblemError {
  return new ProblemError({ code: 'API_KEY_NOT_FOUND', detail: `There is no API key ${hideKeys(id)}.` });
}

function inSettings() {
  const detail =
    'This key is the setting STEPGATE_API_KEY: change it there and start the gateway again. Nothing was changed.';
  return { code: 'API_KEY_IN_SETTINGS', detail } as const;
}

function hashOf(text: string, pepper: string): string {
  return createHmac('sha256', pepper).update(text).digest('hex');
}

function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));
}

/** Digests are compared, so that neither the length nor the beginning of the key shows in the time it takes. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
