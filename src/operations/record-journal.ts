/** The journal of one part of an operation: the only one, or one record of a batch. */
import type { BatchResult, ItemJournal } from '../core/create-batch.ts';
import type { Call, Outcome, PreparedRecord, Recalled } from '../core/ports.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import { endingOf, passes } from './ending.ts';
import { hashOf, pathOf, type Item, type SentCall } from './journal-rows.ts';
import type { Keeping } from './keeping.ts';
import { diverged, notAlone, withOperation } from './operation-problems.ts';

/** What the records of an operation have in common. */
export interface Whole {
  readonly keeping: Keeping;
  /** Whether a call has gone out in this run. */
  hasSent: boolean;
  /** Why records are left to be gone on with. */
  unfinished: readonly Problem[];
  /** All of the operation. */
  calls(): readonly SentCall[];
}

/** The row of an operation is written again with each of its commits: with more calls than this, a plan in it would cost more than a row of its own. */
const FEW_CALLS = 4;

/** Longer than any write takes, with what is allowed for the provider's clock. */
const MADE_LATELY_MS = 10 * 60_000;

export class RecordJournal implements ItemJournal {
  private readonly whole: Whole;
  private readonly index: number;
  private item: Item | undefined;
  private hasBeenLeft = false;
  /** By position. */
  private readonly sent: SentCall[] = [];

  constructor(whole: Whole, index: number) {
    this.whole = whole;
    this.index = index;
    this.item = undefined;
  }

  /** What an earlier run has left: it was alive, and may have been sending, until it last said so. */
  recover({ item, calls }: { readonly item: Item | undefined; readonly calls: readonly SentCall[] }): void {
    const { row } = this.whole.keeping;
    this.item = item;
    for (const call of calls) {
      this.sent[call.position] = call;
      if (call.state === 'intended')
        this.settle({ ...call, state: 'unknown', answered_at: Math.max(call.sent_at, row.updated_at) });
    }
  }

  get calls(): readonly SentCall[] {
    return this.sent;
  }

  get prepared(): PreparedRecord | undefined {
    const { keeping } = this.whole;
    if (this.item) return keeping.opened(this.item.prepared) as PreparedRecord | undefined;
    return this.index === 0 ? keeping.plan : undefined;
  }

  get result(): BatchResult | undefined {
    return this.whole.keeping.opened(this.item?.result) as BatchResult | undefined;
  }

  begin(prepared: PreparedRecord, count: number): void {
    const { keeping } = this.whole;
    if (count > 1) keeping.makeDurable();
    const isSmall = this.index === 0 && !this.item && count <= FEW_CALLS;
    if (!isSmall || !keeping.takePlan(prepared))
      this.putItem({ item: this.index, prepared: { value: prepared }, result: undefined });
  }

  recall(position: number, call: Call): Recalled {
    const past = this.sent[position];
    if (!past || past.state === 'refused') return NEW;
    const { keeping } = this.whole;
    if (hashOf(past.sent) !== hashOf(call))
      throw new ProblemError(
        diverged(keeping.row, { method: past.sent.method, path: pathOf(past) }, this.whole.hasSent),
      );
    if (past.state === 'done') return { state: 'done', answer: keeping.opened(past.answer) };
    return { state: 'open', sent_at: past.sent_at, given_up_at: past.answered_at ?? past.sent_at };
  }

  intend(position: number, call: Call): Promise<void> | undefined {
    const { keeping } = this.whole;
    const intended: SentCall = {
      item: this.index,
      position,
      sent: call,
      state: 'intended',
      answer: undefined,
      created: undefined,
      changed: undefined,
      sent_at: keeping.house.clock.now(),
      answered_at: null,
    };
    this.sent[position] = intended;
    keeping.put(intended);
    if (!keeping.isDurable) {
      this.whole.hasSent = true;
      return undefined;
    }
    return keeping.write().then(
      () => {
        this.whole.hasSent = true;
      },
      (error: unknown) => {
        this.settle({ ...intended, state: 'refused' });
        throw error;
      },
    );
  }

  done(position: number, { answer, created, changed }: Outcome): void {
    const call = this.sent[position];
    if (!call) return;
    const { house, row } = this.whole.keeping;
    if (created) house.made.add(row, created);
    this.settle({
      item: call.item,
      position,
      sent: call.sent,
      state: 'done',
      answer: answer === undefined ? undefined : { value: answer },
      created,
      changed,
      sent_at: call.sent_at,
      answered_at: house.clock.now(),
    });
    this.whole.keeping.writeLater();
  }

  failed(position: number, unknown: boolean): void {
    const call = this.sent[position];
    if (!call) return;
    const { keeping } = this.whole;
    this.settle({ ...call, state: unknown ? 'unknown' : 'refused', answered_at: keeping.house.clock.now() });
    keeping.writeLater();
  }

  undone(position: number): void {
    for (const call of this.sent.slice(position))
      this.settle({ ...call, state: 'refused', answer: undefined, created: undefined, changed: undefined });
    this.whole.keeping.writeLater();
  }

  async known(kind: string): Promise<ReadonlySet<string>> {
    const calls = this.whole.calls();
    const { house, row } = this.whole.keeping;
    const { store, clock, made } = house;
    const own = calls.flatMap(({ created }) => (created?.kind === kind ? created.id : []));
    const unknown = calls.filter(isOpen);
    const hashes = unknown.map(({ sent }) => hashOf(sent));
    if (await store.isSending(row, hashes, clock.now())) throw new ProblemError(notAlone(row));
    const oldest = Math.min(clock.now(), ...unknown.map(({ sent_at }) => sent_at));
    const others = await store.madeLately(row, kind, oldest - MADE_LATELY_MS);
    return new Set([...own, ...others, ...made.ids(row, kind)]);
  }

  finish(result: BatchResult): void {
    const { keeping } = this.whole;
    this.putItem({ item: this.index, prepared: this.item?.prepared, result: { value: result } });
    // Before anything is sent nothing is kept.
    if (keeping.isOnDisk) keeping.writeLater();
  }

  pause(error: ProblemError): ProblemError {
    const { keeping, hasSent } = this.whole;
    if (keeping.lost) throw keeping.lost;
    if (endingOf(error, hasSent, this.sent.some(isTrace)) !== 'open') {
      // The records before it stay what they are, and a repeat tries this one again, from the beginning.
      if (passes(error)) this.leave(error);
      if (this.item ?? this.prepared) this.putItem({ item: this.index, prepared: undefined, result: undefined });
      return error;
    }
    this.leave(error);
    keeping.makeDurable();
    keeping.writeLater();
    return withOperation(error, keeping.row);
  }

  isLeft(): boolean {
    return this.hasBeenLeft;
  }

  private leave({ problems }: ProblemError): void {
    this.hasBeenLeft = true;
    this.whole.unfinished = [...this.whole.unfinished, ...problems];
  }

  private putItem(item: Item): void {
    this.item = item;
    this.whole.keeping.putItem(item);
  }

  private settle(call: SentCall): void {
    this.sent[call.position] = call;
    this.whole.keeping.settle(call);
  }
}

const NEW: Recalled = { state: 'new' };

/** Whether something was done, or may have been. */
export function isTrace({ state }: SentCall): boolean {
  return state !== 'refused';
}

function isOpen({ state }: SentCall): boolean {
  return state === 'intended' || state === 'unknown';
}
