/** Queries on connections. Credentials are sealed before they come here and opened after they leave. */
import { randomUUID } from 'node:crypto';
import type { ConnectionRow, ConnectionStatus, Database } from './tables.ts';
import { guarded } from './guard.ts';

export interface ConnectionKey {
  readonly customer_id: string;
  readonly provider: string;
}

export type ConnectionInput = Pick<ConnectionRow, 'credential_type' | 'sealed' | 'expires_at' | 'minted_at'>;

/** What a connection begins with, whatever was there before. */
export const FRESH = {
  status: 'active',
  reauth_reason: null,
  quarantined_at: null,
  refused_at: null,
  refresh_owner: null,
  refresh_until: 0,
  refresh_sent_at: null,
  refresh_not_before: null,
  refresh_failure: null,
  refresh_lost_at: null,
} as const satisfies Partial<ConnectionRow>;

export interface StatusNote {
  readonly status: ConnectionStatus;
  /** For people; null for an active one. */
  readonly reason: string | null;
}

export interface Put {
  readonly row: ConnectionRow;
  readonly isNew: boolean;
}

/** A change that is made in the same transaction, and whether it could be made. */
export type Claim = (db: Database) => Promise<boolean>;

export interface ConnectionStore {
  get(key: ConnectionKey): Promise<ConnectionRow | undefined>;
  /** Stores and answers with the row, and whether it is new. A stored connection is active. */
  put(key: ConnectionKey, input: ConnectionInput, now: number): Promise<Put>;
  /** Stores only with the claim: both or neither. */
  putWith(claim: Claim, key: ConnectionKey, input: ConnectionInput, now: number): Promise<Put | undefined>;
  /** Only while the connection still has these credentials. @returns whether that changed anything. */
  setStatus(key: ConnectionKey, credentialsId: string, status: StatusNote, now: number): Promise<boolean>;
  /** Whether there was one. */
  remove(key: ConnectionKey): Promise<boolean>;
  /** Throws where the database is away. */
  ping(): Promise<void>;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openConnectionStore(db: Database): ConnectionStore {
  const queries = connectionQueries(db);
  return {
    get: (...given) => guarded(() => queries.get(...given)),
    put: (...given) => guarded(() => queries.put(...given)),
    putWith: (claim, ...given) =>
      guarded(() =>
        db.transaction().execute(async (transaction) => {
          // The claim is the first: it takes the lock that the others wait for.
          return (await claim(transaction)) ? connectionQueries(transaction).put(...given) : undefined;
        }),
      ),
    setStatus: (...given) => guarded(() => queries.setStatus(...given)),
    remove: (...given) => guarded(() => queries.remove(...given)),
    ping: () => guarded(() => queries.ping()),
  };
}

function connectionQueries(db: Database): Omit<ConnectionStore, 'putWith'> {
  const at = ({ customer_id, provider }: ConnectionKey) =>
    db.selectFrom('connections').selectAll().where('customer_id', '=', customer_id).where('provider', '=', provider);

  return {
    get: (key) => at(key).executeTakeFirst(),
    put: async ({ customer_id, provider }, input, now) => {
      const changed = {
        ...input,
        ...FRESH,
        credentials_id: randomUUID(),
        consent_id: randomUUID(),
        updated_at: now,
      } as const;
      const row: ConnectionRow = { customer_id, provider, ...changed, created_at: now };
      // Another process may make or remove it in between: whoever inserts has made it.
      for (;;) {
        const updated = await db
          .updateTable('connections')
          .set(changed)
          .where('customer_id', '=', customer_id)
          .where('provider', '=', provider)
          .returning('created_at')
          .executeTakeFirst();
        if (updated) return { row: { ...row, ...updated }, isNew: false };
        const { numInsertedOrUpdatedRows: inserted = 0n } = await db
          .insertInto('connections')
          .values(row)
          .onConflict((conflict) => conflict.columns(['customer_id', 'provider']).doNothing())
          .executeTakeFirst();
        if (inserted > 0n) return { row, isNew: true };
      }
    },
    setStatus: async (key, credentialsId, { status, reason }, now) => {
      let query = db
        .updateTable('connections')
        .set({ status, reauth_reason: reason, updated_at: now })
        .where('customer_id', '=', key.customer_id)
        .where('provider', '=', key.provider)
        .where('credentials_id', '=', credentialsId)
        .where('status', '!=', status);
      // Neither a success of the old access token nor anything else revives a grant that is dead.
      if (status === 'active') query = query.where('refused_at', 'is', null).where('quarantined_at', 'is', null);
      const { numUpdatedRows } = await query.executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    remove: async (key) => {
      const { numDeletedRows } = await db
        .deleteFrom('connections')
        .where('customer_id', '=', key.customer_id)
        .where('provider', '=', key.provider)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    ping: async () => {
      await db.selectFrom('connections').select('customer_id').limit(1).execute();
    },
  };
}
