/** What changes an operation, its calls and its key: each a query that is compiled once. */
import { sql, type RawBuilder } from 'kysely';
import { compileOnce } from './compile-once.ts';
import type { Database, IdempotencyKeyRow, OperationCallRow, OperationItemRow, OperationRow } from './tables.ts';
import type { Run } from './group-commit.ts';

/** In place of its owner: nobody works at it, and recovery comes back to it when the lease ends. */
export const LATER = 'later';

/** What came of a call that the journal has. */
export type CallOutcome = Omit<OperationCallRow, 'method' | 'path' | 'hash' | 'sent_at'>;

/** One or more changes of an operation that become durable together. */
export interface Entry {
  /** The operation itself, before its first call; with its key, if it has one. */
  readonly begin?: { readonly row: OperationRow; readonly key?: IdempotencyKeyRow };
  readonly items?: readonly OperationItemRow[];
  readonly calls?: readonly OperationCallRow[];
  readonly outcomes?: readonly CallOutcome[];
  readonly set?: { readonly id: string; readonly values: Partial<OperationRow> };
  /** Forgets the operation and its key, as if the request had not been sent. */
  readonly discard?: { readonly id: string; readonly key_scope: string | null };
}

export interface Lease {
  readonly owner: string;
  readonly now: number;
  readonly until: number;
}

/** Of an operation. */
export type Holding = Lease & { readonly id: string };

/** Keys of operations that closed before `keys_before` are forgotten, and what is sealed of operations that closed before `bodies_before`. */
export interface Tidying {
  readonly keys_before: number;
  readonly bodies_before: number;
}

export interface OperationWrites {
  /** Where it is not `written`, nothing more of the entries is: another operation has a key of these, or another process the operation. */
  writeAll(run: Run, entries: readonly Entry[], isSet: boolean): Promise<'written' | 'taken' | 'lost'>;
  /**
   * Only while it is this owner's; with what else is set in it. First in its transaction: one that begins by reading cannot wait for
   * another process to commit.
   */
  renew(run: Run, holding: Holding, values?: Partial<OperationRow>): Promise<boolean>;
  /** Where nobody works at it. */
  lease(run: Run, holding: Holding): Promise<boolean>;
}

export function operationWrites(db: Database): OperationWrites {
  // It may be the operation's own already, from a commit that was carried out without an answer.
  const claiming = compileOnce((key: IdempotencyKeyRow) =>
    db
      .insertInto('idempotency_keys')
      .values(key)
      .onConflict((conflict) =>
        conflict
          .column('scope')
          .doUpdateSet(excluded('created_at'))
          .whereRef('idempotency_keys.operation_id', '=', sql.ref('excluded.operation_id')),
      ),
  );
  // It may be there already, from such a commit, and somebody else may have gone on with it since.
  const puttingOperation = compileOnce((row: OperationRow) =>
    db
      .insertInto('operations')
      .values(row)
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet(excluded(...others(row, 'id')))
          .whereRef('operations.lease_owner', '=', sql.ref('excluded.lease_owner')),
      ),
  );
  const puttingItem = compileOnce((row: OperationItemRow) =>
    db
      .insertInto('operation_items')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['operation_id', 'item']).doUpdateSet(excluded('sealed_prepared', 'sealed_result')),
      ),
  );
  const puttingCall = compileOnce((row: OperationCallRow) =>
    db
      .insertInto('operation_calls')
      .values(row)
      .onConflict((conflict) =>
        conflict
          .columns(['operation_id', 'item', 'position'])
          .doUpdateSet(excluded(...others(row, 'operation_id', 'item', 'position'))),
      ),
  );
  const puttingOutcome = compileOnce(({ operation_id, item, position, ...outcome }: CallOutcome) =>
    db
      .updateTable('operation_calls')
      .set(outcome)
      .where('operation_id', '=', operation_id)
      .where('item', '=', item)
      .where('position', '=', position),
  );
  const setting = compileOnce(({ id, ...values }: Pick<OperationRow, 'id'> & Partial<OperationRow>) =>
    db.updateTable('operations').set(values).where('id', '=', id),
  );
  const renewing = compileOnce(({ id, owner, now, until, ...values }: Holding & Omit<Partial<OperationRow>, 'id'>) =>
    db
      .updateTable('operations')
      .set({ lease_until: until, updated_at: now, ...values })
      .where('id', '=', id)
      .where('lease_owner', '=', owner),
  );
  const leasing = compileOnce(({ id, owner, now, until }: Holding) =>
    db
      .updateTable('operations')
      .set({ lease_owner: owner, lease_until: until })
      .where('id', '=', id)
      .where('status', '=', 'open')
      .where((is) =>
        is.or([is('lease_owner', 'is', null), is('lease_owner', '=', LATER), is('lease_until', '<=', now)]),
      ),
  );
  const changes = async (run: Run, query: Parameters<Run>[0]): Promise<boolean> =>
    ((await run(query)).numAffectedRows ?? 0n) > 0n;

  const forget = async (run: Run, { id, key_scope }: NonNullable<Entry['discard']>): Promise<void> => {
    for (const table of ['operation_calls', 'operation_items'] as const)
      await run(db.deleteFrom(table).where('operation_id', '=', id));
    await run(db.deleteFrom('operations').where('id', '=', id));
    if (key_scope !== null)
      await run(db.deleteFrom('idempotency_keys').where('scope', '=', key_scope).where('operation_id', '=', id));
  };

  return {
    writeAll: async (run, entries, isSet) => {
      for (const { begin, items = [], calls = [], outcomes = [], set, discard } of entries) {
        if (begin?.key && !(await changes(run, claiming(begin.key)))) return 'taken';
        if (begin && !(await changes(run, puttingOperation(begin.row)))) return 'lost';
        for (const item of items) await run(puttingItem(item));
        for (const call of calls) await run(puttingCall(call));
        for (const outcome of outcomes) await run(puttingOutcome(outcome));
        if (set && !isSet) await run(setting({ ...set.values, id: set.id }));
        if (discard) await forget(run, discard);
      }
      return 'written';
    },
    renew: (run, holding, values = {}) => changes(run, renewing({ ...values, ...holding })),
    lease: (run, holding) => changes(run, leasing(holding)),
  };
}

export async function tidyOperations(run: Run, db: Database, { keys_before, bodies_before }: Tidying): Promise<void> {
  // One that was finished late is repeated late too, by a caller who has not heard of it.
  await run(
    db
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
      ),
  );
  const old = db
    .selectFrom('operations')
    .select('id')
    .where('closed_at', '<', bodies_before)
    .where('sealed_input', 'is not', null);
  await run(
    db
      .updateTable('operation_items')
      .set({ sealed_prepared: null, sealed_result: null })
      .where('operation_id', 'in', old),
  );
  await run(db.updateTable('operation_calls').set({ sealed_answer: null }).where('operation_id', 'in', old));
  await run(
    db
      .updateTable('operations')
      .set({ sealed_input: null, sealed_answer: null })
      .where('closed_at', '<', bodies_before)
      .where('sealed_input', 'is not', null),
  );
}

/** What would have been inserted. */
function excluded<N extends string>(...names: readonly N[]): Record<N, RawBuilder<never>> {
  const columns = names.map((name) => [name, sql.ref<never>(`excluded.${name}`)]);
  return Object.fromEntries(columns) as Record<N, RawBuilder<never>>;
}

function others<R extends object, K extends keyof R>(
  row: R,
  ...names: readonly K[]
): readonly Exclude<keyof R & string, K>[] {
  const own = new Set<PropertyKey>(names);
  return Object.keys(row).filter((name): name is Exclude<keyof R & string, K> => !own.has(name));
}
