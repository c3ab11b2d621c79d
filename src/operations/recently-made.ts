/** What this process has made lately, also where the journal keeps nothing of it: asked for only when an outcome is not known. */
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
  readonly at: number;
  readonly by: string;
  readonly customer_id: string;
  readonly provider: string;
  readonly kind: string;
  readonly id: string;
}

/** A ring: each write adds to it, and hardly any ever asks. */
export function recentlyMade(clock: Clock): RecentlyMade {
  let ring: Made[] = [];
  let next = 0;
  return {
    add: ({ id: by, customer_id, provider }, { kind, id }) => {
      ring[next] = { at: clock.now(), by, customer_id, provider, kind, id };
      next = (next + 1) % MAX;
    },
    ids: (maker, kind) => {
      const since = clock.now() - TTL_MS;
      const makers = new Map<string, string>();
      // Oldest first: it is the last one's.
      for (const made of [...ring.slice(next), ...ring.slice(0, next)]) {
        const { customer_id, provider } = maker;
        const same = made.customer_id === customer_id && made.provider === provider && made.kind === kind;
        if (same && made.at >= since) makers.set(made.id, made.by);
      }
      return [...makers].flatMap(([id, by]) => (by === maker.id ? [] : [id]));
    },
    forget: () => {
      ring = [];
      next = 0;
    },
  };
}
