/** Queries on operations, their calls and their idempotency keys. What is sealed is sealed before it comes here. */
import type { Database, IdempotencyKeyRow, OperationCallRow, OperationItemRow, OperationRow } from './tables.ts';
import { groupCommit, type Committed } from './group-commit.ts';
import { guarded } from './guard.ts';
import { lookUpTogether } from './look-up-together.ts';
import {
  LATER,
  operationWrites,
  tidyOperations,
  type Entry,
  type Holding,
  type Lease,
  type Tidying,
} from './operation-writes.ts';

export interface WholeOperation {
  readonly row: OperationRow;
  readonly items: readonly OperationItemRow[];
  readonly calls: readonly OperationCallRow[];
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
  write(entries: readonly Entry[], held?: Holding): Promise<'written' | 'taken' | 'lost'>;
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
  tidy(limits: Tidying): Promise<void>;
}

/** Whether somebody works at it, as far as its row says. */
export function isUnderWay({ lease_owner: owner, lease_until: until }: OperationRow, now: number): boolean {
  return owner !== null && owner !== LATER && until > now;
}

/**
 * What is set in one that nobody works at any more.
 * @param until from then on it is listed as abandoned, and before that anybody may take it; undefined: it is left to its caller.
 */
export function left(until: number | undefined): Pick<OperationRow, 'lease_owner' | 'lease_until'> {
  return until === undefined ? { lease_owner: null, lease_until: 0 } : { lease_owner: LATER, lease_until: until };
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE, with the database's own error as the cause. */
export function openOperationStore(db: Database, committed?: Committed): OperationStore {
  const commit = groupCommit(db, committed);
  const writes = operationWrites(db);
  const keyOf = lookUpTogether(
    (scopes) => db.selectFrom('idempotency_keys').selectAll().where('scope', 'in', scopes).execute(),
    ({ scope }) => scope,
  );
  return {
    get: (id) => guarded(() => readWhole(db, id)),
    key: (scope) => guarded(() => keyOf(scope)),
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
          .where('lease_owner', '!=', LATER)
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
          async (run) => {
            if (held && !(await writes.renew(run, held, closingOf(entries)))) return 'lost';
            return writes.writeAll(run, entries, held !== undefined);
          },
          held?.id ?? placeOf(entries),
        ),
      ),
    lease: (id, taking) => guarded(() => commit((run) => writes.lease(run, { id, ...taking }), id)),
    renew: (id, renewed) => guarded(() => commit((run) => writes.renew(run, { id, ...renewed }), id)),
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
        commit(async (run) => {
          for (const table of ['operations', 'operation_items', 'operation_calls', 'idempotency_keys'] as const)
            await run(db.deleteFrom(table));
        }),
      ),
    tidy: (limits) => guarded(() => commit((run) => tidyOperations(run, db, limits))),
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

/** What the holder of an operation sets in it goes with the renewal, in one statement. */
function closingOf(entries: readonly Entry[]): Partial<OperationRow> {
  return Object.assign({}, ...entries.map(({ set }) => set?.values)) as Partial<OperationRow>;
}

/** Who waits for whom is decided by the first thing that a job writes. */
function placeOf([first]: readonly Entry[]): string {
  return first?.begin?.key?.scope ?? first?.begin?.row.id ?? '';
}
