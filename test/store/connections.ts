/** Connections: one row for a customer and a provider, whoever writes it. */
import { expect, test } from 'vitest';
import { FRESH, openConnectionStore } from '../../src/store/connection-store.ts';
import { KEY, type Suite } from './bench.ts';

const input = (sealed: string) => ({ credential_type: 'api_key' as const, sealed, expires_at: null, minted_at: null });
const REFUSED = { status: 'needs_reauth', reason: 'It was refused.' } as const;
/** Beyond 32 bits, as milliseconds are. */
const NOW = 1_800_000_000_000;

export const connections: Suite = ({ first, second }) => {
  test('what is stored is found, with numbers as numbers; stored again, it is not new and keeps its beginning', async () => {
    const store = openConnectionStore(first());
    expect(await store.get(KEY)).toBeUndefined();
    const made = await store.put(KEY, { ...input('one'), expires_at: NOW + 7 }, NOW);
    expect(made).toEqual({
      row: {
        ...KEY,
        ...input('one'),
        ...FRESH,
        expires_at: NOW + 7,
        created_at: NOW,
        updated_at: NOW,
        credentials_id: made.row.credentials_id,
        consent_id: made.row.consent_id,
      },
      isNew: true,
    });
    await store.setStatus(KEY, made.row.credentials_id, REFUSED, NOW + 1);
    const changed = await openConnectionStore(second()).put(KEY, input('two'), NOW + 2);
    expect(changed).toMatchObject({ isNew: false, row: { created_at: NOW, updated_at: NOW + 2, status: 'active' } });
    expect(changed.row).toMatchObject({ reauth_reason: null });
    expect(changed.row.credentials_id).not.toBe(made.row.credentials_id);
    expect(changed.row.consent_id).not.toBe(made.row.consent_id);
    expect(await store.get(KEY)).toEqual(changed.row);
  });

  test('of several who store it at the same time exactly one has made it, and all say when that was', async () => {
    const stores = [first(), second(), first(), second()].map(openConnectionStore);
    for (let round = 0; round < 10; round += 1) {
      const key = { ...KEY, customer_id: `c${round}` };
      const all = await Promise.all(stores.map((store, index) => store.put(key, input(`s${index}`), NOW + index)));
      expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(all.map(({ row }) => row.created_at)).size).toBe(1);
      const kept = await stores[0]?.get(key);
      expect(all.map(({ row }) => row)).toContainEqual(kept);
    }
  });

  test('a status is given only to the credentials that it was found out of', async () => {
    const store = openConnectionStore(first());
    const old = await store.put(KEY, input('old'), NOW);
    const { row } = await store.put(KEY, input('new'), NOW);
    await store.setStatus(KEY, old.row.credentials_id, REFUSED, NOW);
    expect(await store.get(KEY)).toMatchObject({ status: 'active' });
    await store.setStatus(KEY, row.credentials_id, REFUSED, NOW + 5);
    const marked = { status: 'needs_reauth', reauth_reason: REFUSED.reason, updated_at: NOW + 5 };
    expect(await store.get(KEY)).toMatchObject(marked);
  });

  test('what is removed was there, once', async () => {
    const store = openConnectionStore(first());
    await store.put(KEY, input('one'), NOW);
    expect([await store.remove(KEY), await store.remove(KEY)]).toEqual([true, false]);
    expect(await store.get(KEY)).toBeUndefined();
  });
};
