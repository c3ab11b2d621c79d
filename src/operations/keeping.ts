/** How one operation gets to the disk: what has not been written yet, in which order it is written, and until when this process holds the lease. */
import type { PreparedRecord } from '../core/ports.ts';
import { ProblemError } from '../model/problem.ts';
import type { Entry } from '../store/operation-writes.ts';
import type { IdempotencyKeyRow, OperationRow } from '../store/tables.ts';
import { isDoubtful, takeBack } from './doubtful.ts';
import { fromKept, toKept } from './kept-input.ts';
import { callRow, itemRow, outcomeRow, type Item, type Kept, type SentCall } from './journal-rows.ts';
import { keepLease, LEASE_MS, SKEW_MS, type Holder } from './lease.ts';
import type { OperationHouse } from './operation-house.ts';
import { taken, takenOver } from './operation-problems.ts';

/** What a new operation begins with. */
export interface Beginning {
  /** What is asked, as plain data. */
  readonly input: unknown;
  readonly key: IdempotencyKeyRow | undefined;
}

/** How far an operation has come on its way to the disk. */
type Stage =
  /** It has one call, and nothing needs to be on disk before it is known how that ended. */
  | 'in_memory'
  /** Its beginning must be on disk before the next call is sent. */
  | 'due'
  /** The same, but a write of its beginning was not answered: it may be on disk already. */
  | 'doubtful'
  | 'on_disk'
  | Lost;

/** Somebody else has the key, or has taken the operation over: this process sends and writes nothing more of it. */
interface Lost {
  readonly problem: ProblemError;
  readonly wasOnDisk: boolean;
}

/** Something that is not on disk yet. It is sealed and hashed when it is written. */
type Unwritten =
  | { readonly beginning: Beginning }
  | { readonly call: SentCall }
  | { readonly outcome: SentCall }
  | { readonly item: Item }
  | { readonly entry: Entry };

/** A class, because most requests make one and use little of it. */
export class Keeping {
  readonly house: OperationHouse;
  readonly row: OperationRow;
  private stage: Stage;
  private firstPlan: PreparedRecord | undefined;
  private unwritten: Unwritten[];
  private tail: Promise<void> | undefined;
  private lease: ReturnType<typeof keepLease> | undefined;
  /** The end of the lease, as far as this process knows. */
  private heldUntil: number;

  /** @param beginning absent where the operation is on disk already. */
  constructor(house: OperationHouse, row: OperationRow, beginning: Beginning | undefined) {
    this.house = house;
    this.row = row;
    this.stage = beginning === undefined ? 'on_disk' : beginning.key === undefined ? 'in_memory' : 'due';
    this.firstPlan = undefined;
    this.unwritten = beginning ? [{ beginning }] : [];
    this.heldUntil = row.lease_until;
    this.lease = beginning === undefined ? this.keep() : undefined;
  }

  /** Whether the next call must be on disk before it is sent. */
  get isDurable(): boolean {
    return this.stage !== 'in_memory';
  }

  get isOnDisk(): boolean {
    return typeof this.stage === 'object' ? this.stage.wasOnDisk : this.stage === 'on_disk';
  }

  /** Why this process sends and writes nothing more of it. */
  get lost(): ProblemError | undefined {
    return typeof this.stage === 'object' ? this.stage.problem : undefined;
  }

  /** The plan of the first record, where it is kept with the operation's beginning and not as an item. */
  get plan(): PreparedRecord | undefined {
    return (this.firstPlan ??= fromKept(this.open(this.row.sealed_input)).prepared);
  }

  /** From now on it must be on disk before anything more is sent. */
  makeDurable(): void {
    if (this.stage === 'in_memory') this.stage = 'due';
  }

  /** Keeps the plan with the beginning. @returns false where that is on disk already. */
  takePlan(plan: PreparedRecord): boolean {
    if (this.isOnDisk) return false;
    this.firstPlan = plan;
    return true;
  }

  /** A call that is sent for the first time, or again. */
  put(call: SentCall): void {
    this.unwritten.push({ call });
  }

  settle(outcome: SentCall): void {
    this.unwritten.push({ outcome });
  }

  putItem(item: Item): void {
    this.unwritten.push({ item });
  }

  /** The plain value of what was kept. */
  opened(kept: Kept): unknown {
    if (kept === undefined) return undefined;
    return 'value' in kept ? kept.value : this.open(kept.sealed);
  }

  private open(sealed: string | null): unknown {
    return sealed === null ? undefined : JSON.parse(this.house.vault.open(sealed, this.row));
  }

  seal(value: unknown): string {
    return this.house.vault.seal(JSON.stringify(value), this.row);
  }

  /** The stored value, sealed anew with the active key: if it is written again, a key that the operator takes out is not needed for it. */
  own(sealed: string | null): Kept {
    if (sealed === null) return undefined;
    try {
      return { sealed: this.house.vault.reseal(sealed, this.row) };
    } catch {
      return { sealed };
    }
  }

  /** Writes everything that is not on disk yet. Writes go one after the other, so that older values never replace newer ones. @throws {ProblemError} 503, 409. */
  write(): Promise<void> {
    const turn = this.tail ? this.tail.then(() => this.flush()) : this.flush();
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  /** Waits for the end of this turn of the loop, so that the next intent goes into the same commit. */
  writeLater(): void {
    if (!this.isDurable) return;
    setImmediate(() => {
      if (this.unwritten.length > 0) void this.write().catch(() => undefined);
    });
  }

  /** Writes the last entry and gives up the lease. @returns false if it could not be written. */
  async close(entry: Entry): Promise<boolean> {
    this.unwritten.push({ entry });
    try {
      await this.write();
      return true;
    } catch {
      return false;
    } finally {
      this.stop();
    }
  }

  /** Stops renewing the lease. */
  stop(): void {
    this.lease?.stop();
  }

  /** @throws {ProblemError} 409 if another process may have taken the operation over. */
  hold(): void {
    if (this.lost) throw this.lost;
    if (this.isOnDisk && this.house.clock.now() >= this.heldUntil - SKEW_MS)
      throw new ProblemError(takenOver(this.row));
  }

  /** Its caller is told that nothing was sent, so a beginning that may be on disk must not stay there. */
  async takeBack(): Promise<void> {
    if (this.stage === 'doubtful') await takeBack(this.house, this.holder(), this.row);
  }

  private async flush(): Promise<void> {
    if (this.lost) throw this.lost;
    const late = this.unwritten;
    if (late.length === 0) return;
    const now = this.house.clock.now();
    const until = now + LEASE_MS;
    const entries = late.map((each) => this.entryOf(each, until));
    this.unwritten = [];
    const held = this.isOnDisk ? { ...this.holder(), now, until } : undefined;
    const written = await this.house.store.write(entries, held).catch((error: unknown) => {
      // The next write tries it again.
      this.unwritten = [...late, ...this.unwritten];
      if (!this.isOnDisk && isDoubtful(error)) this.stage = 'doubtful';
      throw error;
    });
    if (written !== 'written') {
      const problem = new ProblemError(written === 'taken' ? taken(this.row) : takenOver(this.row));
      this.stage = { problem, wasOnDisk: this.isOnDisk };
      throw problem;
    }
    this.stage = 'on_disk';
    this.heldUntil = Math.max(this.heldUntil, until);
    this.lease ??= this.keep();
  }

  /** @param until end of the lease, counted from now: the operation may have waited for its turn longer than a lease lasts. */
  private entryOf(late: Unwritten, until: number): Entry {
    const { row } = this;
    const seal = (kept: Kept): string | null => {
      if (kept === undefined) return null;
      return 'value' in kept ? (kept.sealed ??= this.seal(kept.value)) : kept.sealed;
    };
    if ('call' in late) return { calls: [callRow(row.id, late.call, seal)] };
    if ('outcome' in late) return { outcomes: [outcomeRow(row.id, late.outcome, seal)] };
    if ('item' in late) return { items: [itemRow(row.id, late.item, seal)] };
    if ('entry' in late) return late.entry;
    const { input, key } = late.beginning;
    const sealed_input = this.seal(toKept({ input, prepared: this.firstPlan }));
    return { begin: { row: { ...row, sealed_input, lease_until: until }, ...(key ? { key } : {}) } };
  }

  private holder(): Holder {
    return { id: this.row.id, owner: this.row.lease_owner ?? this.house.owner };
  }

  private keep(): ReturnType<typeof keepLease> {
    return keepLease(this.house, this.holder(), (until) => {
      this.heldUntil = Math.max(this.heldUntil, until);
    });
  }
}
