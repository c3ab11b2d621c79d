/** Queries on the gateway's own keys. */
import type { ApiKeyRow, Database } from './tables.ts';
import { guarded } from './guard.ts';

export interface ApiKeyStore {
  /** One that has not been revoked. */
  find(prefix: string): Promise<ApiKeyRow | undefined>;
  /** False where another key has this prefix. */
  add(row: ApiKeyRow): Promise<boolean>;
  /** Newest first. */
  list(page: { readonly before?: string | undefined; readonly limit: number }): Promise<readonly ApiKeyRow[]>;
  /** Whether there is such a key; one that was revoked before stays as it was. */
  revoke(id: string, by: string, now: number): Promise<boolean>;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openApiKeyStore(db: Database): ApiKeyStore {
  return {
    find: (prefix) =>
      guarded(() =>
        db
          .selectFrom('api_keys')
          .selectAll()
          .where('prefix', '=', prefix)
          .where('revoked_at', 'is', null)
          .executeTakeFirst(),
      ),
    add: (row) =>
      guarded(async () => {
        const { numInsertedOrUpdatedRows = 0n } = await db
          .insertInto('api_keys')
          .values(row)
          .onConflict((conflict) => conflict.column('prefix').doNothing())
          .executeTakeFirst();
        return numInsertedOrUpdatedRows > 0n;
      }),
    list: ({ before, limit }) =>
      guarded(() => {
        const query = db.selectFrom('api_keys').selectAll().orderBy('id', 'desc').limit(limit);
        return (before === undefined ? query : query.where('id', '<', before)).execute();
      }),
    revoke: (id, by, now) =>
      guarded(async () => {
        await db
          .updateTable('api_keys')
          .set({ revoked_at: now, revoked_by: by })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .execute();
        const row = await db.selectFrom('api_keys').select('id').where('id', '=', id).executeTakeFirst();
        return row !== undefined;
      }),
  };
}
