/** Fills a gateway's database with what years of use would have left in it, in large transactions. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { openVault, parseKeyRing } from '../../src/connections/vault.ts';
import { FRESH } from '../../src/store/connection-store.ts';
import { migrate } from '../../src/store/migrations.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type {
  ConnectionRow,
  IdempotencyKeyRow,
  OperationCallRow,
  OperationItemRow,
  OperationRow,
} from '../../src/store/tables.ts';
import { databaseOf, UNIFIED, type House } from './contenders.ts';

export interface Filling {
  readonly connections: number;
  readonly operations: number;
}

const IN_ONE_TRANSACTION = 20_000;
const HOUR_MS = 3_600_000;

/** Customers are called `customer-0` and so on. */
export async function fillDatabase(house: House, { connections, operations }: Filling): Promise<void> {
  const file = databaseOf(house);
  const empty = openSqlite(file);
  await migrate(empty);
  await empty.destroy();
  const db = new DatabaseSync(file);
  // What is filled in need not survive a power cut.
  db.exec('pragma journal_mode=wal; pragma synchronous=off');
  const vault = openVault(parseKeyRing(house.keyRing));
  const insert = inserter(db);
  const now = Date.now();
  inTransactions(db, connections, (number) => {
    const owner = { customer_id: `customer-${number}`, provider: 'outreach' };
    insert('connections', {
      ...owner,
      credential_type: 'access_token',
      sealed: vault.seal('a'.repeat(64), owner),
      ...FRESH,
      credentials_id: `credentials-${number}`,
      consent_id: '',
      minted_at: null,
      expires_at: null,
      created_at: now,
      updated_at: now,
    } satisfies ConnectionRow);
  });
  // Nobody opens what is closed, so one envelope of the right size stands for all.
  const sealed = (bytes: number): string =>
    vault.seal('x'.repeat(bytes), { customer_id: 'customer-0', provider: 'outreach' });
  const envelopes = {
    input: sealed(UNIFIED.body.length),
    answer: sealed(200),
    prepared: sealed(900),
    call: sealed(523),
  };
  inTransactions(db, operations, (number) => {
    for (const [table, row] of operationRows(number, now - HOUR_MS, envelopes)) insert(table, row);
  });
  db.exec('pragma wal_checkpoint(truncate)');
  db.close();
}

interface Envelopes {
  readonly input: string;
  readonly answer: string;
  readonly prepared: string;
  readonly call: string;
}

/** A create of one step with a key, closed. */
function operationRows(number: number, at: number, { input, answer, prepared, call }: Envelopes) {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  // As spread as digests are.
  const hash = (number * 2_654_435_761).toString(16).padStart(16, '0').repeat(4);
  const customer_id = `customer-${number % 1000}`;
  return [
    [
      'operations',
      {
        id,
        customer_id,
        provider: 'outreach',
        kind: 'create_steps',
        key_scope: hash,
        request_id: id,
        status: 'done',
        sealed_input: input,
        sealed_answer: answer,
        lease_owner: null,
        lease_until: 0,
        created_at: at,
        updated_at: at,
        closed_at: at,
      } satisfies OperationRow,
    ],
    [
      'operation_items',
      { operation_id: id, item: 0, sealed_prepared: prepared, sealed_result: null } satisfies OperationItemRow,
    ],
    [
      'operation_calls',
      {
        operation_id: id,
        item: 0,
        position: 0,
        method: 'POST',
        path: 'sequenceSteps',
        hash,
        state: 'done',
        sealed_answer: call,
        made_kind: 'sequence_step',
        made_id: String(number),
        changed_kind: null,
        changed_id: null,
        sent_at: at,
        answered_at: at,
      } satisfies OperationCallRow,
    ],
    [
      'idempotency_keys',
      { scope: hash, fingerprint: hash, operation_id: id, created_at: at } satisfies IdempotencyKeyRow,
    ],
  ] as const;
}

function inTransactions(db: DatabaseSync, count: number, each: (number: number) => void): void {
  for (let number = 0; number < count; number += IN_ONE_TRANSACTION) {
    db.exec('begin');
    for (let inner = number; inner < Math.min(count, number + IN_ONE_TRANSACTION); inner += 1) each(inner);
    db.exec('commit');
  }
}

function inserter(db: DatabaseSync): (table: string, row: Readonly<Record<string, string | number | null>>) => void {
  const statements = new Map<string, StatementSync>();
  return (table, row) => {
    const names = Object.keys(row);
    const found =
      statements.get(table) ??
      db.prepare(`insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`);
    statements.set(table, found);
    found.run(...Object.values(row));
  };
}
