/** Queries on authorizations. Each step is one conditional update, so that of two who take it at once one has it. */
import type { Claim, ConnectionKey } from './connection-store.ts';
import type { AuthorizationRow, AuthorizationStatus, Database } from './tables.ts';
import { guarded } from './guard.ts';

type Found = Promise<AuthorizationRow | undefined>;
type Change = Partial<Omit<AuthorizationRow, 'id' | 'customer_id' | 'provider'>>;

export interface AuthorizationStore {
  /** Keeps at most so many of a customer and provider; the oldest go. */
  add(row: AuthorizationRow, keep: number): Promise<void>;
  byId(key: ConnectionKey, id: string): Found;
  /** Whoever it belongs to. */
  byAnyId(id: string): Found;
  byStart(startHash: string): Found;
  byState(stateHash: string): Found;
  /** Only while it has this status and has not expired: whether it was so. */
  take(id: string, from: AuthorizationStatus, change: Change, now: number): Promise<boolean>;
  /** Binds it to a browser, unless another one has it: whether it is this browser's. */
  bind(id: string, browser: Pick<AuthorizationRow, 'browser_hash' | 'state_hash'>, now: number): Promise<boolean>;
  /** As `take`, from granted to confirmed, and the grant is not kept any longer. */
  confirming(id: string, now: number): Claim;
  /** Drops the grants of what has expired, and what expired before then. */
  tidy(now: number, before: number): Promise<void>;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openAuthorizationStore(db: Database): AuthorizationStore {
  const all = () => db.selectFrom('authorizations').selectAll();
  return {
    add: (row, keep) =>
      guarded(async () => {
        const newest = db
          .selectFrom('authorizations')
          .select('id')
          .where('customer_id', '=', row.customer_id)
          .where('provider', '=', row.provider)
          .orderBy('created_at', 'desc')
          .limit(keep - 1);
        await db
          .deleteFrom('authorizations')
          .where('customer_id', '=', row.customer_id)
          .where('provider', '=', row.provider)
          .where('id', 'not in', newest)
          .execute();
        await db.insertInto('authorizations').values(row).execute();
      }),
    byId: ({ customer_id, provider }, id) =>
      guarded(() =>
        all()
          .where('id', '=', id)
          .where('customer_id', '=', customer_id)
          .where('provider', '=', provider)
          .executeTakeFirst(),
      ),
    byAnyId: (id) => guarded(() => all().where('id', '=', id).executeTakeFirst()),
    byStart: (hash) => guarded(() => all().where('start_hash', '=', hash).executeTakeFirst()),
    byState: (hash) => guarded(() => all().where('state_hash', '=', hash).executeTakeFirst()),
    take: (...given) => guarded(() => takeIn(db, ...given)),
    bind: (id, { browser_hash, state_hash }, now) =>
      guarded(async () => {
        const { numUpdatedRows } = await db
          .updateTable('authorizations')
          .set({ status: 'started', browser_hash, state_hash })
          .where('id', '=', id)
          .where('expires_at', '>', now)
          .where((is) =>
            is.or([
              is('status', '=', 'open'),
              is.and([is('status', '=', 'started'), is('browser_hash', '=', browser_hash)]),
            ]),
          )
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
    confirming: (id, now) => (transaction) =>
      takeIn(transaction, id, 'granted', { status: 'confirmed', sealed_grant: null }, now),
    tidy: (now, before) =>
      guarded(async () => {
        await db.deleteFrom('authorizations').where('expires_at', '<=', before).execute();
        await db
          .updateTable('authorizations')
          .set({ sealed_grant: null })
          .where('expires_at', '<=', now)
          .where('sealed_grant', 'is not', null)
          .execute();
      }),
  };
}

async function takeIn(
  db: Database,
  ...[id, from, change, now]: Parameters<AuthorizationStore['take']>
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('authorizations')
    .set(change)
    .where('id', '=', id)
    .where('status', '=', from)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
