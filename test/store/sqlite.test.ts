/** The store suite on the embedded database. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startDatabase } from '../../src/store/database.ts';
import type { Database, OperationRow } from '../../src/store/tables.ts';
import { DatabaseUnusable } from '../../src/store/failures.ts';
import { groupCommit } from '../../src/store/group-commit.ts';
import { describeOn, emptyTables, openStarted, operationRow } from './bench.ts';
import { STORES } from './suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-store-'));
let made = 0;
const locate = () => Promise.resolve({ file: join(folder, `${(made += 1)}.db`) });
let databases: readonly Database[] = [];
const at = (index: number) => (): Database => databases[index] ?? missing();

beforeAll(async () => {
  const location = await locate();
  databases = [await openStarted(location), await openStarted(location)];
});
beforeEach(() => emptyTables(at(0)()));
afterAll(async () => {
  for (const db of databases) await db.destroy();
  rmSync(folder, { recursive: true });
});

describeOn('SQLite', { locate, first: at(0), second: at(1) }, STORES);

test.each([
  ['a folder that is not there', join(folder, 'none', 'x.db'), /unable to open/],
  ['another kind of file', join(folder, 'text.db'), /not a database/],
])('%s is told as the setting that it is', async (_what, file, why) => {
  writeFileSync(join(folder, 'text.db'), 'This is not a database. '.repeat(100));
  const failed = await startDatabase({ file }, () => undefined).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(DatabaseUnusable);
  expect(String(failed)).toContain(`STEPGATE_DATABASE: ${file} cannot be opened`);
  expect(String(failed)).toMatch(why);
});

test('a full disk is told as what it is, and what comes after it is served', async () => {
  const db = await openStarted(await locate());
  const commit = groupCommit(db);
  const put = (row: OperationRow) => commit((run) => run(db.insertInto('operations').values(row)));
  try {
    await sql`pragma max_page_count = 1`.execute(db);
    await expect(put(operationRow('one', { sealed_input: 'x'.repeat(1_000_000) }))).rejects.toThrow(/disk is full/);
    await sql`pragma max_page_count = 100000`.execute(db);
    await put(operationRow('two'));
    expect(await db.selectFrom('operations').select('id').execute()).toEqual([{ id: 'two' }]);
  } finally {
    await db.destroy();
  }
});

function missing(): never {
  throw new Error('The databases are opened before the tests.');
}
