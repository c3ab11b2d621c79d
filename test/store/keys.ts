/** What is sealed, found and replaced wherever it stands; and the register of the keys. */
import { expect, test } from 'vitest';
import { admitKeys } from '../../src/connections/key-ring.ts';
import { rotateKeys, UNSEEN_MS } from '../../src/connections/rotate-keys.ts';
import { newKeyRing, openVault, parseKeyRing } from '../../src/connections/vault.ts';
import { openConnectionStore } from '../../src/store/connection-store.ts';
import { openKeyStore } from '../../src/store/key-store.ts';
import { openOperationStore } from '../../src/store/operation-store.ts';
import { openSealedRows } from '../../src/store/sealed-rows.ts';
import { SEALED_TABLES } from '../../src/store/sealed-tables.ts';
import { callRow, itemRow, KEY, operationRow, type Suite } from './bench.ts';

// An underscore is any character where prefixes are compared with LIKE.
const [K1, K2] = [newKeyRing('k_1'), newKeyRing('k_2')];
const OLD = openVault(parseKeyRing(K1));
const ring = parseKeyRing(`${K2},${K1}`);
const CALLS = SEALED_TABLES.find(({ table }) => table === 'operation_calls');

export const keys: Suite = ({ first, second }) => {
  const sealed = (text: string): string => OLD.seal(text, KEY);
  const seed = async (operations: number, calls: number): Promise<void> => {
    const store = openOperationStore(first());
    for (let at = 0; at < operations; at += 1) {
      const id = `op-${String(at).padStart(3, '0')}`;
      const row = operationRow(id, { sealed_input: sealed('input'), sealed_answer: sealed('answer') });
      const items = [itemRow(id, { sealed_prepared: sealed('prepared') })];
      const more = Array.from({ length: calls }, (_, position) =>
        callRow(id, { position, sealed_answer: sealed('call') }),
      );
      await store.write([{ begin: { row } }, { items, calls: more }]);
    }
  };
  const house = () => ({ keys: openKeyStore(second()), rows: openSealedRows(second()), ring });

  test('a rotation finds every value once, in pages that end within an operation', async () => {
    await openConnectionStore(first()).put(
      KEY,
      { credential_type: 'api_key', sealed: sealed('key'), expires_at: null, minted_at: null },
      1,
    );
    await seed(21, 11);
    const all = 1 + 21 * (3 + 11);
    await admitKeys({ ...house(), ring: parseKeyRing(`${K1},${K2}`) }, 1);
    expect(await house().rows.count('v1.k_1.')).toBe(all);
    const rotated = await rotateKeys(house(), { now: () => 2 });
    expect(rotated).toMatchObject({ resealed: all, unreadableCount: 0, retired: [], kept: [{ id: 'k_1' }] });
    const { retired, resealed } = await rotateKeys(house(), { now: () => 2 + UNSEEN_MS });
    expect([retired, resealed]).toEqual([['k_1'], 0]);
    const vault = openVault(parseKeyRing(K2));
    const whole = await openOperationStore(first()).get('op-020');
    expect(whole?.calls.map(({ sealed_answer: answer }) => vault.open(answer ?? '', KEY))).toEqual(
      Array(11).fill('call'),
    );
    expect(vault.open(whole?.row.sealed_input ?? '', KEY)).toBe('input');
  });

  test('pages go by the whole primary key, and numbers in it are numbers', async () => {
    await seed(2, 12);
    const rows = openSealedRows(first());
    const seen: string[] = [];
    let after: readonly (string | number)[] | undefined;
    for (;;) {
      const page = CALLS ? await rows.page(CALLS, 'v1.k_2.', after, 5) : [];
      if (page.length === 0) break;
      seen.push(...page.map(({ key }) => key.join('/')));
      after = page.at(-1)?.key;
    }
    expect(seen).toEqual(
      [0, 1].flatMap((op) => Array.from({ length: 12 }, (_, at) => `op-00${String(op)}/0/${String(at)}`)),
    );
  });

  test('what is released from quarantine is what it was before, in pages, and only with the sealing that was opened', async () => {
    const store = openConnectionStore(first());
    const register = openKeyStore(first());
    const ids = ['a', 'b', 'c'];
    for (const id of ids) {
      const key = { ...KEY, customer_id: id };
      const { row } = await store.put(
        key,
        { credential_type: 'api_key', sealed: `v1.k_1.${id}`, expires_at: null, minted_at: null },
        1,
      );
      const reason = 'It was refused.';
      if (id === 'b') await store.setStatus(key, row.credentials_id, { status: 'needs_reauth', reason }, 2);
      expect(await register.quarantine(key, row.sealed, 3)).toBe(true);
      expect(await register.quarantine(key, row.sealed, 3)).toBe(false);
    }
    const page = await register.quarantined(2);
    const rest = await register.quarantined(2, page.at(-1));
    expect([...page, ...rest].map(({ customer_id }) => customer_id)).toEqual(ids);
    for (const each of [...page, ...rest])
      await register.release(each.customer_id === 'c' ? { ...each, sealed: 'another' } : each, 4);
    const rows = await Promise.all(ids.map((customer_id) => store.get({ ...KEY, customer_id })));
    expect(rows.map((row) => [row?.status, row?.quarantined_at])).toEqual([
      ['active', null],
      ['needs_reauth', null],
      ['needs_reauth', 3],
    ]);
  });

  test('a value that was changed since it was read is not replaced', async () => {
    await seed(1, 1);
    const rows = openSealedRows(first());
    if (!CALLS) throw new Error('There is no such table.');
    const [row] = await rows.page(CALLS, 'v1.k_2.', undefined, 5);
    const before = row?.sealed['sealed_answer'] ?? '';
    const replacement = { key: row?.key ?? [], column: 'sealed_answer', before, after: 'v1.k_2.new' };
    expect(await rows.replace(CALLS, [{ ...replacement, before: 'v1.k_1.other' }])).toBe(0);
    expect(await rows.replace(CALLS, [replacement, replacement])).toBe(1);
    expect(await rows.page(CALLS, 'v1.k_2.', undefined, 5)).toEqual([]);
  });

  test('other beginnings are found, and empty columns are none', async () => {
    await seed(2, 1);
    const rows = openSealedRows(first());
    expect(await rows.foreign(['v1.k_1.'], 10)).toEqual([]);
    const beginnings = await rows.foreign(['v1.k_2.', 'v1.k1.'], 10);
    expect(new Set(beginnings.map((text) => text.slice(0, 7)))).toEqual(new Set(['v1.k_1.']));
    expect((await rows.sample('v1.k_1.', 1)).map(({ customer_id, provider }) => [customer_id, provider])).toEqual(
      Array(3).fill([KEY.customer_id, KEY.provider]),
    );
  });

  test('a key that is seen is not taken away, by whichever process', async () => {
    const [one, other] = [openKeyStore(first()), openKeyStore(second())];
    await Promise.all([one.register('k1', 'a'), other.register('k1', 'b')]);
    expect(await one.list()).toMatchObject([{ id: 'k1', active_seen_at: 0 }]);
    await one.seen('k1', 'c', 100);
    await other.seen('k1', 'c', 50);
    expect(await other.retire('k1', 100)).toBe(false);
    expect(await other.retire('k1', 101)).toBe(true);
    await one.seen('k1', 'c', 200);
    expect(await other.list()).toEqual([{ id: 'k1', check_value: 'c', active_seen_at: 200 }]);
  });

  test('a connection is put in quarantine only while it is what could not be opened', async () => {
    const [store, register] = [openConnectionStore(first()), openKeyStore(second())];
    await store.put(KEY, { credential_type: 'api_key', sealed: 'one', expires_at: null, minted_at: null }, 1);
    await register.quarantine(KEY, 'another', 5);
    expect(await register.quarantined(10)).toEqual([]);
    await register.quarantine(KEY, 'one', 5);
    expect(await register.quarantined(10)).toEqual([{ ...KEY, sealed: 'one' }]);
    expect(await store.get(KEY)).toMatchObject({ status: 'needs_reauth', quarantined_at: 5 });
    await store.put(KEY, { credential_type: 'api_key', sealed: 'two', expires_at: null, minted_at: null }, 6);
    expect(await store.get(KEY)).toMatchObject({ status: 'active', quarantined_at: null });
  });
};
