/** What the store suite stands on: databases of one kind, and rows as short as can be. */
import { describe } from 'vitest';
import { startDatabase, type DatabaseLocation } from '../../src/store/database.ts';
import type { Database, OperationCallRow, OperationItemRow, OperationRow } from '../../src/store/tables.ts';

export interface Bench {
  /** Where a new, empty database is. */
  readonly locate: () => Promise<DatabaseLocation>;
  /** Two processes' handles on one database, which is empty at the beginning of each test. */
  readonly first: () => Database;
  readonly second: () => Database;
}

export type Suite = (bench: Bench) => void;

export function describeOn(name: string, bench: Bench, suites: Readonly<Record<string, Suite>>): void {
  for (const [what, suite] of Object.entries(suites)) {
    describe(`${what} on ${name}`, () => {
      suite(bench);
    });
  }
}

/** A database that is there: one that is away fails the test. */
export async function openStarted(location: DatabaseLocation): Promise<Database> {
  const { db } = await startDatabase(location, ({ error }) => {
    throw new Error(error);
  });
  return db;
}

export async function emptyTables(db: Database): Promise<void> {
  for (const { name } of await db.introspection.getTables()) await db.deleteFrom(name as 'turns').execute();
}

export const KEY = { customer_id: 'c', provider: 'p' };

export function operationRow(id: string, values: Partial<OperationRow> = {}): OperationRow {
  return {
    id,
    ...KEY,
    kind: 'create_steps',
    key_scope: null,
    request_id: 'r',
    status: 'open',
    sealed_input: 'sealed',
    sealed_answer: null,
    lease_owner: 'a',
    lease_until: 100,
    created_at: 1,
    updated_at: 1,
    closed_at: null,
    ...values,
  };
}

export function itemRow(operation_id: string, values: Partial<OperationItemRow> = {}): OperationItemRow {
  return { operation_id, item: 0, sealed_prepared: 'sealed', sealed_result: null, ...values };
}

export function callRow(operation_id: string, values: Partial<OperationCallRow> = {}): OperationCallRow {
  return {
    operation_id,
    item: 0,
    position: 0,
    method: 'POST',
    path: 'steps',
    hash: 'h',
    state: 'intended',
    sealed_answer: null,
    made_kind: null,
    made_id: null,
    changed_kind: null,
    changed_id: null,
    sent_at: 1,
    answered_at: null,
    ...values,
  };
}
