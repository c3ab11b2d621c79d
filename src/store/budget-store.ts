/** Budgets that several processes spend together: one row each, changed by whoever read it last. */
import { randomUUID } from 'node:crypto';
import { ProblemError } from '../model/problem.ts';
import type { Database } from './tables.ts';
import { guarded } from './guard.ts';

export interface BudgetKey {
  readonly provider: string;
  readonly customer_id: string;
  /** Empty where all calls count together. */
  readonly endpoint: string;
}

export interface BudgetState {
  /** JSON, in whatever form the caller gives it. */
  readonly state: string;
  /** When the last of its windows ends, in milliseconds since the epoch. */
  readonly ends_at: number;
}

export interface BudgetStore {
  /**
   * Writes what `next` makes of the state that is there, and nothing where it answers undefined. `next` is run again where
   * another process was faster. @throws {ProblemError} 503 STORE_UNAVAILABLE.
   */
  change(key: BudgetKey, next: (state: string | undefined) => BudgetState | undefined): Promise<void>;
  forget(key: Pick<BudgetKey, 'provider' | 'customer_id'>): Promise<void>;
  /** Deletes those whose windows ended before then. */
  tidy(before: number): Promise<void>;
}

/** Each failure means that somebody else has succeeded: this many in a row are not met. */
const MAX_TRIES = 100;

/** Read and compared instead of locked: the arithmetic stays out of SQL, and no transaction is open across two statements. */
export function openBudgetStore(db: Database): BudgetStore {
  const attempt = async (key: BudgetKey, next: Parameters<BudgetStore['change']>[1]): Promise<boolean> => {
    const row = await db
      .selectFrom('budget_windows')
      .select(['state', 'revision'])
      .where('provider', '=', key.provider)
      .where('customer_id', '=', key.customer_id)
      .where('endpoint', '=', key.endpoint)
      .executeTakeFirst();
    const made = next(row?.state);
    if (made === undefined) return true;
    const changed = { ...made, revision: randomUUID() };
    if (row === undefined) {
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto('budget_windows')
        .values({ ...key, ...changed })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows > 0n;
    }
    const { numUpdatedRows } = await db
      .updateTable('budget_windows')
      .set(changed)
      .where('provider', '=', key.provider)
      .where('customer_id', '=', key.customer_id)
      .where('endpoint', '=', key.endpoint)
      .where('revision', '=', row.revision)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  };
  return {
    change: (key, next) =>
      guarded(async () => {
        for (let tries = 1; !(await attempt(key, next)); tries += 1) {
          if (tries < MAX_TRIES) continue;
          const detail = 'Too many processes of the gateway change one budget at once. Nothing was sent.';
          throw new ProblemError({ code: 'STORE_UNAVAILABLE', detail });
        }
      }),
    forget: ({ provider, customer_id }) =>
      guarded(async () => {
        await db
          .deleteFrom('budget_windows')
          .where('provider', '=', provider)
          .where('customer_id', '=', customer_id)
          .execute();
      }),
    tidy: (before) =>
      guarded(async () => {
        await db.deleteFrom('budget_windows').where('ends_at', '<', before).execute();
      }),
  };
}
