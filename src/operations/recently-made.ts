/** What this process has made lately, also where the journal keeps nothing of it: asked for only when an outcome is not known. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/ports.ts';
import type { Created } from '../model/problem.ts';

/** The operation that made it, and its connection. */
interface Maker {
  readonly id: string;
  readonly customer_id: string;
  readonly provider: string;
}

export interface RecentlyMade {
  add(maker: Maker, made: Created): void;
  /** What others than this one have made: what it has made itself, and could not write down, is what it looks for. */
  ids(maker: Maker, kind: string): readonly string[];
  forget(): void;
}

const MAX = 10_000;
const TTL_MS = 10 * 60_000;

interface Made {
  readonly maker: Maker;
  readonly made: Created;
}

export function recentlyMade(clock: Clock): RecentlyMade {
  const all = new LRUCache<string, Made>({ max: MAX, ttl: TTL_MS, perf: { now: () => clock.now() } });
  return {
    add: (maker, made) => {
      all.set(JSON.stringify([maker.customer_id, maker.provider, made.kind, made.id]), { maker, made });
    },
    ids: ({ id, customer_id, provider }, kind) =>
      [...all.values()].flatMap(({ maker, made }) => {
        const same = maker.customer_id === customer_id && maker.provider === provider && made.kind === kind;
        return same && maker.id !== id ? [made.id] : [];
      }),
    forget: () => {
      all.clear();
    },
  };
}
