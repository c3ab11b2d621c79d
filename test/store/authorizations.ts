/** Authorizations: each step is taken by one, and the connection is made with the last of them or not at all. */
import { expect, test } from 'vitest';
import { openAuthorizationStore } from '../../src/store/authorization-store.ts';
import { openConnectionStore } from '../../src/store/connection-store.ts';
import type { AuthorizationRow } from '../../src/store/tables.ts';
import { KEY, type Suite } from './bench.ts';

/** Beyond 32 bits, as milliseconds are. */
const NOW = 1_800_000_000_000;
const pair = { credential_type: 'oauth2', sealed: 'sealed', minted_at: NOW, expires_at: NOW + 7 } as const;

function row(id: string, more: Partial<AuthorizationRow> = {}): AuthorizationRow {
  return {
    id,
    ...KEY,
    return_url: 'https://app.example/',
    status: 'open',
    start_hash: `start of ${id}`,
    browser_hash: null,
    state_hash: null,
    confirmation_hash: null,
    sealed_grant: null,
    error: null,
    created_at: NOW,
    expires_at: NOW + 600_000,
    ...more,
  };
}

export const authorizations: Suite = ({ first, second }) => {
  const both = () => [openAuthorizationStore(first()), openAuthorizationStore(second())] as const;

  test('what is added is found by what it has, with numbers as numbers', async () => {
    const [here, there] = both();
    const added = row('one', { state_hash: 'state of one' });
    await here.add(added, 20);
    for (const found of [
      await there.byId(KEY, 'one'),
      await there.byAnyId('one'),
      await there.byStart('start of one'),
      await there.byState('state of one'),
    ])
      expect(found).toEqual(added);
    expect(await there.byId({ ...KEY, customer_id: 'other' }, 'one')).toBeUndefined();
    expect(await there.byId({ ...KEY, provider: 'other' }, 'one')).toBeUndefined();
  });

  test('a step is taken by one, and not after it has expired', async () => {
    const stores = both();
    await stores[0].add(row('one', { status: 'started' }), 20);
    const take = (now: number) =>
      stores.flatMap((each) => [each, each]).map((each) => each.take('one', 'started', { status: 'returned' }, now));
    expect(await Promise.all(take(NOW + 600_000))).toEqual([false, false, false, false]);
    expect((await Promise.all(take(NOW))).filter(Boolean)).toHaveLength(1);
  });

  test('it is bound to one browser, and to that one again', async () => {
    const [here, there] = both();
    await here.add(row('one'), 20);
    const bind = (store: typeof here, browser: string, now = NOW) =>
      store.bind('one', { browser_hash: browser, state_hash: `state of ${browser}` }, now);
    expect(await bind(here, 'a', NOW + 600_000)).toBe(false);
    const bound = await Promise.all([bind(here, 'a'), bind(there, 'b')]);
    expect(bound.filter(Boolean)).toHaveLength(1);
    const [mine, other] = bound[0] ? ['a', 'b'] : ['b', 'a'];
    expect([await bind(there, mine), await bind(here, other)]).toEqual([true, false]);
    expect(await here.byState(`state of ${mine}`)).toMatchObject({ status: 'started', browser_hash: mine });
  });

  test('the connection is made by the one who confirms, and by nobody else', async () => {
    const [here] = both();
    await here.add(row('one', { status: 'granted', sealed_grant: 'grant' }), 20);
    const connections = openConnectionStore(first());
    const confirm = (now = NOW) => connections.putWith(here.confirming('one', now), KEY, pair, now);
    expect(await confirm(NOW + 600_000)).toBeUndefined();
    expect(await connections.get(KEY)).toBeUndefined();
    const made = await Promise.all([confirm(), confirm(), confirm()]);
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await here.byAnyId('one')).toMatchObject({ status: 'confirmed', sealed_grant: null });
    expect(await connections.get(KEY)).toMatchObject({ ...pair, status: 'active' });
  });

  test('a connection that cannot be stored leaves the confirmation open', async () => {
    const [here] = both();
    await here.add(row('one', { status: 'granted', sealed_grant: 'grant' }), 20);
    const broken = { ...pair, sealed: null as unknown as string };
    const connections = openConnectionStore(first());
    await expect(connections.putWith(here.confirming('one', NOW), KEY, broken, NOW)).rejects.toThrow();
    expect(await here.byAnyId('one')).toMatchObject({ status: 'granted', sealed_grant: 'grant' });
  });

  test('so many are kept of a customer and provider, and grants no longer than they are good', async () => {
    const [here, there] = both();
    await here.add(row('elsewhere', { provider: 'other', created_at: NOW - 10 }), 3);
    for (const [index, id] of ['one', 'two', 'three', 'four'].entries())
      await here.add(row(id, { created_at: NOW + index, sealed_grant: 'grant', expires_at: NOW + index }), 3);
    expect(await there.byAnyId('one')).toBeUndefined();
    expect(await there.byAnyId('elsewhere')).toBeDefined();
    await there.tidy(NOW + 2, NOW + 1);
    expect(await here.byAnyId('two')).toBeUndefined();
    expect(await here.byAnyId('three')).toMatchObject({ sealed_grant: null });
    expect(await here.byAnyId('four')).toMatchObject({ sealed_grant: 'grant' });
  });
};
