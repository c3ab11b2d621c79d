/** Two processes on one database: writes to one sequence still go one after the other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Clock } from '../../src/core/ports.ts';
import { shareTurns } from '../../src/operations/shared-turns.ts';
import { createTurns, type Turns } from '../../src/operations/turns.ts';
import type { Database } from '../../src/store/tables.ts';
import { migrate } from '../../src/store/migrations.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openTurnStore, type TurnStore } from '../../src/store/turn-store.ts';
import { inTurn } from './in-turn.ts';

let folder = '';
let databases: Database[] = [];
const first = (): Database => databases[0] ?? missing();
const second = (): Database => databases[1] ?? missing();

function missing(): never {
  throw new Error('The databases are opened before each test.');
}

let now = 0;

/** Waiting lets the others go on. */
const clock: Clock = {
  now: () => now,
  wait: async (milliseconds) => {
    now += milliseconds / 1_000;
    await nextTurn();
  },
};

beforeEach(async () => {
  now = 1_000_000;
  folder = await mkdtemp(join(tmpdir(), 'stepgate-turns-'));
  databases = [openSqlite(join(folder, 'shared.db')), openSqlite(join(folder, 'shared.db'))];
  for (const database of databases) await migrate(database);
});

afterEach(async () => {
  await Promise.all(databases.map((database) => database.destroy()));
  await rm(folder, { recursive: true });
});

function processes(): readonly Turns[] {
  return databases.map((database) => shareTurns(createTurns(), openTurnStore(database), clock));
}

test('no two of them work at the same sequence at the same time, and all get their turn', async () => {
  const [one, other] = processes() as [Turns, Turns];
  let working = 0;
  let most = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    working += 1;
    most = Math.max(most, working);
    for (let pause = 0; pause < 5; pause += 1) await nextTurn();
    working -= 1;
    done += 1;
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => inTurn(index % 2 ? one : other, 'sequence', work)));
  expect([most, done]).toEqual([1, 20]);
});

test('another sequence does not wait', async () => {
  const [one, other] = processes() as [Turns, Turns];
  const order: string[] = [];
  await inTurn(one, 'a', async () => {
    await inTurn(other, 'b', () => Promise.resolve(order.push('b')));
    order.push('a');
  });
  expect(order).toEqual(['b', 'a']);
});

test('a turn that nobody has released ends with its lease, and who waits too long is told so', async () => {
  const [one] = processes() as [Turns, Turns];
  const store = openTurnStore(second());
  expect(await store.take({ key: 'sequence', owner: 'dead', now, until: now + 30_000 })).toBe(true);
  expect(await store.take({ key: 'sequence', owner: 'another', now, until: now + 30_000 })).toBe(false);
  now += 30_001;
  expect(await inTurn(one, 'sequence', () => Promise.resolve('done'))).toBe('done');

  await store.take({ key: 'sequence', owner: 'busy', now, until: now + 3_600_000 });
  const impatient = shareTurns(createTurns(), openTurnStore(first()), {
    ...clock,
    wait: (milliseconds) => {
      now += milliseconds;
      return Promise.resolve();
    },
  });
  await expect(inTurn(impatient, 'sequence', () => Promise.resolve())).rejects.toMatchObject({
    problems: [{ code: 'TOO_MANY_WAITING', retryAfterSeconds: 1 }],
  });
});

test('who has stood still for as long as its lease may not send any more, also where nobody else has come', async () => {
  const [one] = processes() as [Turns, Turns];
  await inTurn(one, 'sequence', (turn) => {
    now += 28_000;
    expect(() => {
      turn.hold();
    }).not.toThrow();
    // A second before the others may take it.
    now += 1_000;
    expect(() => {
      turn.hold();
    }).toThrow(expect.objectContaining({ problems: [expect.objectContaining({ code: 'STORE_UNAVAILABLE' })] }));
    return Promise.resolve();
  });
});

test('a renewal that is under way when the turn ends does not bring it back', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const store = openTurnStore(first());
    const ended = Promise.withResolvers<undefined>();
    const renewed = Promise.withResolvers<boolean>();
    const late: TurnStore = {
      ...store,
      renew: async (lease) => {
        await ended.promise;
        renewed.resolve(store.renew(lease));
        return renewed.promise;
      },
    };
    await inTurn(shareTurns(createTurns(), late, clock), 'sequence', () => vi.advanceTimersByTime(10_000));
    ended.resolve(undefined);
    expect(await renewed.promise).toBe(false);
    const next = { key: 'sequence', owner: 'another', now, until: now + 30_000 };
    expect(await openTurnStore(second()).take(next)).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
