/** What this process has in hand of all the budgets that it shares, and how it is given back. */
import { every } from '../core/every.ts';
import type { Clock } from '../core/ports.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { BudgetOptions } from './budget.ts';
import type { LedgerState, Share } from './share.ts';

/** The ledgers of all budgets. */
export interface LedgerBook {
  change(key: LedgerKey, next: (state: string | undefined) => LedgerState | undefined): Promise<void>;
  forget(key: Pick<LedgerKey, 'provider' | 'customer_id'>): Promise<void>;
  /** Forgets those that ended before then. */
  tidy(before: number): Promise<void>;
}

export interface LedgerKey {
  readonly provider: string;
  readonly customer_id: string;
  readonly endpoint: string;
}

export interface Shares {
  of(customerId: string, provider: NamedProvider): Required<Pick<BudgetOptions, 'sharedAt'>>;
  /** Never fails: what cannot be forgotten only makes the budget look smaller until its windows end. */
  forget(customerId: string, provider: NamedProvider): Promise<void>;
  tend(): Promise<void>;
  /** Gives all back. */
  close(): Promise<void>;
}

const EVERY_MS = 1_000;
/** A ledger outlives its windows, because it also knows what limit the provider has told. */
const KEPT_MS = 3_600_000;
const TIDIED_EVERY_MS = 60_000;
const AT_ONCE = 20;

export function keepShares(book: LedgerBook, clock: Clock): Shares {
  const holding = new Set<Share>();
  let tidiedAt = clock.now();

  const releaseAll = async (atOnce: boolean): Promise<void> => {
    const all = [...holding];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      await Promise.all(all.slice(from, from + AT_ONCE).map((share) => share.release(atOnce)));
    }
  };
  const tend = async (): Promise<void> => {
    await releaseAll(false);
    const now = clock.now();
    if (now - tidiedAt < TIDIED_EVERY_MS) return;
    tidiedAt = now;
    // What cannot be tidied now is tidied a minute later.
    await book.tidy(now - KEPT_MS).catch(() => undefined);
  };
  const tending = every(EVERY_MS, tend);

  return {
    of: (customerId, { name }) => ({
      sharedAt: (endpoint) => ({
        ledger: { change: (next) => book.change({ provider: name, customer_id: customerId, endpoint }, next) },
        holds: (share, isHolding) => {
          if (isHolding) holding.add(share);
          else holding.delete(share);
        },
      }),
    }),
    forget: (customerId, { name }) => book.forget({ provider: name, customer_id: customerId }).catch(() => undefined),
    tend: tending.now,
    close: async () => {
      await tending.stop();
      await releaseAll(true);
    },
  };
}
