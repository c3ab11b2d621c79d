/** API keys, the gateway's own secrets and the audit. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openApiKeyStore } from '../../src/store/api-key-store.ts';
import { openAuditStore, type AuditStore } from '../../src/store/audit-store.ts';
import type { AuditFilter } from '../../src/store/audit-list.ts';
import { audit as auditAtFirst } from '../../src/store/migrations/0006-audit.ts';
import { auditTimes } from '../../src/store/migrations/0012-audit-times.ts';
import { openSecretStore } from '../../src/store/secret-store.ts';
import { sortableId } from '../../src/store/sortable-id.ts';
import type { ApiKeyRow, AuditRow } from '../../src/store/tables.ts';
import { openStarted, type Suite } from './bench.ts';

function keyRow(values: Partial<ApiKeyRow> = {}): ApiKeyRow {
  return {
    id: sortableId(5),
    prefix: 'aaaaaaaa',
    hash: 'h',
    name: 'ä "name"',
    role: 'read',
    customers: '["a"]',
    created_at: 1_790_000_000_000,
    created_by: 'env',
    revoked_at: null,
    revoked_by: null,
    ...values,
  };
}

export const apiKeys: Suite = ({ first, second }) => {
  test('is found by its prefix, as it was added, until it is revoked', async () => {
    const [store, other] = [openApiKeyStore(first()), openApiKeyStore(second())];
    const row = keyRow();
    expect(await store.add(row)).toBe(true);
    expect(await other.find('aaaaaaaa')).toEqual(row);
    expect(await other.find('AAAAAAAA')).toBeUndefined();
    expect(await other.revoke(row.id, 'me', 7)).toBe(true);
    expect(await store.revoke(row.id, 'you', 8)).toBe(true);
    expect(await store.revoke('nothing', 'me', 7)).toBe(false);
    expect(await store.find('aaaaaaaa')).toBeUndefined();
    expect(await store.list({ limit: 9 })).toEqual([{ ...row, revoked_at: 7, revoked_by: 'me' }]);
  });

  test('of several with one prefix the first is kept', async () => {
    const stores = [openApiKeyStore(first()), openApiKeyStore(second())] as const;
    const rows = Array.from({ length: 10 }, () => keyRow());
    const added = await Promise.all(rows.map((row, index) => (index % 2 ? stores[0] : stores[1]).add(row)));
    const [kept] = rows.filter((_, index) => added[index]);
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await stores[0].list({ limit: 99 })).toEqual([kept]);
  });

  test('are listed newest first, page by page', async () => {
    const store = openApiKeyStore(first());
    const rows = Array.from({ length: 5 }, (_, index) => keyRow({ id: sortableId(index), prefix: `p${index}` }));
    for (const row of rows) await store.add(row);
    const ids = rows.map(({ id }) => id).toReversed();
    const page = await store.list({ limit: 2 });
    expect(page.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await store.list({ before: ids[1], limit: 9 })).map(({ id }) => id)).toEqual(ids.slice(2));
  });
};

export const secrets: Suite = ({ first, second }) => {
  test('of several that make one at the same time all have the same', async () => {
    const stores = [openSecretStore(first()), openSecretStore(second())] as const;
    let made = 0;
    const got = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? stores[0] : stores[1]).readOrKeep('one', () => `sealed-${(made += 1)}`),
      ),
    );
    expect(new Set(got).size).toBe(1);
    expect(await stores[1].readOrKeep('two', () => 'another')).toBe('another');
    expect(await stores[0].readOrKeep('one', () => 'never')).toBe(got[0]);
  });
};

const entries = async (store: AuditStore, filter: AuditFilter) => (await store.list(filter)).rows;

function entry(at: number, values: Partial<AuditRow> = {}): AuditRow {
  return {
    id: sortableId(at),
    at,
    key_id: 'env',
    action: 'x',
    target: null,
    customer_id: 'c',
    provider: null,
    request_id: 'r',
    status: 201,
    outcome: 'done',
    operation_id: null,
    times: 1,
    ...values,
  };
}

export const audit: Suite = ({ locate, first, second }) => {
  const at = (rows: readonly AuditRow[]): readonly number[] => rows.map((row) => row.at);
  const T = 1_790_000_000_000;

  test('has what two processes have added, once, newest first, and each filter', async () => {
    const [store, other] = [openAuditStore(first()), openAuditStore(second())];
    const rows = Array.from({ length: 100 }, (_, index) =>
      entry(T + index, { customer_id: index % 2 ? 'a' : 'A', key_id: index % 5 ? 'env' : 'k', status: null }),
    );
    await Promise.all([store.add(rows), other.add(rows), other.add(rows.slice(50).toReversed())]);
    expect(await entries(store, { limit: 1000 })).toEqual(rows.toReversed());
    expect(await entries(store, { customer_id: 'a', key_id: 'k', limit: 1000 })).toHaveLength(10);
    expect(at(await entries(store, { since: T + 98, limit: 9 }))).toEqual([T + 99, T + 98]);
    expect(at(await entries(store, { until: T + 2, limit: 9 }))).toEqual([T + 1, T]);
    expect(at(await entries(store, { before: rows[1]?.id, action: 'x', limit: 9 }))).toEqual([T]);
  });

  test('finds by whatever it is filtered, in any time, page by page', async () => {
    const stores = [openAuditStore(first()), openAuditStore(second())] as const;
    // An hour, in which some are often and some once.
    const rows = Array.from({ length: 600 }, (_, index) =>
      entry(T + index * 6000 + (index % 7) * 900, {
        customer_id: index % 11 === 0 ? null : index === 300 ? 'once' : `c${index % 5}`,
        action: index % 50 === 7 ? 'rare' : 'often',
        key_id: index % 3 ? 'env' : 'k',
      }),
    );
    for (let from = 0; from < rows.length; from += 40) await stores[(from / 40) % 2]?.add(rows.slice(from, from + 40));
    const [customers, actions, keys] = [
      ['c1', 'once', 'none'],
      ['rare', 'often', 'none'],
      ['k', 'none'],
    ] as const;
    const filters: Omit<AuditFilter, 'limit'>[] = [
      {},
      ...customers.map((customer_id) => ({ customer_id })),
      ...actions.map((action) => ({ action })),
      ...keys.map((key_id) => ({ key_id })),
      { customer_id: 'c1', action: 'rare' },
      { customer_id: 'c4', key_id: 'k' },
      { customer_id: 'c2', action: 'often', key_id: 'env' },
      { customer_id: 'c3', since: T + 600_000, until: T + 1_200_500 },
      { key_id: 'k', since: T + 1_200_500 },
      { action: 'often', until: T + 9_001 },
      { customer_id: 'c3', before: rows[301]?.id },
      { customer_id: 'c3', before: rows[301]?.id, until: T + 300_000, since: T + 1 },
      { customer_id: 'c3', before: 'no id' },
    ];
    for (const filter of filters) {
      const { since = 0, until = Infinity, before = 'z', ...named } = filter;
      const expected = rows.toReversed().filter((row) => {
        const isIn = row.at >= since && row.at < until && row.id < before;
        return isIn && Object.entries(named).every(([name, value]) => row[name as 'action'] === value);
      });
      const [all, pages] = [await entries(stores[0], { ...filter, limit: 1000 }), [] as AuditRow[]];
      for (let page = await entries(stores[1], { ...filter, limit: 7 }); page.length > 0;) {
        pages.push(...page);
        page = await entries(stores[1], { ...filter, before: page.at(-1)?.id, limit: 7 });
      }
      expect([filter, all]).toEqual([filter, expected]);
      expect([filter, pages]).toEqual([filter, expected]);
    }
  });

  test('looks through so much for a page, and says where to go on, until it is at the end', async () => {
    const store = openAuditStore(first());
    const rows = Array.from({ length: 2500 }, (_, index) => entry(T + index * 5000, index ? {} : { action: 'rare' }));
    for (let from = 0; from < rows.length; from += 500) await store.add(rows.slice(from, from + 500));
    const rare = { customer_id: 'c', action: 'rare', limit: 9 };
    const page = await store.list(rare);
    expect(page).toEqual({ rows: [], rest: expect.any(String) });
    expect(await store.list({ ...rare, before: page.rest })).toEqual({ rows: [rows[0]] });
    const all = { customer_id: 'c', limit: 3000 };
    const newest = await store.list(all);
    expect(newest.rows.length).toBeLessThan(2100);
    const oldest = await store.list({ ...all, before: newest.rest });
    expect([...newest.rows, ...oldest.rows]).toEqual(rows.toReversed());
    expect(oldest).not.toHaveProperty('rest');
  });

  test('finds what was added after a failure, and what comes late', async () => {
    const [store, other] = [openAuditStore(first()), openAuditStore(first())];
    const broken = entry(T, { request_id: null as unknown as string });
    await expect(store.add([broken])).rejects.toThrow();
    await store.add([entry(T + 1)]);
    await other.add([entry(T + 3_600_000), entry(T + 2)]);
    await store.add([entry(T + 3)]);
    expect(at(await entries(store, { customer_id: 'c', limit: 9 }))).toEqual([T + 3_600_000, T + 3, T + 2, T + 1]);
  });

  test('is found by name in a database from before its stretches', async () => {
    const location = await locate();
    const before = await openStarted(location);
    for (const table of ['audit', 'audit_stretches']) await before.schema.dropTable(table).execute();
    for (const migration of [auditAtFirst, auditTimes]) await migration.up(before);
    await sql`delete from kysely_migration where name like '0014%'`.execute(before);
    const rows = Array.from({ length: 50 }, (_, index) =>
      entry(T + index * 3000, {
        customer_id: index % 2 ? 'a' : null,
        operation_id: index % 3 ? 'o' : null,
        times: index,
      }),
    );
    await before.insertInto('audit').values(rows).execute();
    await before.destroy();
    const db = await openStarted(location);
    const store = openAuditStore(db);
    expect(await entries(store, { limit: 99 })).toEqual(rows.toReversed());
    expect(await entries(store, { customer_id: 'a', action: 'x', limit: 99 })).toEqual(
      rows.filter(({ customer_id }) => customer_id === 'a').toReversed(),
    );
    await db.destroy();
  });

  test('loses what is older, so many at a time', async () => {
    const store = openAuditStore(first());
    await store.add([5, 1, 4, 2, 3].map((time) => entry(T + time)));
    expect([await store.removeBefore(T + 4, 2), at(await entries(store, { limit: 9 }))]).toEqual([
      2,
      [T + 5, T + 4, T + 3],
    ]);
    expect([await store.removeBefore(T + 4, 2), await store.removeBefore(T + 4, 2)]).toEqual([1, 0]);
    expect(at(await entries(store, { limit: 9 }))).toEqual([T + 5, T + 4]);
  });

  test('keeps where what is left is, and nothing of what is gone', async () => {
    const store = openAuditStore(first());
    const times = [0, 10_000, 20_000, 20_001, 30_000];
    for (const time of times) await store.add([entry(T + time)]);
    expect(await store.removeBefore(T + 20_001, 2)).toBe(2);
    expect(at(await entries(store, { customer_id: 'c', limit: 9 }))).toEqual([T + 30_000, T + 20_001, T + 20_000]);
    expect(await store.removeBefore(T + 20_001, 2)).toBe(1);
    expect(at(await entries(store, { customer_id: 'c', limit: 9 }))).toEqual([T + 30_000, T + 20_001]);
    const { rows } = await sql<{ stretch: string }>`select distinct stretch from audit_stretches`.execute(first());
    expect(rows).toHaveLength(2);
  });
};
