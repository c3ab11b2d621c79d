/** What this process has made lately, also where the journal keeps nothing of it: asked for only when an outcome is not known. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/ports.ts';
import type { Created } from '../model/problem.ts';

interface Connection {
  readonly customer_id: string;
  readonly provider: string;
}

export interface RecentlyMade {
  add(connection: Connection, made: Created): void;
  ids(connection: Connection, kind: string): readonly string[];
}

const MAX = 10_000;
const TTL_MS = 10 * 60_000;

export function recentlyMade(clock: Clock): RecentlyMade {
  const all = new LRUCache<string, Connection & Created>({ max: MAX, ttl: TTL_MS, perf: { now: () => clock.now() } });
  return {
    add: ({ customer_id, provider }, { kind, id }) => {
      all.set(JSON.stringify([customer_id, provider, kind, id]), { customer_id, provider, kind, id });
    },
    ids: ({ customer_id, provider }, kind) =>
      [...all.values()].flatMap((each) =>
        each.customer_id === customer_id && each.provider === provider && each.kind === kind ? [each.id] : [],
      ),
  };
}
