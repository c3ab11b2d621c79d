/** Operations, their keys and their leases. */
import { expect, test } from 'vitest';
import { left, openOperationStore, type OperationStore } from '../../src/store/operation-store.ts';
import type { OperationRow } from '../../src/store/tables.ts';
import { callRow, itemRow, KEY, operationRow, type Suite } from './bench.ts';

const keyOf = (operation_id: string, scope = 'scope') => ({ scope, fingerprint: 'f', operation_id, created_at: 5 });
const beginning = (id: string, scope?: string) => {
  const row = operationRow(id, { key_scope: scope ?? null });
  return { begin: { row, ...(scope === undefined ? {} : { key: keyOf(id, scope) }) } };
};

export const operations: Suite = ({ first, second }) => {
  const stores = (): readonly [OperationStore, OperationStore] => [
    openOperationStore(first()),
    openOperationStore(second()),
  ];
  async function kept(...rows: OperationRow[]): Promise<OperationStore> {
    const [store] = stores();
    await store.write(rows.map((row) => ({ begin: { row } })));
    return store;
  }

  test('what is written is read whole, with its calls in order, by the other process too', async () => {
    const [store, other] = stores();
    const items = [itemRow('one'), itemRow('one', { item: 1 })];
    const calls = [callRow('one', { item: 1 }), callRow('one', { position: 1 }), callRow('one')];
    expect(await store.write([{ ...beginning('one', 'scope'), items, calls }])).toBe('written');
    const answered = callRow('one', { state: 'done', sealed_answer: 'sealed', answered_at: 1_800_000_000_000 });
    expect(await store.write([{ calls: [answered] }, { items: [itemRow('one', { sealed_result: 'r' })] }])).toBe(
      'written',
    );
    const whole = await other.get('one');
    expect(whole?.row).toEqual(operationRow('one', { key_scope: 'scope' }));
    expect(whole?.calls).toEqual([answered, callRow('one', { position: 1 }), callRow('one', { item: 1 })]);
    expect(whole?.items.map(({ item, sealed_result: result }) => [item, result]).toSorted()).toEqual([
      [0, 'r'],
      [1, null],
    ]);
    expect(await other.key('scope')).toEqual(keyOf('one'));
    expect([await other.get('none'), await other.key('none')]).toEqual([undefined, undefined]);
  });

  test('a key has one operation: another one with it writes nothing at all', async () => {
    const [store, other] = stores();
    await store.write([beginning('one', 'scope')]);
    expect(await other.write([beginning('two', 'scope'), { calls: [callRow('two')] }])).toBe('taken');
    expect(await store.get('two')).toBeUndefined();
    expect(await first().selectFrom('operation_calls').selectAll().execute()).toEqual([]);
  });

  test('its own beginning may be written again: an earlier answer may have been lost', async () => {
    const [store] = stores();
    await store.write([beginning('one', 'scope')]);
    expect(await store.write([beginning('one', 'scope'), { calls: [callRow('one')] }])).toBe('written');
    expect((await store.get('one'))?.calls).toHaveLength(1);
  });

  test('a beginning that is written again writes nothing where somebody else works at it by then', async () => {
    const [store, other] = stores();
    await store.write([beginning('one', 'scope')]);
    await other.lease('one', { owner: 'b', now: 100, until: 130 });
    expect(await store.write([beginning('one', 'scope'), { calls: [callRow('one')] }])).toBe('lost');
    expect(await store.get('one')).toMatchObject({ row: { lease_owner: 'b', lease_until: 130 }, calls: [] });
  });

  test('what is left until later is abandoned from then on, and can be taken at any time before', async () => {
    const store = await kept(operationRow('later', { lease_until: 500 }), operationRow('never', { lease_until: 500 }));
    const leave = (id: string, until: number | undefined) =>
      store.write([{ set: { id, values: left(until) } }], { id, owner: 'a', now: 1, until: 600 });
    expect([await leave('later', 50), await leave('never', undefined)]).toEqual(['written', 'written']);
    const abandoned = async (at: number) => (await store.open({ abandoned_at: at, limit: 9 })).map(({ id }) => id);
    expect([await abandoned(49), await abandoned(50), await abandoned(600)]).toEqual([[], ['later'], ['later']]);
    expect(await store.lease('later', { owner: 'b', now: 1, until: 30 })).toBe(true);
    expect(await abandoned(29)).toEqual([]);
  });

  test('of two processes that claim many keys at once, each in its own order, exactly one has each', async () => {
    const [one, other] = stores();
    const scopes = Array.from({ length: 40 }, (_, index) => `scope-${index}`);
    const claim = (store: OperationStore, who: string, all: readonly string[]) =>
      Promise.all(all.map(async (scope) => [scope, await store.write([beginning(`${who}-${scope}`, scope)])] as const));
    const [here, there] = await Promise.all([claim(one, 'a', scopes), claim(other, 'b', scopes.toReversed())]);
    const won = new Map(there);
    for (const [scope, result] of here) expect([result, won.get(scope)].toSorted()).toEqual(['taken', 'written']);
    expect((await one.open({ limit: 100 })).map(({ key_scope }) => key_scope).toSorted()).toEqual(scopes.toSorted());
  });

  test('a lease is taken where nobody has one or it has ended, and renewed by its owner only', async () => {
    const store = await kept(operationRow('one', { lease_until: 100 }), operationRow('free', { lease_owner: null }));
    expect(await store.lease('one', { owner: 'b', now: 99, until: 130 })).toBe(false);
    expect(await store.renew('one', { owner: 'b', now: 99, until: 130 })).toBe(false);
    expect(await store.renew('one', { owner: 'a', now: 99, until: 110 })).toBe(true);
    expect(await store.lease('one', { owner: 'b', now: 100, until: 130 })).toBe(false);
    expect(await store.lease('one', { owner: 'b', now: 110, until: 140 })).toBe(true);
    expect(await store.renew('one', { owner: 'a', now: 111, until: 150 })).toBe(false);
    expect(await store.lease('free', { owner: 'b', now: 1, until: 9 })).toBe(true);
    expect(await store.lease('none', { owner: 'b', now: 1, until: 9 })).toBe(false);
    expect((await store.get('one'))?.row).toMatchObject({ lease_owner: 'b', lease_until: 140 });
  });

  test('of two processes that take it at the same time exactly one has it', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `o${index}`);
    await kept(...ids.map((id) => operationRow(id, { lease_until: 1 })));
    const take = ([store, owner]: readonly [OperationStore, string], all: readonly string[]) =>
      Promise.all(all.map(async (id) => [id, await store.lease(id, { owner, now: 5, until: 50 })] as const));
    const [one, other] = stores();
    const [here, there] = await Promise.all([take([one, 'a'], ids), take([other, 'b'], ids.toReversed())]);
    const theirs = new Map(there);
    for (const [id, got] of here) expect(got).not.toBe(theirs.get(id));
  });

  test('who has lost the lease writes nothing; who has it renews it by writing', async () => {
    const store = await kept(operationRow('one', { lease_owner: 'b' }));
    const entries = [{ calls: [callRow('one')] }, { set: { id: 'one', values: { status: 'done' as const } } }];
    expect(await store.write(entries, { id: 'one', owner: 'a', now: 5, until: 500 })).toBe('lost');
    expect(await store.get('one')).toMatchObject({ row: { status: 'open', lease_until: 100 }, calls: [] });
    expect(await store.write(entries, { id: 'one', owner: 'b', now: 5, until: 500 })).toBe('written');
    expect(await store.get('one')).toMatchObject({ row: { status: 'done', lease_until: 500, updated_at: 5 } });
    expect(await store.lease('one', { owner: 'c', now: 501, until: 900 })).toBe(false);
  });

  test('open ones are listed in order, and abandoned ones apart', async () => {
    const store = await kept(
      ...[operationRow('b'), operationRow('a', { lease_until: 9 }), operationRow('c', { lease_owner: null })],
      operationRow('d', { status: 'done', lease_until: 1 }),
    );
    const ids = async (filter: Parameters<OperationStore['open']>[0]) =>
      (await store.open(filter)).map(({ id }) => id).join('');
    expect(await ids({ limit: 9 })).toBe('abc');
    expect(await ids({ limit: 1, after: 'a' })).toBe('b');
    expect(await ids({ limit: 9, abandoned_at: 9 })).toBe('a');
    expect(await ids({ limit: 9, abandoned_at: 8 })).toBe('');
  });

  test('what was made lately, and what is being sent, is told for one connection', async () => {
    const store = await kept(operationRow('one'), operationRow('two', { customer_id: 'other' }));
    const made = { state: 'done', made_kind: 'step' } as const;
    await store.write([
      { calls: [callRow('one', { ...made, made_id: '1', sent_at: 10 }), callRow('one', { position: 1, hash: 'x' })] },
      { calls: [callRow('two', { ...made, made_id: '2', sent_at: 10 })] },
    ]);
    expect(await store.madeLately(KEY, 'step', 10)).toEqual(['1']);
    expect(await store.madeLately(KEY, 'step', 11)).toEqual([]);
    expect(await store.madeLately(KEY, 'template', 0)).toEqual([]);
    const asking = operationRow('three');
    expect(await store.isSending(asking, ['x', 'y'], 50)).toBe(true);
    expect(await store.isSending(asking, ['y'], 50)).toBe(false);
    expect(await store.isSending(asking, ['x'], 100), 'nobody works at it').toBe(false);
    expect(await store.isSending(operationRow('one'), ['x'], 50), 'its own').toBe(false);
    expect(await store.isSending(operationRow('t', { customer_id: 'other' }), ['x'], 50)).toBe(false);
  });

  test('what is discarded is gone with its key, and the key of another stays', async () => {
    const [store] = stores();
    await store.write([beginning('one', 'scope'), { items: [itemRow('one')], calls: [callRow('one')] }]);
    await store.write([beginning('two', 'other')]);
    await store.write([{ discard: { id: 'one', key_scope: 'scope' } }]);
    await store.write([{ discard: { id: 'one', key_scope: 'other' } }]);
    expect(await store.get('one')).toBeUndefined();
    expect(await store.key('scope')).toBeUndefined();
    expect(await store.key('other')).toBeDefined();
    expect(await first().selectFrom('operation_items').selectAll().execute()).toEqual([]);
  });

  test('what is old is tidied away: bodies, and keys whose operation is closed', async () => {
    const closed = (id: string, at: number) => operationRow(id, { status: 'done', closed_at: at, sealed_answer: 's' });
    const store = await kept(closed('old', 10), closed('new', 90), operationRow('open'));
    for (const id of ['old', 'new', 'open', 'gone'])
      await first().insertInto('idempotency_keys').values(keyOf(id, id)).execute();
    await store.write([{ items: [itemRow('old')], calls: [callRow('old', { sealed_answer: 's' })] }]);
    await Promise.all(stores().map((each) => each.tidy({ keys_before: 50, bodies_before: 50 })));
    const scopes = await first().selectFrom('idempotency_keys').select('scope').orderBy('scope').execute();
    expect(scopes.map(({ scope }) => scope)).toEqual(['new', 'open']);
    expect(await store.get('old')).toMatchObject({
      row: { sealed_input: null, sealed_answer: null },
      items: [{ sealed_prepared: null }],
      calls: [{ sealed_answer: null }],
    });
    expect((await store.get('new'))?.row).toMatchObject({ sealed_input: 'sealed', sealed_answer: 's' });
    await store.forgetAll();
    expect(await store.open({ limit: 9 })).toEqual([]);
  });
};
