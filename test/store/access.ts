/** API keys, the gateway's own secrets and the audit. */
import { expect, test } from 'vitest';
import { openApiKeyStore } from '../../src/store/api-key-store.ts';
import { openAuditStore } from '../../src/store/audit-store.ts';
import { openSecretStore } from '../../src/store/secret-store.ts';
import { sortableId } from '../../src/store/sortable-id.ts';
import type { ApiKeyRow, AuditRow } from '../../src/store/tables.ts';
import type { Suite } from './bench.ts';

function keyRow(values: Partial<ApiKeyRow> = {}): ApiKeyRow {
  return {
    ...{ id: sortableId(5), prefix: 'aaaaaaaa', hash: 'h', name: 'ä "name"', role: 'read', customers: '["a"]' },
    ...{ created_at: 1_790_000_000_000, created_by: 'env', revoked_at: null, revoked_by: null },
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

function entry(at: number, values: Partial<AuditRow> = {}): AuditRow {
  return {
    ...{ id: sortableId(at), at, key_id: 'env', action: 'x', target: null, customer_id: 'c', provider: null },
    ...{ request_id: 'r', status: 201, outcome: 'done', operation_id: null, times: 1 },
    ...values,
  };
}

export const audit: Suite = ({ first, second }) => {
  const at = (rows: readonly AuditRow[]): readonly number[] => rows.map((row) => row.at);
  const T = 1_790_000_000_000;

  test('has what two processes have added, once, newest first, and each filter', async () => {
    const [store, other] = [openAuditStore(first()), openAuditStore(second())];
    const rows = Array.from({ length: 100 }, (_, index) =>
      entry(T + index, { customer_id: index % 2 ? 'a' : 'A', key_id: index % 5 ? 'env' : 'k', status: null }),
    );
    await Promise.all([store.add(rows), other.add(rows), other.add(rows.slice(50).toReversed())]);
    expect(await store.list({ limit: 1000 })).toEqual(rows.toReversed());
    expect(await store.list({ customer_id: 'a', key_id: 'k', limit: 1000 })).toHaveLength(10);
    expect(at(await store.list({ since: T + 98, limit: 9 }))).toEqual([T + 99, T + 98]);
    expect(at(await store.list({ until: T + 2, limit: 9 }))).toEqual([T + 1, T]);
    expect(at(await store.list({ before: rows[1]?.id, action: 'x', limit: 9 }))).toEqual([T]);
  });

  test('loses what is older, so many at a time', async () => {
    const store = openAuditStore(first());
    await store.add([5, 1, 4, 2, 3].map((time) => entry(T + time)));
    expect([await store.removeBefore(T + 4, 2), at(await store.list({ limit: 9 }))]).toEqual([
      2,
      [T + 5, T + 4, T + 3],
    ]);
    expect([await store.removeBefore(T + 4, 2), await store.removeBefore(T + 4, 2)]).toEqual([1, 0]);
    expect(at(await store.list({ limit: 9 }))).toEqual([T + 5, T + 4]);
  });
};
