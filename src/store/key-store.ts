/** Queries on the master keys that are in use, and on the connections that none of them opens. */
import type { ConnectionKey } from './connection-store.ts';
import type { ConnectionStatus, Database, EncryptionKeyRow, SecretRow } from './tables.ts';
import { guarded } from './guard.ts';

export interface SealedConnection extends ConnectionKey {
  readonly sealed: string;
}

export interface KeyStore {
  list(): Promise<readonly EncryptionKeyRow[]>;
  /** Unless the id is there already. */
  register(id: string, checkValue: string): Promise<void>;
  /** A gateway seals with it now; it is registered again if it was not. */
  seen(id: string, checkValue: string, now: number): Promise<void>;
  /** Unless a gateway has sealed with it since; whether it is gone. */
  retire(id: string, seenBefore: number): Promise<boolean>;
  /** Only while the connection still has this sealing. @returns whether that is new. */
  quarantine(key: ConnectionKey, sealed: string, now: number): Promise<boolean>;
  /** In the order of their keys, behind `after`. */
  quarantined(limit: number, after?: ConnectionKey): Promise<readonly SealedConnection[]>;
  /** What was in quarantine has been opened after all. It is again what it was before; only while it still has this sealing. */
  release(connection: SealedConnection, now: number): Promise<void>;
  secrets(): Promise<readonly SecretRow[]>;
  /**
   * Only while it is still sealed so: a new one is made at its next use. With `revoked` all API keys are revoked in the same
   * commit. @returns how many were; undefined where the secret was not dropped.
   */
  dropSecret(secret: SecretRow, revoked?: { readonly by: string; readonly now: number }): Promise<number | undefined>;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE. */
export function openKeyStore(db: Database): KeyStore {
  const put = (row: EncryptionKeyRow) => db.insertInto('encryption_keys').values(row);
  const at = ({ customer_id, provider }: ConnectionKey) =>
    db.updateTable('connections').where('customer_id', '=', customer_id).where('provider', '=', provider);
  return {
    list: () => guarded(() => db.selectFrom('encryption_keys').selectAll().orderBy('id').execute()),
    register: (id, checkValue) =>
      guarded(async () => {
        await put({ id, check_value: checkValue, active_seen_at: 0 })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute();
      }),
    seen: (id, checkValue, now) =>
      guarded(async () => {
        await put({ id, check_value: checkValue, active_seen_at: now })
          .onConflict((conflict) =>
            conflict
              .column('id')
              .doUpdateSet({ active_seen_at: now })
              .where('encryption_keys.active_seen_at', '<', now),
          )
          .execute();
      }),
    retire: (id, seenBefore) =>
      guarded(async () => {
        const { numDeletedRows } = await db
          .deleteFrom('encryption_keys')
          .where('id', '=', id)
          .where('active_seen_at', '<', seenBefore)
          .executeTakeFirst();
        return numDeletedRows > 0n;
      }),
    quarantine: (key, sealed, now) =>
      guarded(async () => {
        const { numUpdatedRows } = await at(key)
          .set({ status: 'needs_reauth', quarantined_at: now, updated_at: now })
          .where('sealed', '=', sealed)
          .where('quarantined_at', 'is', null)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
    quarantined: (limit, after) =>
      guarded(() => {
        const query = db
          .selectFrom('connections')
          .select(['customer_id', 'provider', 'sealed'])
          .where('quarantined_at', 'is not', null)
          .orderBy('customer_id')
          .orderBy('provider')
          .limit(limit);
        if (!after) return query.execute();
        const { customer_id, provider } = after;
        return query
          .where((is) =>
            is.or([
              is('customer_id', '>', customer_id),
              is.and([is('customer_id', '=', customer_id), is('provider', '>', provider)]),
            ]),
          )
          .execute();
      }),
    release: ({ sealed, ...key }, now) =>
      guarded(async () => {
        await at(key)
          .set((row) => ({
            // A refusal from before has left its reason.
            status: row
              .case()
              .when('reauth_reason', 'is', null)
              .then('active')
              .else('needs_reauth')
              .end()
              .$castTo<ConnectionStatus>(),
            quarantined_at: null,
            updated_at: now,
          }))
          .where('quarantined_at', 'is not', null)
          .where('sealed', '=', sealed)
          .execute();
      }),
    secrets: () => guarded(() => db.selectFrom('secrets').selectAll().orderBy('name').execute()),
    dropSecret: ({ name, sealed }, revoked) =>
      guarded(() =>
        db.transaction().execute(async (transaction) => {
          const { numDeletedRows } = await transaction
            .deleteFrom('secrets')
            .where('name', '=', name)
            .where('sealed', '=', sealed)
            .executeTakeFirst();
          if (numDeletedRows === 0n) return undefined;
          if (revoked === undefined) return 0;
          const { numUpdatedRows } = await transaction
            .updateTable('api_keys')
            .set({ revoked_at: revoked.now, revoked_by: revoked.by })
            .where('revoked_at', 'is', null)
            .executeTakeFirst();
          return Number(numUpdatedRows);
        }),
      ),
  };
}
