/** Finds the operations that a gateway has left open when it died, at the start and from time to time, and goes on with them. */
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { every } from '../core/every.ts';
import type { Clock } from '../core/ports.ts';
import { ProblemError, PROBLEMS, type Problem } from '../model/problem.ts';
import type { OperationStore } from '../store/operation-store.ts';
import type { OperationRow } from '../store/tables.ts';
import type { Operations, Resumable } from './operations.ts';

const EVERY_MS = 15_000;
/** For how long an operation is tried after this process found it. By then its caller has repeated the request, or never will. */
const PATIENCE_MS = 10 * 60_000;
const PAGE = 50;
/** For how many operations this process remembers when it found them. For one that is forgotten, the patience begins anew. */
const MAX_FOUND = 1000;
/** A key is kept so long at least, and what was sent and answered for so long after it was closed. */
const KEY_MS = 24 * 3_600_000;
export const DEFAULT_BODIES_MS = 7 * 24 * 3_600_000;

export interface Recovery {
  /** Looks once; resolves when what was found has been dealt with. */
  look(): Promise<void>;
  /** Goes on with no other operation. */
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
  const foundAt = new LRUCache<string, number>({ max: MAX_FOUND });
  let isStopped = false;

  /** @returns why records of a batch are not finished. */
  const settle = async (id: string, now: number): Promise<readonly Problem[]> => {
    const resumable = await operations.resume(id, (problems) => againAt(id, problems, now));
    if (!resumable) return [];
    const { row, operation } = resumable;
    let why: readonly Problem[] = [];
    try {
      if (row.key_scope !== null) await goOn(resumable);
      else log.warn({ operation_id: id, kind: row.kind, provider: row.provider }, 'a write was interrupted');
    } catch (error) {
      why = problemsOf(error);
      throw error;
    } finally {
      await operation.release(why);
    }
    return operation.unfinished;
  };

  /** When it is worth another try; undefined where it is not, or has been tried for long enough. */
  const againAt = (id: string, problems: readonly Problem[], now: number): number | undefined => {
    // Of any other problem it is not known that its reason passes.
    const passing = problems.find(({ code }) => 'retriable' in PROBLEMS[code]);
    const found = foundAt.get(id) ?? now;
    if (!passing || now >= found + PATIENCE_MS) return undefined;
    foundAt.set(id, found);
    return now + (passing.retryAfterSeconds === undefined ? EVERY_MS : passing.retryAfterSeconds * 1000);
  };

  const isClosed = async (id: string): Promise<boolean> => (await store.get(id))?.row.status !== 'open';

  const tryOnce = async (id: string, now: number): Promise<void> => {
    try {
      const unfinished = await settle(id, now);
      if (unfinished.length > 0) log.warn({ operation_id: id, codes: codesOf(unfinished) }, NOT_FINISHED);
    } catch (error) {
      const told = (await isClosed(id)) ? 'an interrupted write was refused' : NOT_FINISHED;
      log.warn({ operation_id: id, codes: codesOf(problemsOf(error)) }, told);
    }
  };

  async function* abandonedAt(now: number): AsyncGenerator<OperationRow> {
    const asked = { abandoned_at: now, limit: PAGE };
    for (let page = await store.open(asked); ;) {
      yield* page;
      const last = page.at(-1);
      if (!last) return;
      page = await store.open({ ...asked, after: last.id });
    }
  }

  const look = async (): Promise<void> => {
    const now = clock.now();
    for await (const { id } of abandonedAt(now)) {
      if (isStopped) return;
      await tryOnce(id, now);
    }
    // A key without its answer could not be answered.
    await store.tidy({ keys_before: now - KEY_MS, bodies_before: now - Math.max(bodiesKeptMs, KEY_MS) });
    for (const sweep of sweeps) await sweep();
  };

  const looking = every(EVERY_MS, look, (error) => {
    log.warn({ error: error instanceof Error ? error.name : typeof error }, 'the journal cannot be looked through');
  });
  return {
    look: looking.now,
    stop: () => {
      isStopped = true;
      void looking.stop();
    },
  };
}

const NOT_FINISHED = 'an interrupted write is not finished yet';

function problemsOf(error: unknown): readonly Problem[] {
  return error instanceof ProblemError ? error.problems : [];
}

function codesOf(problems: readonly Problem[]): readonly string[] {
  return problems.length > 0 ? problems.map(({ code }) => code) : ['unforeseen'];
}
