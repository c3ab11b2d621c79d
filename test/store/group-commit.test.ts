/** Those who commit together do not fail together. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { groupCommit, type Job } from '../../src/store/group-commit.ts';
import { migrate } from '../../src/store/migrations.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

let db: Database;
beforeEach(async () => {
  db = openSqlite(':memory:');
  await migrate(db);
});
afterEach(() => db.destroy());

const key =
  (scope: string): Job<string> =>
  async (transaction) => {
    const row = { scope, fingerprint: 'f', operation_id: 'o', created_at: 0 };
    await transaction.insertInto('idempotency_keys').values(row).execute();
    return scope;
  };
const kept = async () => (await db.selectFrom('idempotency_keys').select('scope').execute()).map(({ scope }) => scope);

test('one that fails by its data fails alone, and nothing of it is kept', async () => {
  const commit = groupCommit(db);
  const broken: Job<never> = async (transaction) => {
    await key('broken')(transaction);
    await sql`insert into idempotency_keys values (null, null, null, null)`.execute(transaction);
    throw new Error('never');
  };
  const all = await Promise.allSettled([
    commit(key('a')),
    commit(broken),
    commit(key('b')),
    commit(key('a')),
    commit(key('c')),
  ]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect(await kept()).toEqual(['a', 'b', 'c']);
  expect(await commit(key('d'))).toBe('d');
});

test('a database that is away is away for all, and each is tried once', async () => {
  const commit = groupCommit(db);
  let tries = 0;
  const busy: Job<never> = () => {
    tries += 1;
    return Promise.reject(Object.assign(new Error('database is locked'), { errcode: 5 }));
  };
  const all = await Promise.allSettled([commit(busy), commit(key('a')), commit(busy)]);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(tries).toBe(1);
  expect(await kept()).toEqual([]);
});
