/** New pairs that the store has not taken yet: each is the only one that is good, and is kept in memory until it does. */
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../core/ports.ts';
import { ProblemError } from '../model/problem.ts';
import type { ConnectionInput, ConnectionStore } from '../store/connection-store.ts';
import type { RefreshStore, RenewedKey } from '../store/refresh-store.ts';
import type { ConnectionRow } from '../store/tables.ts';
import { connectionNotFound } from './connection-problems.ts';

export interface UnstoredPairs {
  /** Whether there is one in place of these credentials. */
  has(credentialsId: string): boolean;
  get(credentialsId: string): ConnectionInput | undefined;
  /**
   * Tries for ten seconds, and keeps it for later where that was no use.
   * @throws {ProblemError} 503 STORE_UNAVAILABLE, and 404 where the connection is gone.
   */
  store(key: RenewedKey, input: ConnectionInput): Promise<ConnectionRow>;
  /** Tries each once; what the store still does not take is kept. */
  retry(): Promise<void>;
  /** For the end of the process: tries for five seconds, and names in the log what is lost then. */
  flush(): Promise<void>;
}

export interface UnstoredHouse {
  readonly store: ConnectionStore;
  readonly renewals: RefreshStore;
  readonly clock: Clock;
  readonly log: Logger;
}

const STORE_PATIENCE_MS = 10_000;
const FLUSH_PATIENCE_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;
const MAX_UNSTORED = 1_000;

export function keepUnstored({ store, renewals, clock, log }: UnstoredHouse): UnstoredPairs {
  /** By the credentials that they replace. */
  const kept = new LRUCache<string, { readonly key: RenewedKey; readonly input: ConnectionInput }>({
    max: MAX_UNSTORED,
    dispose: ({ key }, _id, reason) => {
      if (reason === 'evict') log.error(aboutOf(key), 'a new pair of tokens is lost: too many wait to be stored');
    },
  });

  const storeOnce = async (key: RenewedKey, input: ConnectionInput): Promise<ConnectionRow> => {
    const stored = await renewals.replace(key, input, clock.now());
    kept.delete(key.credentials_id);
    const row = stored ?? (await store.get(key));
    if (!row) throw connectionNotFound(key);
    return row;
  };
  const retry = async (): Promise<void> => {
    for (const { key, input } of [...kept.values()])
      await storeOnce(key, input).then(
        () => {
          log.info(aboutOf(key), 'a new pair of tokens was stored late');
        },
        () => undefined,
      );
  };

  return {
    has: (id) => kept.has(id),
    get: (id) => kept.get(id)?.input,
    store: async (key, input) => {
      kept.set(key.credentials_id, { key, input });
      const deadline = clock.now() + STORE_PATIENCE_MS;
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
        try {
          return await storeOnce(key, input);
        } catch (error) {
          if (!isStoreAway(error)) throw error;
          if (clock.now() + pause > deadline) {
            log.error(aboutOf(key), 'a new pair of tokens could not be stored');
            throw unstored(key, error);
          }
          await clock.wait(pause);
        }
      }
    },
    retry,
    flush: async () => {
      const deadline = clock.now() + FLUSH_PATIENCE_MS;
      await retry();
      while (kept.size > 0 && clock.now() < deadline) {
        await clock.wait(LONGEST_PAUSE_MS);
        await retry();
      }
      for (const { key } of kept.values())
        log.error(aboutOf(key), 'a new pair of tokens is lost: the store did not take it before the process ended');
    },
  };
}

const UNSTORED =
  'The provider has given a new pair of tokens, and the store of the gateway does not take it. It is kept in memory, and stored as soon as that can be done; if this process is killed before, the account must be authorized again.';

function unstored({ provider }: RenewedKey, cause: unknown): ProblemError {
  return new ProblemError({ code: 'STORE_UNAVAILABLE', detail: UNSTORED, provider }, { cause });
}

function aboutOf({ customer_id, provider }: RenewedKey): { readonly customer_id: string; readonly provider: string } {
  return { customer_id, provider };
}

function isStoreAway(error: unknown): boolean {
  return error instanceof ProblemError && error.problems.some(({ code }) => code === 'STORE_UNAVAILABLE');
}
