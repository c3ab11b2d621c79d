/** Those who commit together do not fail together. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { DatabaseLost } from '../../src/store/failures.ts';
import { groupCommit, type Job, type Run } from '../../src/store/group-commit.ts';
import type { Suite } from './bench.ts';

export const commits: Suite = ({ first, second }) => {
  const key =
    (scope: string): Job<string> =>
    async (run) => {
      const row = { scope, fingerprint: 'f', operation_id: 'o', created_at: 0 };
      await run(first().insertInto('idempotency_keys').values(row));
      return scope;
    };
  const kept = async () =>
    (await first().selectFrom('idempotency_keys').select('scope').orderBy('scope').execute()).map(({ scope }) => scope);

  test('one that fails by its data fails alone, and nothing of it is kept', async () => {
    const commit = groupCommit(first());
    const broken: Job<never> = async (run) => {
      await key('broken')(run);
      const broken = sql`insert into idempotency_keys values (null, null, null, null)`;
      await run({ compile: () => broken.compile(first()) });
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

  test.each([
    ['locked', Object.assign(new Error('database is locked'), { errcode: 5 })],
    ['lost', new DatabaseLost('Connection terminated unexpectedly')],
    ['shutting down', Object.assign(new Error('terminating connection'), { code: '57P01' })],
  ])('a database that is %s is away for all, and each is tried once', async (_what, error) => {
    const commit = groupCommit(first());
    let tries = 0;
    const away: Job<never> = () => {
      tries += 1;
      return Promise.reject(error);
    };
    const all = await Promise.allSettled([commit(away), commit(key('a')), commit(away)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(tries).toBe(1);
    expect(await kept()).toEqual([]);
  });

  test('what another transaction has undone is run again as a whole, but not for ever', async () => {
    const commit = groupCommit(first());
    const undone = (times: number): { readonly job: Job<string>; readonly tries: () => number } => {
      let tries = 0;
      const job: Job<string> = (run) => {
        tries += 1;
        if (tries > times) return key('undone')(run);
        return Promise.reject(Object.assign(new Error('deadlock detected'), { code: '40P01' }));
      };
      return { job, tries: () => tries };
    };
    const [passing, lasting] = [undone(2), undone(Infinity)];
    expect(await Promise.all([commit(key('a')), commit(passing.job), commit(key('b'))])).toEqual(['a', 'undone', 'b']);
    expect(await kept()).toEqual(['a', 'b', 'undone']);
    const all = await Promise.allSettled([commit(lasting.job), commit(key('c'))]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(lasting.tries()).toBe(5);
    expect(await kept()).toEqual(['a', 'b', 'undone']);
  });

  test('who comes in the next turn joins those who came in this one, and the first does not wait for ever', async () => {
    const commit = groupCommit(first());
    /** Which transaction each was in. */
    const groups = new Map<Run, string[]>();
    const join =
      (name: string): Job<void> =>
      (run) => {
        groups.set(run, [...(groups.get(run) ?? []), name]);
        return Promise.resolve();
      };
    const together = [commit(join('a')), commit(join('b'))];
    setImmediate(() => together.push(commit(join('c'))));
    await nextTurn();
    await Promise.all(together);
    expect([...groups.values()].map((names) => names.toSorted())).toEqual([['a', 'b', 'c']]);
    groups.clear();
    const coming: Promise<void>[] = [];
    for (let turn = 0; turn < 40; turn += 1) {
      coming.push(commit(join(`one-${turn}`)), commit(join(`two-${turn}`)));
      await nextTurn();
    }
    await Promise.all(coming);
    expect(groups.size).toBeGreaterThan(2);
    expect([...groups.values()].flat()).toHaveLength(80);
  });

  test('the jobs of a group run in the order of their places', async () => {
    const commit = groupCommit(first());
    const order: string[] = [];
    const note =
      (name: string): Job<void> =>
      () => {
        order.push(name);
        return Promise.resolve();
      };
    await Promise.all(['b', 'a', 'c', 'a'].map((place, index) => commit(note(`${place}${index}`), place)));
    expect(order).toEqual(['a1', 'a3', 'b0', 'c2']);
  });

  test('two processes that change the same rows in opposite order both get through', async () => {
    const names = ['x', 'y'];
    for (const name of names) await groupCommit(first())(key(name));
    const add =
      (scope: string): Job<void> =>
      async (run) => {
        await run(
          first()
            .updateTable('idempotency_keys')
            .set((is) => ({ created_at: is('created_at', '+', 1) }))
            .where('scope', '=', scope),
        );
      };
    // Without places, so that they do meet.
    const commits = [groupCommit(first()), groupCommit(second())];
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        commits.flatMap((commit, index) => (index === 0 ? names : names.toReversed()).map((name) => commit(add(name)))),
      );
    }
    const rows = await first().selectFrom('idempotency_keys').select('created_at').execute();
    expect(rows).toEqual([{ created_at: 20 }, { created_at: 20 }]);
  });
};
