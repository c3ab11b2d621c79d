/** Queries on operations, their calls and their idempotency keys. What is sealed is sealed before it comes here. */
import type { Transaction } from 'kysely';
import type { Database } from './database.ts';
import { groupCommit, type Committed } from './group-commit.ts';
import { guarded } from './guard.ts';
import type { IdempotencyKeyRow, OperationCallRow, OperationItemRow, OperationRow, Tables } from './tables.ts';

export interface WholeOperation {
  readonly row: OperationRow;
  readonly items: readonly OperationItemRow[];
  readonly calls: readonly OperationCallRow[];
}

/** One or more changes of an operation that become durable together. */
export interface Entry {
  /** The operation itself, before its first call; with its key, if it has one. */
  readonly begin?: { readonly row: OperationRow; readonly key?: IdempotencyKeyRow };
  readonly items?: readonly OperationItemRow[];
  readonly calls?: readonly OperationCallRow[];
  readonly set?: { readonly id: string; readonly values: Partial<OperationRow> };
  /** Forgets the operation and its key, as if the request had not been sent. */
  readonly discard?: { readonly id: string; readonly key_scope: string | null };
}

export interface OperationStore {
  get(id: string): Promise<WholeOperation | undefined>;
  key(scope: string): Promise<IdempotencyKeyRow | undefined>;
  /** Ids of this kind that the journal has of the connection. */
  madeLately(
    connection: { readonly customer_id: string; readonly provider: string },
    kind: string,
    since: number,
  ): Promise<readonly string[]>;
  /** Whether another operation of the connection is sending one of these calls: what it makes has no name yet. */
  isSending(operation: OperationRow, hashes: readonly string[], now: number): Promise<boolean>;
  /**
   * Resolves once the entries are durable. Nothing is written where another operation has the key (`taken`), or where
   * somebody else works at the operation now (`lost`).
   */
  write(entries: readonly Entry[], lease?: Lease & { readonly id: string }): Promise<'written' | 'taken' | 'lost'>;
  /** Takes an operation that nobody works at. */
  lease(id: string, lease: Lease): Promise<boolean>;
  /** Only while it is this owner's. */
  renew(id: string, lease: Lease): Promise<boolean>;
  /** Open operations, oldest first; `abandoned`: only those whose owner has not renewed its lease. */
  open(filter: {
    readonly abandoned_at?: number;
    readonly after?: string;
    /** Only theirs. */
    readonly customers?: readonly string[];
    readonly limit: number;
  }): Promise<readonly OperationRow[]>;
  /** Of a sandbox whose ids begin anew, nothing may be remembered. */
  forgetAll(): Promise<void>;
  /** Keys of operations that closed before `keys_before` are forgotten, and what is sealed of operations that closed before `bodies_before`. */
  tidy(limits: { readonly keys_before: number; readonly bodies_before: number }): Promise<void>;
}

export interface Lease {
  readonly owner: string;
  readonly now: number;
  readonly until: number;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openOperationStore(db: Database, committed?: Committed): OperationStore {
  const commit = groupCommit(db, committed);
  return {
    get: (id) => guarded(() => readWhole(db, id)),
    key: (scope) =>
      guarded(() => db.selectFrom('idempotency_keys').selectAll().where('scope', '=', scope).executeTakeFirst()),
    madeLately: ({ customer_id, provider }, kind, since) =>
      guarded(async () => {
        const rows = await db
          .selectFrom('operation_calls')
          .innerJoin('operations', 'operations.id', 'operation_calls.operation_id')
          .select('made_id')
          .where('customer_id', '=', customer_id)
          .where('provider', '=', provider)
          .where('made_kind', '=', kind)
          .where('sent_at', '>=', since)
          .execute();
        return rows.flatMap(({ made_id }) => made_id ?? []);
      }),
    isSending: ({ id, customer_id, provider }, hashes, now) =>
      guarded(async () => {
        const found = await db
          .selectFrom('operations')
          .innerJoin('operation_calls', 'operation_calls.operation_id', 'operations.id')
          .select('operations.id')
          .where('status', '=', 'open')
          .where('lease_until', '>', now)
          .where('operations.id', '!=', id)
          .where('customer_id', '=', customer_id)
          .where('provider', '=', provider)
          .where('state', '=', 'intended')
          .where('hash', 'in', [...hashes])
          .executeTakeFirst();
        return found !== undefined;
      }),
    write: (entries, held) =>
      guarded(() =>
        commit(
          async (transaction) => {
            if (held && !(await renew(transaction, held, closingOf(entries)))) return 'lost';
            return (await writeAll(transaction, entries, held !== undefined)) ? 'written' : 'taken';
          },
          held?.id ?? placeOf(entries),
        ),
      ),
    lease: (id, { owner, now, until }) =>
      guarded(() =>
        commit(async (transaction) => {
          const { numUpdatedRows } = await transaction
            .updateTable('operations')
            .set({ lease_owner: owner, lease_until: until })
            .where('id', '=', id)
            .where('status', '=', 'open')
            .where((is) => is.or([is('lease_owner', 'is', null), is('lease_until', '<=', now)]))
            .executeTakeFirst();
          return numUpdatedRows > 0n;
        }, id),
      ),
    renew: (id, lease) => guarded(() => commit((transaction) => renew(transaction, { id, ...lease }), id)),
    open: ({ abandoned_at: abandoned, after, customers, limit }) =>
      guarded(() => {
        let query = db.selectFrom('operations').selectAll().where('status', '=', 'open').orderBy('id').limit(limit);
        if (abandoned !== undefined)
          query = query.where('lease_owner', 'is not', null).where('lease_until', '<=', abandoned);
        if (customers !== undefined) query = query.where('customer_id', 'in', [...customers]);
        return (after === undefined ? query : query.where('id', '>', after)).execute();
      }),
    forgetAll: () =>
      guarded(() =>
        commit(async (transaction) => {
          for (const table of ['operations', 'operation_items', 'operation_calls', 'idempotency_keys'] as const)
            await transaction.deleteFrom(table).execute();
        }),
      ),
    tidy: (limits) => guarded(() => commit((transaction) => tidy(transaction, limits))),
  };
}

async function readWhole(db: Database, id: string): Promise<WholeOperation | undefined> {
  const row = await db.selectFrom('operations').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const items = await db.selectFrom('operation_items').selectAll().where('operation_id', '=', id).execute();
  const calls = await db
    .selectFrom('operation_calls')
    .selectAll()
    .where('operation_id', '=', id)
    .orderBy('item')
    .orderBy('position')
    .execute();
  return { row, items, calls };
}

/** A change comes first in its transaction: one that begins by reading cannot wait for another process to commit. */
async function renew(
  db: Transaction<Tables>,
  { id, owner, now, until }: Lease & { readonly id: string },
  closing: Partial<OperationRow> = {},
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('operations')
    .set({ lease_until: until, updated_at: now, ...closing })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** What the holder of an operation sets in it goes with the renewal, in one statement. */
function closingOf(entries: readonly Entry[]): Partial<OperationRow> {
  return Object.assign({}, ...entries.map(({ set }) => set?.values)) as Partial<OperationRow>;
}

async function writeAll(db: Transaction<Tables>, entries: readonly Entry[], isSet: boolean): Promise<boolean> {
  for (const { begin, items = [], calls = [], set, discard } of entries) {
    if (begin?.key && !(await claim(db, begin.key))) return false;
    if (begin) await putOperation(db, begin.row);
    for (const item of items) await putItem(db, item);
    for (const call of calls) await putCall(db, call);
    if (set && !isSet) await db.updateTable('operations').set(set.values).where('id', '=', set.id).execute();
    if (discard) await forget(db, discard);
  }
  return true;
}

/** Who waits for whom is decided by the first thing that a job writes. */
function placeOf([first]: readonly Entry[]): string {
  return first?.begin?.key?.scope ?? first?.begin?.row.id ?? '';
}

/** It may be the operation's own already, from a commit that was carried out without an answer. */
async function claim(db: Transaction<Tables>, key: IdempotencyKeyRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('idempotency_keys')
    .values(key)
    .onConflict((conflict) =>
      conflict
        .column('scope')
        .doUpdateSet({ created_at: key.created_at })
        .where('idempotency_keys.operation_id', '=', key.operation_id),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

async function putOperation(db: Transaction<Tables>, row: OperationRow): Promise<void> {
  const { id: _id, ...values } = row;
  await db
    .insertInto('operations')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}

async function putItem(db: Transaction<Tables>, row: OperationItemRow): Promise<void> {
  const { operation_id: _id, item: _item, ...values } = row;
  await db
    .insertInto('operation_items')
    .values(row)
    .onConflict((conflict) => conflict.columns(['operation_id', 'item']).doUpdateSet(values))
    .execute();
}

async function putCall(db: Transaction<Tables>, row: OperationCallRow): Promise<void> {
  const { operation_id: _id, item: _item, position: _position, ...values } = row;
  await db
    .insertInto('operation_calls')
    .values(row)
    .onConflict((conflict) => conflict.columns(['operation_id', 'item', 'position']).doUpdateSet(values))
    .execute();
}

async function forget(db: Transaction<Tables>, { id, key_scope }: NonNullable<Entry['discard']>): Promise<void> {
  for (const table of ['operation_calls', 'operation_items'] as const)
    await db.deleteFrom(table).where('operation_id', '=', id).execute();
  await db.deleteFrom('operations').where('id', '=', id).execute();
  if (key_scope !== null)
    await db.deleteFrom('idempotency_keys').where('scope', '=', key_scope).where('operation_id', '=', id).execute();
}

async function tidy(
  db: Transaction<Tables>,
  { keys_before, bodies_before }: Parameters<OperationStore['tidy']>[0],
): Promise<void> {
  // One that was finished late is repeated late too, by a caller who has not heard of it.
  await db
    .deleteFrom('idempotency_keys')
    .where('idempotency_keys.created_at', '<', keys_before)
    .where((key) =>
      key.not(
        key.exists(
          key
            .selectFrom('operations')
            .select('operations.id')
            .whereRef('operations.id', '=', 'idempotency_keys.operation_id')
            .where((is) => is.or([is('status', '=', 'open'), is('closed_at', '>=', keys_before)])),
        ),
      ),
    )
    .execute();
  const old = db
    .selectFrom('operations')
    .select('id')
    .where('closed_at', '<', bodies_before)
    .where('sealed_input', 'is not', null);
  await db
    .updateTable('operation_items')
    .set({ sealed_prepared: null, sealed_result: null })
    .where('operation_id', 'in', old)
    .execute();
  await db.updateTable('operation_calls').set({ sealed_answer: null }).where('operation_id', 'in', old).execute();
  await db
    .updateTable('operations')
    .set({ sealed_input: null, sealed_answer: null })
    .where('closed_at', '<', bodies_before)
    .where('sealed_input', 'is not', null)
    .execute();
}
