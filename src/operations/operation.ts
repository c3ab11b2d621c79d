/** One operation while somebody works at it: its journal in memory, and on disk before anything is sent. */
import { hash as digestOf } from 'node:crypto';
import type { Vault } from '../connections/vault.ts';
import type { BatchResult, ItemJournal } from '../core/create-batch.ts';
import type { Call, Clock, PreparedRecord } from '../core/ports.ts';
import type { WriteAnswer } from '../core/writes.ts';
import { ProblemError, type Created, type Problem } from '../model/problem.ts';
import type { Entry, OperationStore, WholeOperation } from '../store/operation-store.ts';
import type { IdempotencyKeyRow, OperationRow } from '../store/tables.ts';
import { isDoubtful, takeBack } from './doubtful.ts';
import { endingOf, passes } from './ending.ts';
import { fromKept, toKept } from './kept-input.ts';
import { callRow, itemRow, nothing, once, outcomeRow, type Item, type Late, type SentCall } from './late-rows.ts';
import { keepLease, LEASE_MS, SKEW_MS, type Holder } from './lease.ts';
import { diverged, notAlone, taken, takenOver, withOperation } from './operation-problems.ts';
import type { RecentlyMade } from './recently-made.ts';

/** What a caller was answered: the answer, or the problems. */
export type Answered = { readonly answer: WriteAnswer } | { readonly problems: readonly Problem[] };

export interface Operation {
  readonly id: string;
  /** Whether anything may have been sent. */
  touched(): boolean;
  readonly item: (index: number) => ItemJournal;
  /** To be asked right before something is sent. @throws {ProblemError} 409 where somebody else may have taken it over. */
  hold(): void;
  /** Nothing is left to do. @returns false where that could not be kept. */
  finish(answer: WriteAnswer): Promise<boolean>;
  /** It ended with an error: closed, forgotten, or left open to be gone on with, and then the error says where. */
  end(error: ProblemError): Promise<ProblemError>;
  /** Whatever comes, somebody else may take it from here: at once, where it has not ended. */
  release(): Promise<void>;
}

export interface OperationHouse {
  readonly store: OperationStore;
  readonly vault: Vault;
  readonly clock: Clock;
  /** This process. */
  readonly owner: string;
  /** What this process has made lately, also where nothing is kept of it, and by which operation. */
  readonly made: RecentlyMade;
}

/** What one begins with that is not there yet. */
export interface Beginning {
  /** What is asked, as plain data. */
  readonly input: unknown;
  readonly key: IdempotencyKeyRow | undefined;
}

/**
 * Most writes end without anything to store: what is stored of them is sealed and hashed when it is stored.
 * @param whole what there is of it already; `row` alone for one that begins.
 */
export function openOperation(house: OperationHouse, whole: WholeOperation, beginning?: Beginning): Operation {
  const { store, vault, clock } = house;
  const { row } = whole;
  const isNew = beginning !== undefined;
  /** Whatever is written again is written with the active key, so that a key that is taken out is not needed any more. */
  const own = (sealed: string | null): string | null => {
    try {
      return sealed === null ? null : vault.reseal(sealed, row);
    } catch {
      return sealed;
    }
  };
  const items = new Map(
    whole.items.map(({ sealed_prepared, sealed_result, ...each }): [number, Item] => {
      const [prepared, result] = [own(sealed_prepared), own(sealed_result)];
      return [each.item, { ...each, sealed_prepared: () => prepared, sealed_result: () => result }];
    }),
  );
  const calls = new Map(
    whole.calls.map(({ hash, sealed_answer, ...each }): [string, SentCall] => {
      const answer = own(sealed_answer);
      return [placeIn(each.item, each.position), { ...each, hash: () => hash, sealed_answer: () => answer }];
    }),
  );
  const seal = (value: unknown): string => vault.seal(JSON.stringify(value), row);
  const sealLater = (value: unknown): Late<string> => once(() => seal(value));
  const open = (sealed: string | null): unknown => (sealed === null ? undefined : JSON.parse(vault.open(sealed, row)));

  /** Of the first record, where it is kept with the operation's beginning and not as an item. */
  let plan: PreparedRecord | undefined;
  /** What is not on disk yet, because nothing needs to be before it is known how the one call ended. */
  let pending: Late<Entry>[] = beginning
    ? [() => beginningEntry(row, seal(toKept({ ...beginning, prepared: plan })), beginning.key)]
    : [];
  const holder: Holder = { id: row.id, owner: row.lease_owner ?? house.owner };
  let begun = !isNew;
  /** Whether its beginning may be on disk all the same. */
  let doubtful = false;
  let durable = beginning?.key !== undefined || !isNew;
  let sent = false;
  let openItems = false;
  let ended = false;
  /** Somebody else has the key, or has taken the operation over: nothing more is sent or written by this one. */
  let lost: ProblemError | undefined;
  /** As far as this process knows; who has stood still finds that it is over. */
  let heldUntil = row.lease_until;
  const keep = (): ReturnType<typeof keepLease> =>
    keepLease(house, holder, (until) => {
      heldUntil = Math.max(heldUntil, until);
    });
  let lease = isNew ? undefined : keep();

  const flush = async (): Promise<void> => {
    if (lost) throw lost;
    const late = pending;
    if (late.length === 0) return;
    const entries = late.map((entry) => entry());
    pending = [];
    const now = clock.now();
    const written = await store
      .write(entries, begun ? { ...holder, now, until: now + LEASE_MS } : undefined)
      .catch((error: unknown) => {
        // It goes with whatever is written next.
        pending = [...late, ...pending];
        doubtful ||= isDoubtful(error);
        throw error;
      });
    if (written !== 'written') {
      lost = new ProblemError(written === 'taken' ? taken(row) : takenOver(row));
      throw lost;
    }
    begun = true;
    heldUntil = Math.max(heldUntil, now + LEASE_MS);
    lease ??= keep();
  };
  let tail: Promise<void> = Promise.resolve();
  /** One after the other, so that what is older never comes after what is newer. */
  const write = (): Promise<void> => {
    const turn = tail.then(flush);
    tail = turn.catch(() => undefined);
    return turn;
  };
  /** With the next intent, if there is one in this turn of the loop. */
  const later = (): void => {
    if (!durable) return;
    setImmediate(() => {
      if (pending.length > 0) void write().catch(() => undefined);
    });
  };
  const planOf = (index: number): PreparedRecord | undefined => {
    const own = items.get(index);
    if (own) return open(own.sealed_prepared()) as PreparedRecord | undefined;
    return index === 0 ? (plan ??= fromKept(open(row.sealed_input)).prepared) : undefined;
  };
  const put = (call: SentCall): void => {
    calls.set(placeIn(call.item, call.position), call);
    pending.push(() => ({ calls: [callRow(call)] }));
  };
  const settle = (call: SentCall): void => {
    calls.set(placeIn(call.item, call.position), call);
    pending.push(() => ({ outcomes: [outcomeRow(call)] }));
  };
  const putItem = (item: Item): void => {
    items.set(item.item, item);
    pending.push(() => ({ items: [itemRow(item)] }));
  };
  const settled = async (entry: Entry): Promise<boolean> => {
    pending.push(() => entry);
    try {
      await write();
      return true;
    } catch {
      return false;
    } finally {
      ended = true;
      lease?.stop();
    }
  };
  const set = (values: Partial<OperationRow>): Entry => ({
    set: { id: row.id, values: { ...values, updated_at: clock.now() } },
  });
  const closed = { lease_owner: null, lease_until: 0 };
  /** What an earlier run has left: it was alive, and may have been sending, until it last said so. */
  for (const call of calls.values())
    if (call.state === 'intended')
      settle({ ...call, state: 'unknown', answered_at: Math.max(call.sent_at, row.updated_at) });
  /** Whether something was done, or may have been; of one record or of all. */
  const hasTraces = (index?: number): boolean =>
    [...calls.values()].some((call) => call.state !== 'refused' && (index === undefined || call.item === index));

  const item = (index: number): ItemJournal => {
    const own = items.get(index);
    const before = { operation_id: row.id, item: index };
    return {
      prepared: planOf(index),
      result: open(own?.sealed_result() ?? null) as BatchResult | undefined,
      begin: (prepared, count) => {
        durable ||= count > 1;
        if (index === 0 && !begun && !items.has(0) && count <= FEW_CALLS) plan = prepared;
        else putItem({ ...before, sealed_prepared: sealLater(prepared), sealed_result: nothing });
      },
      recall: (position, call) => {
        const past = calls.get(placeIn(index, position));
        if (!past || past.state === 'refused') return { state: 'new' };
        if (past.hash() !== hashOf(call)) throw new ProblemError(diverged(row, past));
        if (past.state === 'done') return { state: 'done', answer: open(past.sealed_answer()) };
        return { state: 'open', sent_at: past.sent_at, given_up_at: past.answered_at ?? past.sent_at };
      },
      intend: (position, call) => {
        const intended: SentCall = {
          ...before,
          ...{ position, method: call.method, path: call.path.join('/'), hash: once(() => hashOf(call)) },
          ...{ state: 'intended', sealed_answer: nothing, sent_at: clock.now(), answered_at: null },
          ...madeColumns(undefined, undefined),
        };
        put(intended);
        if (!durable) {
          sent = true;
          return undefined;
        }
        return write().then(
          () => {
            sent = true;
          },
          (error: unknown) => {
            settle({ ...intended, state: 'refused' });
            throw error;
          },
        );
      },
      done: (position, { answer, created, changed }) => {
        const call = calls.get(placeIn(index, position));
        if (!call) return;
        if (created) house.made.add(row, created);
        const sealed_answer = answer === undefined ? nothing : sealLater(answer);
        const outcome = { state: 'done', sealed_answer, answered_at: clock.now() } as const;
        settle({ ...call, ...outcome, ...madeColumns(created, changed) });
        later();
      },
      failed: (position, unknown) => {
        const call = calls.get(placeIn(index, position));
        if (!call) return;
        settle({ ...call, state: unknown ? 'unknown' : 'refused', answered_at: clock.now() });
        later();
      },
      undone: (position) => {
        const call = calls.get(placeIn(index, position));
        if (!call) return;
        settle({ ...call, state: 'refused', sealed_answer: nothing, ...madeColumns(undefined, undefined) });
        later();
      },
      known: async (kind) => {
        const own = new Set(
          [...calls.values()].flatMap(({ made_kind, made_id }) => (made_kind === kind ? (made_id ?? []) : [])),
        );
        const unknown = [...calls.values()].filter(isOpen);
        const hashes = unknown.map(({ hash }) => hash());
        if (await store.isSending(row, hashes, clock.now())) throw new ProblemError(notAlone(row));
        const oldest = Math.min(clock.now(), ...unknown.map(({ sent_at }) => sent_at));
        const others = await store.madeLately(row, kind, oldest - MADE_LATELY_MS);
        const here = house.made.ids(row, kind);
        return new Set([...own, ...others, ...here]);
      },
      finish: (result) => {
        const now = items.get(index) ?? { ...before, sealed_prepared: nothing, sealed_result: nothing };
        putItem({ ...now, sealed_result: sealLater(result) });
        later();
      },
      pause: (error) => {
        if (lost) throw lost;
        if (endingOf(error, sent, hasTraces(index)) !== 'open') {
          // The records before it stay what they are, and a repeat tries this one again, from the beginning.
          openItems ||= passes(error);
          if (items.has(index) || planOf(index))
            putItem({ ...before, sealed_prepared: nothing, sealed_result: nothing });
          return error;
        }
        openItems = true;
        durable = true;
        later();
        return withOperation(error, row);
      },
    };
  };

  return {
    id: row.id,
    touched: () => sent || !isNew,
    item,
    hold: () => {
      if (lost) throw lost;
      if (begun && clock.now() >= heldUntil - SKEW_MS) throw new ProblemError(takenOver(row));
    },
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
    end: async (error) => {
      if (lost) {
        lease?.stop();
        return begun ? withOperation(error, row) : error;
      }
      const ending = endingOf(error, sent || !isNew, hasTraces());
      if (ending === 'nothing') {
        lease?.stop();
        if (doubtful && !begun) await takeBack(house, holder, row);
        return error;
      }
      if (ending === 'open') {
        durable = true;
        const told = withOperation(error, row);
        await settled(set({ sealed_answer: seal(problemsOf(told)), ...closed }));
        return begun ? told : error;
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
      if (ended || !begun) return;
      await settled(set(closed));
    },
  };
}

function placeIn(item: number, position: number): string {
  return `${item}/${position}`;
}

function beginningEntry(row: OperationRow, sealed_input: string, key: IdempotencyKeyRow | undefined): Entry {
  return { begin: { row: { ...row, sealed_input }, ...(key ? { key } : {}) } };
}

function isOpen({ state }: SentCall): boolean {
  return state === 'intended' || state === 'unknown';
}

/** The row of an operation is written again with each of its commits: with more of them, a plan in it would cost more than a row of its own. */
const FEW_CALLS = 4;

/** Longer than any write takes, with what is allowed for the provider's clock. */
const MADE_LATELY_MS = 10 * 60_000;

export function newRow(
  { clock, owner }: OperationHouse,
  seed: Pick<OperationRow, 'id' | 'customer_id' | 'provider' | 'kind' | 'key_scope' | 'request_id'>,
): OperationRow {
  const now = clock.now();
  return {
    ...{ ...seed, status: 'open', sealed_input: null, sealed_answer: null },
    ...{ lease_owner: owner, lease_until: now + LEASE_MS, created_at: now, updated_at: now, closed_at: null },
  };
}

function problemsOf({ problems }: ProblemError): Answered {
  return { problems };
}

function madeColumns(created: Created | undefined, changed: Created | undefined) {
  return {
    ...{ made_kind: created?.kind ?? null, made_id: created?.id ?? null },
    ...{ changed_kind: changed?.kind ?? null, changed_id: changed?.id ?? null },
  };
}

function hashOf({ method, path, query, body }: Call): string {
  return digestOf('sha256', JSON.stringify([method, path, query ?? null, body ?? null]));
}
