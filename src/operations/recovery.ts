/** Operations that a gateway has left when it died: found at the start and from time to time, and gone on with. */
import type { Logger } from 'pino';
import type { Clock } from '../core/ports.ts';
import { ProblemError, PROBLEMS } from '../model/problem.ts';
import type { OperationStore } from '../store/operation-store.ts';
import type { Operations, Resumable } from './operations.ts';

const EVERY_MS = 15_000;
/** What passes is waited for so long, from when it was found on: until then the caller repeats it himself, or never will. */
const PATIENCE_MS = 10 * 60_000;
const AT_ONCE = 50;
const MAX_LATER = 1000;
/** A key is kept so long at least, and what was sent and answered for so long after it was closed. */
const KEY_MS = 24 * 3_600_000;
export const DEFAULT_BODIES_MS = 7 * 24 * 3_600_000;

export interface Recovery {
  /** Looks once; resolves when what was found has been dealt with. */
  look(): Promise<void>;
  stop(): void;
}

export interface RecoveryHouse {
  readonly operations: Operations;
  readonly store: OperationStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bodiesKeptMs: number;
  /** Goes on with it; its ending is kept by the operation itself. */
  readonly goOn: (resumable: Resumable) => Promise<void>;
  /** What else is tidied at each look. */
  readonly sweeps?: readonly (() => Promise<void>)[];
}

/**
 * One with an idempotency key is gone on with, because its caller repeats with the same key and is then answered from it. One
 * without a key is only left open, and told in the log and in `GET /operations`: its caller may have sent it again already.
 */
export function startRecovery({
  operations,
  store,
  clock,
  log,
  bodiesKeptMs,
  goOn,
  sweeps = [],
}: RecoveryHouse): Recovery {
  /** What could not be done or known yet: when it may be, and until when it is tried. */
  const later = new Map<string, { readonly at: number; readonly until: number }>();

  const settle = async (id: string): Promise<void> => {
    const resumable = await operations.resume(id);
    if (!resumable) return;
    const { row, operation } = resumable;
    try {
      if (row.key_scope !== null) await goOn(resumable);
      else log.warn({ operation_id: id, kind: row.kind, provider: row.provider }, 'a write was interrupted');
    } finally {
      await operation.release();
    }
  };

  const look = async (): Promise<void> => {
    const now = clock.now();
    const abandoned = await store.open({ abandoned_at: now, limit: AT_ONCE });
    const due = [...later].flatMap(([id, { at }]) => (at <= now ? id : []));
    for (const id of new Set([...abandoned.map((row) => row.id), ...due])) {
      const { until } = later.get(id) ?? { until: now + PATIENCE_MS };
      later.delete(id);
      await settle(id).catch((error: unknown) => {
        const problems = error instanceof ProblemError ? error.problems : [];
        // Whatever else is not known of it: the reason passes.
        const passing = problems.find(({ code }) => 'retriable' in PROBLEMS[code]);
        if (passing && now < until && later.size < MAX_LATER) {
          const { retryAfterSeconds: seconds } = passing;
          later.set(id, { at: now + (seconds === undefined ? EVERY_MS : seconds * 1000), until });
        }
        const codes = problems.length > 0 ? problems.map(({ code }) => code) : ['unforeseen'];
        log.warn({ operation_id: id, codes }, 'an interrupted write is not finished yet');
      });
    }
    // A key without its answer could not be answered.
    await store.tidy({ keys_before: now - KEY_MS, bodies_before: now - Math.max(bodiesKeptMs, KEY_MS) });
    for (const sweep of sweeps) await sweep();
  };

  let looking = false;
  const quietly = (): void => {
    if (looking) return;
    looking = true;
    look()
      .catch((error: unknown) => {
        log.warn({ error: error instanceof Error ? error.name : typeof error }, 'the journal cannot be looked through');
      })
      .finally(() => {
        looking = false;
      });
  };
  const timer = setInterval(quietly, EVERY_MS);
  timer.unref();
  return {
    look,
    stop: () => {
      clearInterval(timer);
    },
  };
}
