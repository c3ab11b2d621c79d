/** One operation while this process works at it: its journal in memory, and on disk before anything is sent. */
import type { ItemJournal } from '../core/create-batch.ts';
import type { WriteAnswer } from '../core/writes.ts';
import type { Problem, ProblemError } from '../model/problem.ts';
import { left, type WholeOperation } from '../store/operation-store.ts';
import type { Entry } from '../store/operation-writes.ts';
import type { OperationRow } from '../store/tables.ts';
import { endingOf } from './ending.ts';
import { Keeping, type Beginning } from './keeping.ts';
import { storedCall, type SentCall } from './journal-rows.ts';
import { LEASE_MS } from './lease.ts';
import type { OperationHouse } from './operation-house.ts';
import { withOperation } from './operation-problems.ts';
import { isTrace, RecordJournal, type Whole } from './record-journal.ts';

/** What the caller was answered: an answer, or problems. */
export type Answered = { readonly answer: WriteAnswer } | { readonly problems: readonly Problem[] };

/** When the gateway comes back by itself to what these problems have left open; undefined: its caller must. */
export type ComeBack = (problems: readonly Problem[]) => number | undefined;

export interface Operation {
  readonly id: string;
  /** Why records of a batch that was answered are left to be gone on with. */
  readonly unfinished: readonly Problem[];
  /** Whether anything may have been sent. */
  touched(): boolean;
  item(index: number): ItemJournal;
  /** Call it right before something is sent. @throws {ProblemError} 409 if another process may have taken the operation over. */
  hold(): void;
  /** The write is done. @returns false if that could not be stored; no promise if there is nothing to store. */
  finish(answer: WriteAnswer): boolean | Promise<boolean>;
  /** The write failed. Closes the operation, forgets it, or leaves it open; then the error that it returns says how to go on. */
  end(error: ProblemError): Promise<ProblemError>;
  /** Gives up the lease; an operation that has not ended, because of these problems, can be taken by another process at once. */
  release(problems?: readonly Problem[]): Promise<void>;
}

/** Begins a new operation. Most end without anything to store. */
export function beginOperation(house: OperationHouse, row: OperationRow, beginning: Beginning): Operation {
  return new OpenOperation(new Keeping(house, row, beginning));
}

/** Opens an operation that an earlier run has left, with all that is stored of it. */
export function openOperation(
  house: OperationHouse,
  { row, items, calls }: WholeOperation,
  comeBack: ComeBack = never,
): Operation {
  const keeping = new Keeping(house, row, undefined);
  const operation = new OpenOperation(keeping, comeBack);
  const own = calls.map((call) => storedCall(call, keeping.own(call.sealed_answer)));
  for (const index of new Set([...items, ...calls].map(({ item }) => item))) {
    const stored = items.find(({ item }) => item === index);
    operation.item(index).recover({
      item: stored && {
        item: index,
        prepared: keeping.own(stored.sealed_prepared),
        result: keeping.own(stored.sealed_result),
      },
      calls: own.filter(({ item }) => item === index),
    });
  }
  return operation;
}

/** A class, because most requests make one and use little of it. */
class OpenOperation implements Operation, Whole {
  readonly keeping: Keeping;
  hasSent = false;
  unfinished: readonly Problem[] = NONE;
  /** Absent where it is new. */
  private readonly comeBack: ComeBack | undefined;
  private hasEnded = false;
  private readonly items: RecordJournal[] = [];

  constructor(keeping: Keeping, comeBack?: ComeBack) {
    this.keeping = keeping;
    this.comeBack = comeBack;
  }

  get id(): string {
    return this.keeping.row.id;
  }

  touched(): boolean {
    return this.hasSent || this.comeBack !== undefined;
  }

  item(index: number): RecordJournal {
    return (this.items[index] ??= new RecordJournal(this, index));
  }

  calls(): readonly SentCall[] {
    return this.items.flatMap(({ calls }) => calls);
  }

  hold(): void {
    this.keeping.hold();
  }

  finish(answer: WriteAnswer): boolean | Promise<boolean> {
    const { keeping } = this;
    if (!this.touched()) {
      keeping.stop();
      return true;
    }
    if (!keeping.isDurable) return true;
    const sealed = keeping.seal({ answer } satisfies Answered);
    if (this.unfinished.length > 0) return this.close({ sealed_answer: sealed }, this.unfinished);
    return this.close({ status: 'done', sealed_answer: sealed, closed_at: this.now() });
  }

  async end(error: ProblemError): Promise<ProblemError> {
    const { keeping } = this;
    const { row } = keeping;
    if (keeping.lost) {
      keeping.stop();
      return keeping.isOnDisk ? withOperation(error, row) : error;
    }
    const ending = endingOf(error, this.touched(), this.calls().some(isTrace));
    if (ending === 'nothing') {
      keeping.stop();
      await keeping.takeBack();
      return error;
    }
    if (ending === 'open') {
      keeping.makeDurable();
      const told = withOperation(error, row);
      await this.close({ sealed_answer: keeping.seal(problemsOf(told)) }, told.problems);
      return keeping.isOnDisk ? told : error;
    }
    if (!keeping.isDurable) return error;
    if (ending === 'discard') await this.settle({ discard: { id: row.id, key_scope: row.key_scope } });
    else await this.close({ status: 'refused', sealed_answer: keeping.seal(problemsOf(error)), closed_at: this.now() });
    return error;
  }

  async release(problems: readonly Problem[] = NONE): Promise<void> {
    this.keeping.stop();
    if (this.hasEnded || !this.keeping.isOnDisk) return;
    await this.close({}, problems);
  }

  /** Gives up the lease in the same write. @param problems why it stays open: when the gateway comes back to it is stored with that. */
  private close(values: Partial<OperationRow>, problems?: readonly Problem[]): Promise<boolean> {
    const closed = { ...left(problems && this.comeBack?.(problems)), updated_at: this.now() };
    return this.settle({ set: { id: this.id, values: { ...values, ...closed } } });
  }

  private async settle(entry: Entry): Promise<boolean> {
    const isKept = await this.keeping.close(entry);
    this.hasEnded = true;
    return isKept;
  }

  private now(): number {
    return this.keeping.house.clock.now();
  }
}

const NONE: readonly Problem[] = [];

function never(): undefined {
  return undefined;
}

export function newRow(
  { clock, owner }: OperationHouse,
  { id, customer_id, provider, kind, key_scope, request_id }: NewRow,
): OperationRow {
  const now = clock.now();
  return {
    id,
    customer_id,
    provider,
    kind,
    key_scope,
    request_id,
    status: 'open',
    sealed_input: null,
    sealed_answer: null,
    lease_owner: owner,
    lease_until: now + LEASE_MS,
    created_at: now,
    updated_at: now,
    closed_at: null,
  };
}

type NewRow = Pick<OperationRow, 'id' | 'customer_id' | 'provider' | 'kind' | 'key_scope' | 'request_id'>;

function problemsOf({ problems }: ProblemError): Answered {
  return { problems };
}
