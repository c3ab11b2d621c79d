/** Turns that several processes take on one database: who has one says until when. */
import { compileOnce } from './compile-once.ts';
import type { Database } from './tables.ts';
import { groupCommit, type Committed } from './group-commit.ts';
import { guarded } from './guard.ts';

export interface TurnLease {
  readonly key: string;
  readonly owner: string;
  readonly now: number;
  readonly until: number;
}

export interface TurnStore {
  /** False while somebody else has it. */
  take(lease: TurnLease): Promise<boolean>;
  /** False where it is not this owner's any more: one that was released stays released. */
  renew(lease: Omit<TurnLease, 'now'>): Promise<boolean>;
  release(key: string, owner: string): Promise<void>;
}

export function openTurnStore(db: Database, committed?: Committed): TurnStore {
  const commit = groupCommit(db, committed);
  const taking = compileOnce(({ key, owner, now, until }: TurnLease) =>
    db
      .insertInto('turns')
      .values({ key, owner, until })
      .onConflict((conflict) =>
        conflict
          .column('key')
          .doUpdateSet({ owner, until })
          .where((is) => is.or([is('turns.until', '<=', now), is('turns.owner', '=', owner)])),
      ),
  );
  const renewing = compileOnce(({ key, owner, until }: Omit<TurnLease, 'now'>) =>
    db.updateTable('turns').set({ until }).where('key', '=', key).where('owner', '=', owner),
  );
  const releasing = compileOnce(({ key, owner }: Pick<TurnLease, 'key' | 'owner'>) =>
    db.deleteFrom('turns').where('key', '=', key).where('owner', '=', owner),
  );
  return {
    take: (lease) =>
      guarded(() =>
        commit(async (run) => {
          const { numAffectedRows = 0n } = await run(taking(lease));
          return numAffectedRows > 0n;
        }, lease.key),
      ),
    renew: ({ key, owner, until }) =>
      guarded(() =>
        commit(async (run) => {
          const { numAffectedRows = 0n } = await run(renewing({ key, owner, until }));
          return numAffectedRows > 0n;
        }, key),
      ),
    release: (key, owner) =>
      guarded(() =>
        commit(async (run) => {
          await run(releasing({ key, owner }));
        }, key),
      ),
  };
}
