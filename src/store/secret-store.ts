/** Secrets that the gateway makes for itself, once for all processes on a database. Sealed before they come here. */
import type { Database } from './tables.ts';
import { guarded } from './guard.ts';

export interface SecretStore {
  /** The one that is there; else this one is kept. Of several starters one is the first, and all get the same answer. */
  readOrKeep(name: string, make: () => string): Promise<string>;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openSecretStore(db: Database): SecretStore {
  const read = async (name: string): Promise<string | undefined> => {
    const row = await db.selectFrom('secrets').select('sealed').where('name', '=', name).executeTakeFirst();
    return row?.sealed;
  };
  return {
    readOrKeep: (name, make) =>
      guarded(async () => {
        const before = await read(name);
        if (before !== undefined) return before;
        const sealed = make();
        await db
          .insertInto('secrets')
          .values({ name, sealed })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .execute();
        return (await read(name)) ?? sealed;
      }),
  };
}
