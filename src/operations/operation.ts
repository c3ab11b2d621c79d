/** One operation while somebody works at it: its journal in memory, and on disk before anything is sent. */
import { createHash } from 'node:crypto';
import type { Vault } from '../connections/vault.ts';
import type { BatchResult, ItemJournal } from '../core/create-batch.ts';
import type { Call, Clock, PreparedRecord } from '../core/ports.ts';
import type { WriteAnswer } from '../core/writes.ts';
import { ProblemError, type Created, type Problem } from '../model/problem.ts';
import type { Entry, OperationStore, WholeOperation } from '../store/operation-store.ts';
import type { IdempotencyKeyRow, OperationCallRow, OperationItemRow, OperationRow } from '../store/tables.ts';
import { endingOf, passes } from './ending.ts';
import { keepLease, LEASE_MS } from './lease.ts';
import type { RecentlyMade } from './recently-made.ts';

/** What a caller was answered: the answer, or the problems. */
export type Answered = { readonly answer: WriteAnswer } | { readonly problems: readonly Problem[] };

export interface Operation {
  readonly id: string;
  /** Whether anything may have been sent. */
  touched(): boolean;
  readonly item: (index: number) => ItemJournal;
  /** Nothing is left to do. @returns false where that could not be kept. */
  finish(answer: WriteAnswer): Promise<boolean>;
  /** It ended with an error: closed, forgotten, or left open to be gone on with, and then the error says where. */
  end(error: ProblemError): Promise<ProblemError>;
  /** Whatever comes, somebody else may take it from here. */
  release(): Promise<void>;
}

export interface OperationHouse {
  readonly store: OperationStore;
  readonly vault: Vault;
  readonly clock: Clock;
  /** This process. */
  readonly owner: string;
  /** What this process has made lately, also where nothing is kept of it. */
  readonly made: RecentlyMade;
}

/** @param whole what there is of it already; `row` alone for one that begins. */
export function openOperation(
  house: OperationHouse,
  whole: WholeOperation,
  key: IdempotencyKeyRow | undefined,
  isNew: boolean,
): Operation {
  const { store, vault, clock } = house;
  const { row } = whole;
  const items = new Map(whole.items.map((each) => [each.item, each]));
  const calls = new Map(whole.calls.map((each) => [`${each.item}/${each.position}`, each]));
  const seal = (value: unknown): string => vault.seal(JSON.stringify(value), row);
  const open = (sealed: string | null): unknown => (sealed === null ? undefined : JSON.parse(vault.open(sealed, row)));

  /** What is not on disk yet, because nothing needs to be before it is known how the one call ended. */
  let pending: Entry[] = isNew ? [{ begin: { row, ...(key ? { key } : {}) } }] : [];
  let durable = key !== undefined || !isNew;
  let sent = false;
  let openItems = false;
  let ended = false;
  let failure: Error | undefined;
  const background: Promise<unknown>[] = [];
  let lease: ReturnType<typeof keepLease> | undefined = isNew ? undefined : keepLease(house, row.id);

  const write = async (): Promise<void> => {
    const entries = pending;
    pending = [];
    if (entries.length === 0) return;
    if (!(await store.write(entries))) throw new ProblemError(taken(row));
    lease ??= keepLease(house, row.id);
  };
  const later = (): void => {
    if (!durable) return;
    const writing = write().catch((error: unknown) => {
      failure = error instanceof Error ? error : new Error('The journal failed.');
    });
    background.push(writing);
  };
  /** A call that may have been carried out leaves the whole unknown, whatever has gone wrong since, such as the look for it. */
  const unsettled = (error: ProblemError, index?: number): ProblemError => {
    const own = [...calls.values()].filter(({ item }) => index === undefined || item === index);
    if (!(sent || !isNew) || !own.some(({ state }) => state === 'intended' || state === 'unknown')) return error;
    const problems = error.problems.map((problem): Problem => ({ outcome: 'unknown', ...problem }));
    return new ProblemError(problems, { cause: error.cause });
  };
  const put = (call: OperationCallRow): void => {
    calls.set(`${call.item}/${call.position}`, call);
    pending.push({ calls: [call] });
  };
  const putItem = (item: OperationItemRow): void => {
    items.set(item.item, item);
    pending.push({ items: [item] });
  };
  const settled = async (entry: Entry): Promise<boolean> => {
    pending.push(entry);
    try {
      await Promise.all(background);
      await write();
      ended = true;
      return failure === undefined;
    } catch {
      return false;
    } finally {
      lease?.stop();
    }
  };
  const set = (values: Partial<OperationRow>): Entry => ({
    set: { id: row.id, values: { ...values, updated_at: clock.now() } },
  });
  const closed = { lease_owner: null, lease_until: 0 };

  const item = (index: number): ItemJournal => {
    const own = items.get(index);
    const before = { operation_id: row.id, item: index };
    return {
      prepared: open(own?.sealed_prepared ?? null) as PreparedRecord | undefined,
      result: open(own?.sealed_result ?? null) as BatchResult | undefined,
      begin: (prepared, count) => {
        durable ||= count > 1;
        putItem({ ...before, sealed_prepared: seal(prepared), sealed_result: null });
      },
      recall: (position, call) => {
        const past = calls.get(`${index}/${position}`);
        if (!past || past.state === 'refused') return { state: 'new' };
        if (past.hash !== hashOf(call)) throw new ProblemError(diverged(row, past));
        if (past.state === 'done') {
          // An empty body, as a DELETE has, is kept as null.
          return { state: 'done', answer: open(past.sealed_answer) ?? undefined };
        }
        return { state: 'open', sent_at: past.sent_at };
      },
      intend: async (position, call) => {
        if (failure) throw failure;
        const place = `${index}/${position}`;
        const past = calls.get(place);
        put({
          ...{ ...before, position, method: call.method, path: call.path.join('/'), hash: hashOf(call) },
          ...{ state: 'intended', sealed_answer: null, sent_at: clock.now(), answered_at: null },
          ...madeColumns(undefined, undefined),
        });
        try {
          if (durable) await write();
        } catch (error) {
          // It is not sent.
          if (past) calls.set(place, past);
          else calls.delete(place);
          throw error;
        }
        sent = true;
      },
      done: (position, { answer, created, changed }) => {
        const call = calls.get(`${index}/${position}`);
        if (!call) return;
        if (created) house.made.add(row, created);
        const outcome = { state: 'done', sealed_answer: seal(answer ?? null), answered_at: clock.now() } as const;
        put({ ...call, ...outcome, ...madeColumns(created, changed) });
        later();
      },
      failed: (position, unknown) => {
        const call = calls.get(`${index}/${position}`);
        if (!call) return;
        put({ ...call, state: unknown ? 'unknown' : 'refused', answered_at: clock.now() });
        later();
      },
      known: async (kind) => {
        const own = new Set(
          [...calls.values()].flatMap(({ made_kind, made_id }) => (made_kind === kind ? (made_id ?? []) : [])),
        );
        const others = await store.madeLately(row, kind, clock.now() - MADE_LATELY_MS);
        const here = house.made.ids(row, kind);
        return new Set([...own, ...others, ...here]);
      },
      finish: (result) => {
        const now = items.get(index) ?? { ...before, sealed_prepared: null, sealed_result: null };
        putItem({ ...now, sealed_result: seal(result) });
        later();
      },
      pause: (failed) => {
        const error = unsettled(failed, index);
        if (endingOf(error, sent) !== 'open') {
          // The records before it stay what they are, and a repeat tries this one again.
          openItems ||= passes(error);
          return error;
        }
        openItems = true;
        durable = true;
        later();
        return withOperation(error, row.id);
      },
    };
  };

  return {
    id: row.id,
    touched: () => sent || !isNew,
    item,
    finish: async (answer) => {
      if (!sent && isNew) {
        lease?.stop();
        return true;
      }
      if (!durable) return true;
      const sealed = seal({ answer } satisfies Answered);
      const values = openItems
        ? { sealed_answer: sealed, ...closed }
        : { status: 'done' as const, sealed_answer: sealed, closed_at: clock.now(), ...closed };
      return settled(set(values));
    },
    end: async (failed) => {
      const error = unsettled(failed);
      const isDone = [...calls.values()].some(({ state }) => state === 'done');
      const proposed = endingOf(error, sent || !isNew);
      // What was carried out is not forgotten, even where the provider holds nothing new because of it.
      const ending = proposed === 'discard' && isDone ? 'open' : proposed;
      if (ending === 'nothing') {
        lease?.stop();
        return error;
      }
      if (ending === 'open') {
        durable = true;
        const told = withOperation(error, row.id);
        const kept = await settled(set({ sealed_answer: seal(problemsOf(told)), ...closed }));
        return kept ? told : error;
      }
      if (!durable) return error;
      if (ending === 'discard') await settled({ discard: { id: row.id, key_scope: row.key_scope } });
      else {
        const answered = { status: 'refused' as const, sealed_answer: seal(problemsOf(error)), closed_at: clock.now() };
        await settled(set({ ...answered, ...closed }));
      }
      return error;
    },
    release: async () => {
      lease?.stop();
      // It was taken, and never run: the connection is gone, say. A store that is away frees it when the lease ends.
      if (!isNew && !ended) await store.free(row.id, house.owner).catch(() => undefined);
    },
  };
}

/** Longer than any write takes, with what is allowed for the provider's clock. */
const MADE_LATELY_MS = 10 * 60_000;

function taken({ provider }: OperationRow): Problem {
  const detail = 'Another request with the same idempotency key has begun meanwhile. Nothing was sent by this one.';
  return { code: 'IDEMPOTENCY_KEY_IN_FLIGHT', detail, provider, header: 'idempotency-key', retryAfterSeconds: 1 };
}

export function newRow(
  { clock, owner, vault }: OperationHouse,
  seed: Pick<OperationRow, 'id' | 'customer_id' | 'provider' | 'kind' | 'key_scope' | 'request_id'>,
  input: unknown,
): OperationRow {
  const now = clock.now();
  return {
    ...{ ...seed, status: 'open', sealed_input: vault.seal(JSON.stringify(input), seed), sealed_answer: null },
    ...{ lease_owner: owner, lease_until: now + LEASE_MS, created_at: now, updated_at: now, closed_at: null },
  };
}

function problemsOf({ problems }: ProblemError): Answered {
  return { problems };
}

function withOperation(error: ProblemError, id: string): ProblemError {
  const problems = error.problems.map((problem) => ({ ...problem, operation_id: id }));
  return new ProblemError(problems, { cause: error.cause });
}

function diverged({ id, provider }: OperationRow, past: OperationCallRow): Problem {
  const detail = `The operation ${id} has sent ${past.method} /${past.path} at this place and would now send something else: the gateway or the provider's data have changed since. Nothing was sent.`;
  return { code: 'OPERATION_DIVERGED', detail, provider };
}

function madeColumns(created: Created | undefined, changed: Created | undefined) {
  return {
    ...{ made_kind: created?.kind ?? null, made_id: created?.id ?? null },
    ...{ changed_kind: changed?.kind ?? null, changed_id: changed?.id ?? null },
  };
}

function hashOf({ method, path, query, body }: Call): string {
  return createHash('sha256')
    .update(JSON.stringify([method, path, query ?? null, body ?? null]))
    .digest('hex');
}
