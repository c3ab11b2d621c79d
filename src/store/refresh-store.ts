/** Queries on the renewal of oauth2 connections: one asks the server at a time, over all processes on the database. */
import { randomUUID } from 'node:crypto';
import { FRESH, type ConnectionInput, type ConnectionKey } from './connection-store.ts';
import type { ConnectionRow, Database } from './tables.ts';
import { guarded } from './guard.ts';

/** The credentials that are renewed: nothing is changed once they have been replaced. */
export interface RenewedKey extends ConnectionKey {
  readonly credentials_id: string;
}

export interface RefreshLease {
  readonly owner: string;
  readonly now: number;
  readonly until: number;
}

/** How a renewal came to nothing. */
export type RefreshEnding = Pick<
  ConnectionRow,
  'refresh_not_before' | 'refresh_failure' | 'refresh_lost_at' | 'refused_at' | 'reauth_reason' | 'status'
>;

export interface RefreshStore {
  /** Takes the renewal and notes that it is sent, durably; false where somebody else has it, or has left it unfinished. */
  begin(key: RenewedKey, lease: RefreshLease): Promise<boolean>;
  /** Stores the new pair, whoever holds the lease; undefined where other credentials have been stored meanwhile. */
  replace(key: RenewedKey, input: ConnectionInput, now: number): Promise<ConnectionRow | undefined>;
  /** Only what this owner has begun. @returns whether that was so. */
  fail(key: RenewedKey, owner: string, ending: Partial<RefreshEnding>, now: number): Promise<boolean>;
  /** There is nothing to renew it with. @returns whether that is new. */
  refuse(key: RenewedKey, ending: Partial<RefreshEnding>, now: number): Promise<boolean>;
  /** What was sent at this time was never finished, and the lease is over: its answer is lost. */
  abandon(key: RenewedKey, sentAt: number, ending: Partial<RefreshEnding>, now: number): Promise<void>;
  /** Connections of a provider whose pair was minted before, and that may be renewed; the oldest first, behind `after`. */
  idle(
    provider: string,
    asked: {
      readonly mintedBefore: number;
      readonly now: number;
      readonly after?: ConnectionRow;
      readonly limit: number;
    },
  ): Promise<readonly ConnectionRow[]>;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openRefreshStore(db: Database): RefreshStore {
  const update = ({ customer_id, provider, credentials_id }: RenewedKey, values: Partial<ConnectionRow>) =>
    db
      .updateTable('connections')
      .set(values)
      .where('customer_id', '=', customer_id)
      .where('provider', '=', provider)
      .where('credentials_id', '=', credentials_id)
      .where('credential_type', '=', 'oauth2');
  const over = { refresh_owner: null, refresh_until: 0, refresh_sent_at: null } as const;

  return {
    begin: (key, { owner, now, until }) =>
      guarded(async () => {
        const { numUpdatedRows } = await update(key, {
          refresh_owner: owner,
          refresh_until: until,
          refresh_sent_at: now,
        })
          .where('refused_at', 'is', null)
          .where('refresh_sent_at', 'is', null)
          .where('refresh_until', '<=', now)
          .where((is) => is.or([is('refresh_not_before', 'is', null), is('refresh_not_before', '<=', now)]))
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
    replace: (key, input, now) =>
      guarded(async () => {
        const credentials_id = randomUUID();
        const values = { ...input, ...FRESH, credentials_id, updated_at: now };
        const { numUpdatedRows } = await update(key, values).executeTakeFirst();
        if (numUpdatedRows === 0n) return undefined;
        return db
          .selectFrom('connections')
          .selectAll()
          .where('customer_id', '=', key.customer_id)
          .where('provider', '=', key.provider)
          .executeTakeFirst();
      }),
    fail: (key, owner, ending, now) =>
      guarded(async () => {
        const { numUpdatedRows } = await update(key, { ...ending, ...over, updated_at: now })
          .where('refresh_owner', '=', owner)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
    refuse: (key, ending, now) =>
      guarded(async () => {
        const { numUpdatedRows } = await update(key, { ...ending, updated_at: now })
          .where('refused_at', 'is', null)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
    abandon: (key, sentAt, ending, now) =>
      guarded(async () => {
        await update(key, { ...ending, ...over, updated_at: now })
          .where('refresh_sent_at', '=', sentAt)
          .where('refresh_until', '<=', now)
          .execute();
      }),
    idle: (provider, { mintedBefore, now, after, limit }) =>
      guarded(() => {
        const query = db
          .selectFrom('connections')
          .selectAll()
          .where('provider', '=', provider)
          .where('credential_type', '=', 'oauth2')
          .where('refused_at', 'is', null)
          .where('quarantined_at', 'is', null)
          .where('minted_at', '<', mintedBefore)
          .where((is) => is.or([is('refresh_not_before', 'is', null), is('refresh_not_before', '<=', now)]))
          .orderBy('minted_at')
          .orderBy('customer_id')
          .limit(limit);
        if (!after) return query.execute();
        const { minted_at, customer_id } = after;
        return query
          .where((is) =>
            is.or([
              is('minted_at', '>', minted_at),
              is.and([is('minted_at', '=', minted_at), is('customer_id', '>', customer_id)]),
            ]),
          )
          .execute();
      }),
  };
}
