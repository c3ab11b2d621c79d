/** How an operation is kept: what of it is not on disk yet, how that comes there, and until when nobody else may work at it. */
import { ProblemError } from '../model/problem.ts';
import type { Entry } from '../store/operation-store.ts';
import type { IdempotencyKeyRow, OperationRow } from '../store/tables.ts';
import { isDoubtful, takeBack } from './doubtful.ts';
import { toKept } from './kept-input.ts';
import { callRow, itemRow, outcomeRow, type Item, type Kept, type SentCall } from './journal-rows.ts';
import { keepLease, LEASE_MS, SKEW_MS, type Holder } from './lease.ts';
import type { OperationHouse } from './operation.ts';
import { taken, takenOver } from './operation-problems.ts';
import type { PreparedRecord } from '../core/ports.ts';

/** What one begins with that is not there yet. */
export interface Beginning {
  /** What is asked, as plain data. */
  readonly input: unknown;
  readonly key: IdempotencyKeyRow | undefined;
}

/** Not on disk yet; sealed and hashed when it goes there. */
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
  /** Whether the next call must be on disk before it is sent. */
  isDurable: boolean;
  /** Whether it is on disk. */
  isBegun: boolean;
  /** Somebody else has the key, or has taken the operation over: nothing more is sent or written by this one. */
  lost: ProblemError | undefined;
  /** Of the first record, where it is kept with the operation's beginning and not as an item. */
  plan: PreparedRecord | undefined;
  /** Nothing needs to be on disk before it is known how the one call ended. */
  private unwritten: Unwritten[];
  /** Whether its beginning may be on disk all the same. */
  private isDoubtful = false;
  private tail: Promise<void> | undefined;
  private lease: ReturnType<typeof keepLease> | undefined;
  /** As far as this process knows; who has stood still finds that it is over. */
  private heldUntil: number;

  /** @param beginning absent where the operation is on disk already. */
  constructor(house: OperationHouse, row: OperationRow, beginning: Beginning | undefined) {
    this.house = house;
    this.row = row;
    this.isBegun = beginning === undefined;
    this.isDurable = beginning?.key !== undefined || this.isBegun;
    this.lost = undefined;
    this.plan = undefined;
    this.unwritten = beginning ? [{ beginning }] : [];
    this.heldUntil = row.lease_until;
    this.lease = this.isBegun ? this.keep() : undefined;
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

  /** What was kept, opened. */
  opened(kept: Kept): unknown {
    if (kept === undefined) return undefined;
    return 'value' in kept ? kept.value : this.open(kept.sealed);
  }

  open(sealed: string | null): unknown {
    return sealed === null ? undefined : JSON.parse(this.house.vault.open(sealed, this.row));
  }

  seal(value: unknown): string {
    return this.house.vault.seal(JSON.stringify(value), this.row);
  }

  /** As it was stored, but whatever is written again is written with the active key, so that a key that is taken out is not needed any more. */
  own(sealed: string | null): Kept {
    if (sealed === null) return undefined;
    try {
      return { sealed: this.house.vault.reseal(sealed, this.row) };
    } catch {
      return { sealed };
    }
  }

  /** One after the other, so that what is older never comes after what is newer. @throws {ProblemError} 503, 409. */
  write(): Promise<void> {
    const turn = this.tail ? this.tail.then(() => this.flush()) : this.flush();
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  /** With the next intent, if there is one in this turn of the loop. */
  writeLater(): void {
    if (!this.isDurable) return;
    setImmediate(() => {
      if (this.unwritten.length > 0) void this.write().catch(() => undefined);
    });
  }

  /** The last of it. @returns false where that could not be kept. */
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

  /** This process renews the lease no more. */
  stop(): void {
    this.lease?.stop();
  }

  /** @throws {ProblemError} 409 where somebody else may have taken it over. */
  hold(): void {
    if (this.lost) throw this.lost;
    if (this.isBegun && this.house.clock.now() >= this.heldUntil - SKEW_MS) throw new ProblemError(takenOver(this.row));
  }

  /** Where its beginning may be on disk although its caller is told that nothing was sent. */
  async takeBack(): Promise<void> {
    if (this.isDoubtful && !this.isBegun) await takeBack(this.house, this.holder(), this.row);
  }

  private async flush(): Promise<void> {
    if (this.lost) throw this.lost;
    const late = this.unwritten;
    if (late.length === 0) return;
    const now = this.house.clock.now();
    const until = now + LEASE_MS;
    const entries = late.map((each) => this.entryOf(each, until));
    this.unwritten = [];
    const held = this.isBegun ? { ...this.holder(), now, until } : undefined;
    const written = await this.house.store.write(entries, held).catch((error: unknown) => {
      // It goes with whatever is written next.
      this.unwritten = [...late, ...this.unwritten];
      this.isDoubtful ||= isDoubtful(error);
      throw error;
    });
    if (written !== 'written') {
      this.lost = new ProblemError(written === 'taken' ? taken(this.row) : takenOver(this.row));
      throw this.lost;
    }
    this.isBegun = true;
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
    const sealed_input = this.seal(toKept({ input, prepared: this.plan }));
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
