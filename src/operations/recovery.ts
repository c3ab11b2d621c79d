/** Operations that a gateway has left when it died: found at the start and from time to time, and gone on with. */
import type { Logger } from 'pino';
import type { Clock } from '../core/ports.ts';
import { ProblemError } from '../model/problem.ts';
import type { OperationStore } from '../store/operation-store.ts';
import type { Operations, Resumable } from './operations.ts';

const EVERY_MS = 15_000;
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
  /** What else is swept in the same rhythm. */
  readonly tidy: () => Promise<void>;
  /** Goes on with it; its ending is kept by the operation itself. */
  readonly goOn: (resumable: Resumable) => Promise<void>;
}

/**
 * One with an idempotency key is gone on with, because its caller repeats with the same key and is then answered from it. One
 * without a key is only left open, and told in the log and in `GET /operations`: its caller may have sent it again already.
 */
export function startRecovery({ operations, store, clock, log, bodiesKeptMs, tidy, goOn }: RecoveryHouse): Recovery {
  /** What could not be known yet, and when it can be. */
  const later = new Map<string, number>();

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
    const due = [...later].flatMap(([id, at]) => (at <= now ? id : []));
    for (const id of new Set([...abandoned.map((row) => row.id), ...due])) {
      later.delete(id);
      await settle(id).catch((error: unknown) => {
        const problems = error instanceof ProblemError ? error.problems : [];
        const [pause] = problems.flatMap(({ code, retryAfterSeconds: seconds }) =>
          code === 'OUTCOME_NOT_SETTLED' ? (seconds ?? []) : [],
        );
        if (pause !== undefined && later.size < MAX_LATER) later.set(id, now + pause * 1000);
        const codes = problems.length > 0 ? problems.map(({ code }) => code) : ['unforeseen'];
        log.warn({ operation_id: id, codes }, 'an interrupted write is not finished yet');
      });
    }
    // A key without its answer could not be answered.
    await store.tidy({ keys_before: now - KEY_MS, bodies_before: now - Math.max(bodiesKeptMs, KEY_MS) });
    await tidy();
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
