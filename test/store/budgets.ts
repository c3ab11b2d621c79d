/** Budgets: whoever changes one has read what is there. */
import { expect, test } from 'vitest';
import { openBudgetStore, type BudgetStore } from '../../src/store/budget-store.ts';
import type { Suite } from './bench.ts';

const KEY = { provider: 'p', customer_id: 'c', endpoint: '' };

export const budgets: Suite = ({ first, second }) => {
  async function read(store: BudgetStore, key = KEY): Promise<string | undefined> {
    let found: string | undefined;
    await store.change(key, (state) => {
      found = state;
      return undefined;
    });
    return found;
  }

  test('no change of one process is lost to another, from the first on', async () => {
    const stores = [openBudgetStore(first()), openBudgetStore(second())];
    const add = (store: BudgetStore): Promise<void> =>
      store.change(KEY, (state) => ({ state: String(Number(state ?? 0) + 1), ends_at: 1 }));
    await Promise.all(stores.flatMap((store) => Array.from({ length: 20 }, () => add(store))));
    for (const store of stores) expect(await read(store)).toBe('40');
  });

  test('those of a connection are forgotten, and those that ended before', async () => {
    const store = openBudgetStore(first());
    const keys = [KEY, { ...KEY, endpoint: 'GET /x' }, { ...KEY, customer_id: 'd' }, { ...KEY, customer_id: 'e' }];
    for (const [index, key] of keys.entries()) await store.change(key, () => ({ state: 's', ends_at: index }));
    const there = () => Promise.all(keys.map((key) => read(store, key)));
    await store.forget({ provider: 'p', customer_id: 'c' });
    expect(await there()).toEqual([undefined, undefined, 's', 's']);
    await store.tidy(3);
    expect(await there()).toEqual([undefined, undefined, undefined, 's']);
  });
};
