/** Turns: who has one says until when. */
import { expect, test } from 'vitest';
import { openTurnStore } from '../../src/store/turn-store.ts';
import type { Suite } from './bench.ts';

export const turns: Suite = ({ first, second }) => {
  test('one has it until it is released or over; its owner renews it', async () => {
    const [store, other] = [openTurnStore(first()), openTurnStore(second())];
    const take = (at: typeof store, owner: string, now: number) => at.take({ key: 'k', owner, now, until: now + 10 });
    expect(await take(store, 'a', 0)).toBe(true);
    expect(await take(other, 'b', 5)).toBe(false);
    expect(await take(store, 'a', 5)).toBe(true);
    expect(await take(other, 'b', 14)).toBe(false);
    expect(await take(other, 'b', 15)).toBe(true);
    await store.release('k', 'a');
    expect(await take(store, 'a', 16)).toBe(false);
    await other.release('k', 'b');
    expect(await take(store, 'a', 16)).toBe(true);
  });

  test('only its owner renews it, and not once it is released', async () => {
    const [store, other] = [openTurnStore(first()), openTurnStore(second())];
    const lease = (owner: string, now: number, until: number) => ({ key: 'k', owner, now, until });
    await store.take(lease('a', 0, 10));
    expect(await store.renew(lease('a', 5, 20))).toBe(true);
    expect(await other.renew(lease('b', 5, 30))).toBe(false);
    expect(await other.take(lease('b', 19, 30))).toBe(false);
    await store.release('k', 'a');
    expect(await store.renew(lease('a', 19, 30))).toBe(false);
    expect(await other.take(lease('b', 19, 30))).toBe(true);
  });

  test('of two processes that take many at once, each in its own order, exactly one has each', async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const take = (store: ReturnType<typeof openTurnStore>, owner: string, all: readonly string[]) =>
      Promise.all(all.map(async (key) => [key, await store.take({ key, owner, now: 0, until: 9 })] as const));
    const [here, there] = await Promise.all([
      take(openTurnStore(first()), 'a', keys),
      take(openTurnStore(second()), 'b', keys.toReversed()),
    ]);
    const theirs = new Map(there);
    for (const [key, got] of here) expect(got).not.toBe(theirs.get(key));
  });
};
