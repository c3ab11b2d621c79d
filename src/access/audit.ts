/** Who did what, for whom, when, and what came of it. What is noted is written in batches; what matters most, before the answer. */
import type { Logger } from 'pino';
import type { Clock } from '../core/ports.ts';
import type { AuditStore } from '../store/audit-store.ts';
import type { AuditFilter } from '../store/audit-list.ts';
import { sortableId } from '../store/sortable-id.ts';
import type { AuditOutcome, AuditRow } from '../store/tables.ts';
import { countRefusals } from './refusals.ts';

/** No secret and no body goes in here. */
export interface AuditNote {
  /** The id of an API key, or `BY_ITSELF`. */
  readonly key_id: string;
  /** The operation of the API document, or a word in its style for what the gateway does by itself. */
  readonly action: string;
  readonly request_id: string;
  readonly outcome: AuditOutcome;
  readonly target?: string | undefined;
  readonly customer_id?: string | undefined;
  readonly provider?: string | undefined;
  readonly status?: number | undefined;
  readonly operation_id?: string | undefined;
}

/** Who it was, where nobody asked, and where it was the operator's command. */
export const BY_ITSELF = 'gateway';
export const BY_COMMAND = 'operator';

export interface Audit {
  /**
   * Written within `EVERY_MS`, and at once where there is a whole batch; a process that is killed before loses it. Of one key only so many refusals a minute are: the
   * others are counted, and that is written at the next sweep. Takes microseconds and never fails.
   */
  note(note: AuditNote): void;
  /** Resolves once it is durable. @throws {ProblemError} 503; it is then written as soon as that is possible. */
  keep(note: AuditNote): Promise<void>;
  /** Newest first, with all that this process has noted. @throws {ProblemError} 503. */
  list(filter: AuditFilter): ReturnType<AuditStore['list']>;
  /**
   * Removes what is older than it is to be kept; made to be called often: it looks once an hour, and goes on at the next call
   * where more was there than it removes at once.
   */
  sweep(): Promise<void>;
  /** How many are not written yet. */
  waiting(): number;
  /** How many could not be kept since the start. */
  lost(): number;
  /** Writes what is left; what cannot be written is told in the log. */
  close(): Promise<void>;
}

export interface AuditHouse {
  readonly store: AuditStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keptMs: number;
}

export const DEFAULT_AUDIT_MS = 365 * 24 * 3_600_000;

const EVERY_MS = 250;
/** While the store is away. */
const AGAIN_MS = 2_000;
/** In one commit: so many that the loop is held for 2 or 3 ms, and goes on before the next. */
const AT_ONCE = 1_000;
const MAX_WAITING = 10_000;
const SWEPT_EVERY_MS = 3_600_000;
const REMOVED_AT_ONCE = 1_000;
const REMOVALS = 100;

export function openAudit({ store, clock, log, keptMs }: AuditHouse): Audit {
  const refusals = countRefusals();
  let waiting: AuditRow[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  let isClosed = false;
  let isAway = false;
  let [lost, told] = [0, 0];
  let swept = Number.NEGATIVE_INFINITY;

  /** What waits now; what comes meanwhile waits for the next time. */
  const write = async (): Promise<void> => {
    for (let left = waiting.length; left > 0;) {
      const batch = waiting.slice(0, Math.min(AT_ONCE, left));
      await store.add(batch);
      waiting = waiting.slice(batch.length);
      left -= batch.length;
    }
  };
  const tell = (message: string): void => {
    log.error({ waiting: waiting.length, lost }, message);
    told = lost;
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const turn = writing.then(write).then(() => {
      isAway = false;
    });
    writing = turn.catch(() => {
      isAway = true;
      tell('audit entries cannot be written');
      later(AGAIN_MS);
    });
    return turn;
  };
  const flushAlone = (): void => {
    flush().then(
      () => {
        if (lost > told) tell('audit entries were lost');
      },
      () => undefined,
    );
  };
  const later = (milliseconds: number): void => {
    if (isClosed || timer !== undefined || waiting.length === 0) return;
    timer = setTimeout(flushAlone, milliseconds);
    timer.unref();
  };
  const add = (row: AuditRow): void => {
    if (isClosed || waiting.length >= MAX_WAITING) lost += 1;
    else {
      waiting.push(row);
      // A whole batch does not wait: what is written soon is not carried from one garbage collection to the next.
      if (waiting.length % AT_ONCE === 0 && !isAway) flushAlone();
      else later(EVERY_MS);
    }
  };

  const addCounted = (): void => {
    for (const row of refusals.take()) add(row);
  };

  return {
    note: (note) => {
      const row = auditRow(note, clock.now());
      if (refusals.admit(row)) add(row);
    },
    keep: async (note) => {
      const row = auditRow(note, clock.now());
      await store.add([row]).catch((error: unknown) => {
        add(row);
        throw error;
      });
    },
    list: async (filter) => {
      addCounted();
      await flush();
      return store.list(filter);
    },
    sweep: async () => {
      addCounted();
      const now = clock.now();
      if (now - swept < SWEPT_EVERY_MS) return;
      for (let time = 0; time < REMOVALS; time += 1) {
        if ((await store.removeBefore(now - keptMs, REMOVED_AT_ONCE)) >= REMOVED_AT_ONCE) continue;
        swept = now;
        return;
      }
    },
    waiting: () => waiting.length,
    lost: () => lost,
    close: async () => {
      addCounted();
      isClosed = true;
      await flush().catch(() => {
        lost += waiting.length;
      });
      if (lost > told) tell('audit entries were lost');
    },
  };
}

/** For whoever writes to the store without a gateway. */
export function auditRow(note: AuditNote, at: number): AuditRow {
  return {
    id: sortableId(at),
    at,
    key_id: note.key_id,
    action: note.action,
    target: visible(note.target),
    customer_id: note.customer_id ?? null,
    provider: note.provider ?? null,
    request_id: note.request_id,
    status: note.status ?? null,
    outcome: note.outcome,
    operation_id: note.operation_id ?? null,
    times: 1,
  };
}

const MAX_TARGET = 500;

/** A path comes from outside: what cannot be seen would mislead a reader, and a NUL would keep the whole batch from PostgreSQL. */
function visible(target: string | undefined): string | null {
  if (target === undefined) return null;
  const cut = target.length > MAX_TARGET ? `${target.slice(0, MAX_TARGET)}…` : target;
  return cut.replaceAll(/\p{C}/gu, '\ufffd');
}
