/** Refresh tokens that die unused: connections that nobody has used for long are renewed all the same. */
import type { Logger } from 'pino';
import { every } from '../core/every.ts';
import type { Clock } from '../core/ports.ts';
import type { Registry } from '../core/registry.ts';
import { isNone } from '../model/cell.ts';
import type { RefreshStore } from '../store/refresh-store.ts';
import type { ConnectionRow } from '../store/tables.ts';
import type { Renewals } from './renewal.ts';

export interface IdleRenewal {
  /** Looks once; resolves when what was found has been renewed, or not. */
  look(): Promise<void>;
  stop(): void;
}

export interface IdleHouse {
  readonly registry: Registry;
  readonly store: RefreshStore;
  readonly renewals: Renewals;
  readonly clock: Clock;
  readonly log: Logger;
}

const EVERY_MS = 3_600_000;
/** Renewed of one provider in one look: the rest has half of its time left for the next ones. */
const AT_ONCE = 100;
const DAY_MS = 86_400_000;

/** Of several processes, the lease of each connection lets one renew it; where another one is at it, none waits. */
export function startIdleRenewal({ registry, store, renewals, clock, log }: IdleHouse): IdleRenewal {
  let stopped = false;
  /** Page by page past those that cannot be renewed: they must not keep the others from it. */
  async function* idleOnes(
    provider: string,
    asked: Parameters<RefreshStore['idle']>[1],
  ): AsyncGenerator<ConnectionRow> {
    for (let page = await store.idle(provider, asked); ;) {
      yield* page;
      const after = page.at(-1);
      if (!after) return;
      page = await store.idle(provider, { ...asked, after });
    }
  }
  const look = async (): Promise<void> => {
    for (const provider of registry.values()) {
      const days = isNone(provider.oauth) ? undefined : provider.oauth.idle_days;
      if (days === undefined) continue;
      const now = clock.now();
      const asked = { mintedBefore: now - (days * DAY_MS) / 2, now, limit: AT_ONCE };
      let renewed = 0;
      for await (const row of idleOnes(provider.name, asked)) {
        if (stopped) return;
        if (renewed >= AT_ONCE) break;
        // What goes wrong is noted on the connection, and told to whoever uses it.
        renewed += await renewals.renew(row, provider, 0).then(
          () => 1,
          () => 0,
        );
      }
    }
  };

  const looking = every(EVERY_MS, look, (error) => {
    log.warn({ error: error instanceof Error ? error.name : typeof error }, 'idle connections cannot be looked for');
  });
  return {
    look: looking.now,
    stop: () => {
      stopped = true;
      void looking.stop();
    },
  };
}
