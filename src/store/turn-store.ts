/** Turns that several processes take on one database: who has one says until when. */
import type { Database } from './database.ts';
import { groupCommit, type Committed } from './group-commit.ts';
import { guarded } from './guard.ts';

export interface TurnLease {
  readonly key: string;
  readonly owner: string;
  readonly now: number;
  readonly until: number;
}

export interface TurnStore {
  /** Takes the turn if nobody has it, or renews it; false while somebody else has it. */
  take(lease: TurnLease): Promise<boolean>;
  release(key: string, owner: string): Promise<void>;
}

export function openTurnStore(db: Database, committed?: Committed): TurnStore {
  const commit = groupCommit(db, committed);
  return {
    take: ({ key, owner, now, until }) =>
      guarded(() =>
        commit(async (transaction) => {
          const { numInsertedOrUpdatedRows = 0n } = await transaction
            .insertInto('turns')
            .values({ key, owner, until })
            .onConflict((conflict) =>
              conflict
                .column('key')
                .doUpdateSet({ owner, until })
                .where((is) => is.or([is('turns.until', '<=', now), is('turns.owner', '=', owner)])),
            )
            .executeTakeFirst();
          return numInsertedOrUpdatedRows > 0n;
        }, key),
      ),
    release: (key, owner) =>
      guarded(() =>
        commit(async (transaction) => {
          await transaction.deleteFrom('turns').where('key', '=', key).where('owner', '=', owner).execute();
        }, key),
      ),
  };
}
