/** Operations that a gateway has left when it died: found at the start and from time to time, and gone on with. */
import type { Logger } from 'pino';
import type { Clock } from '../core/ports.ts';
import { ProblemError } from '../model/problem.ts';
import type { OperationStore } from '../store/operation-store.ts';
import type { Operations, Resumable } from './operations.ts';

const EVERY_MS = 15_000;
const AT_ONCE = 50;
/** So long after it began, what is still not settled is looked at again; then it waits for its caller or for a resume. */
const AGAIN_MS = 10 * 60_000;
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
}

/**
 * One with an idempotency key is gone on with, again and again for a while, because the outcome of a call may not show yet; its
 * caller repeats with the same key and is then answered from it. One without a key is only left open, and told in the log and
 * in `GET /operations`: its caller may have sent it again already.
 */
export function startRecovery({ operations, store, clock, log, bodiesKeptMs, goOn }: RecoveryHouse): Recovery {
  const settle = async (id: string): Promise<void> => {
    const resumable = await operations.resume(id);
    if (!resumable) return;
    const { row, operation } = resumable;
    try {
      if (row.key_scope !== null) await goOn(resumable);
      else {
        await store.write([{ set: { id, values: { lease_owner: null, lease_until: 0 } } }]);
        log.warn({ operation_id: id, kind: row.kind, provider: row.provider }, 'a write was interrupted');
      }
    } finally {
      await operation.release();
      const isYoung = clock.now() - row.created_at < AGAIN_MS;
      if (row.key_scope !== null && row.lease_owner !== null && isYoung) await store.abandon(id, row.lease_owner);
    }
  };

  const look = async (): Promise<void> => {
    const now = clock.now();
    const abandoned = await store.open({ abandoned_at: now, limit: AT_ONCE });
    for (const { id } of abandoned) {
      await settle(id).catch((error: unknown) => {
        const codes = error instanceof ProblemError ? error.problems.map(({ code }) => code) : ['unforeseen'];
        log.warn({ operation_id: id, codes }, 'an interrupted write is not finished yet');
      });
    }
    await store.tidy({ keys_before: now - KEY_MS, bodies_before: now - bodiesKeptMs });
  };

  const quietly = (): void => {
    look().catch((error: unknown) => {
      log.warn({ error: error instanceof Error ? error.name : typeof error }, 'the journal cannot be looked through');
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
