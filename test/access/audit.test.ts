/** The audit in the background: in batches, in order, once, bounded, and told where it is lost. */
import { readFileSync, globSync } from 'node:fs';
import { pino } from 'pino';
import { beforeEach, expect, test, vi } from 'vitest';
import { REFUSALS_SHOWN } from '../../src/access/refusals.ts';
import { openAudit, type Audit, type AuditNote } from '../../src/access/audit.ts';
import type { AuditStore } from '../../src/store/audit-store.ts';
import { sortableId } from '../../src/store/sortable-id.ts';
import type { AuditRow } from '../../src/store/tables.ts';
import { testClock } from '../support/clock.ts';

let rows: Map<string, AuditRow>;
let batches: number[];
let logs: string[];
let isAway: boolean;
let audit: Audit;
const clock = testClock();

const store: AuditStore = {
  add: async (added) => {
    await Promise.resolve();
    if (isAway) throw new Error('away');
    batches.push(added.length);
    for (const row of added) rows.set(row.id, row);
  },
  list: () => Promise.resolve({ rows: [...rows.values()].toReversed() }),
  removeBefore: () => Promise.resolve(0),
};

beforeEach(() => {
  vi.useFakeTimers();
  [rows, batches, logs, isAway] = [new Map(), [], [], false];
  const log = pino({}, { write: (line: string) => logs.push(line) });
  audit = openAudit({ store, clock, log, keptMs: 1000 });
  return () => vi.useRealTimers();
});

const note = (request_id: string): AuditNote => ({ key_id: 'env', action: 'test', request_id, outcome: 'done' });
const noteMany = (count: number, from = 0): void => {
  for (let index = from; index < from + count; index += 1) audit.note(note(String(index)));
};
const written = (): readonly string[] => [...rows.values()].map(({ request_id }) => request_id);
const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index));

test('what is noted is written a quarter of a second later, many at once and in order', async () => {
  noteMany(450);
  await vi.advanceTimersByTimeAsync(249);
  expect(rows.size).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(batches).toEqual([450]);
  expect(written()).toEqual(numbers(450));
  expect([...rows.keys()]).toEqual([...rows.keys()].toSorted());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(batches).toHaveLength(1);
});

test('a whole batch does not wait, and what is left over waits no longer than anything', async () => {
  noteMany(2400);
  await vi.advanceTimersByTimeAsync(0);
  expect(batches.slice(0, 2)).toEqual([1000, 1000]);
  await vi.advanceTimersByTimeAsync(250);
  expect(batches.every((length) => length <= 1000)).toBe(true);
  expect(written()).toEqual(numbers(2400));
  noteMany(999, 2400);
  await vi.advanceTimersByTimeAsync(100);
  expect(rows.size).toBe(2400);
  noteMany(2, 3399);
  await vi.advanceTimersByTimeAsync(1);
  expect(rows.size).toBeGreaterThanOrEqual(3400);
  await vi.advanceTimersByTimeAsync(250);
  expect(written()).toEqual(numbers(3401));
});

test('what is kept is written before it is answered, without what is noted', async () => {
  noteMany(3);
  await audit.keep(note('kept'));
  expect(written()).toEqual(['kept']);
});

test('a list has what was noted before it was asked for, also while something is being written', async () => {
  noteMany(2);
  const first = audit.list({ limit: 10 });
  noteMany(2, 2);
  const { rows: second } = await audit.list({ limit: 10 });
  expect(second.map(({ request_id }) => request_id)).toEqual(['3', '2', '1', '0']);
  await first;
});

test('while the store is away it waits, and comes once, and in order, when it is back', async () => {
  isAway = true;
  noteMany(3);
  await vi.advanceTimersByTimeAsync(250);
  await expect(audit.keep(note('3'))).rejects.toThrow('away');
  await expect(audit.list({ limit: 10 })).rejects.toThrow('away');
  expect(logs.join('')).toContain('audit entries cannot be written');
  isAway = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(written()).toEqual(numbers(4));
  expect(audit.lost()).toBe(0);
});

test('while the store is away whole batches wait too: it is asked again after a while', async () => {
  isAway = true;
  noteMany(1);
  await vi.advanceTimersByTimeAsync(250);
  noteMany(3_000, 1);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(logs).toHaveLength(1);
  isAway = false;
  await vi.advanceTimersByTimeAsync(1);
  expect(written()).toEqual(numbers(3_001));
});

test('what does not fit is counted and told, and what fits is kept', async () => {
  isAway = true;
  noteMany(10_005);
  expect(audit.lost()).toBe(5);
  isAway = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(written()).toEqual(numbers(10_000));
  expect(logs.map((line) => JSON.parse(line) as object)).toMatchObject([{ lost: 5, msg: 'audit entries were lost' }]);
});

test('at the end the rest is written, or told to be lost', async () => {
  noteMany(2);
  await audit.close();
  expect(written()).toEqual(['0', '1']);
  audit.note(note('late'));
  expect(audit.lost()).toBe(1);
  expect(vi.getTimerCount()).toBe(0);

  const other = openAudit({ store, clock, log: pino({}, { write: (line: string) => logs.push(line) }), keptMs: 1000 });
  isAway = true;
  other.note(note('x'));
  await other.close();
  expect(other.lost()).toBe(1);
  expect(JSON.parse(logs.at(-1) ?? '')).toMatchObject({ lost: 1, msg: 'audit entries were lost' });
});

test('a target is a text that can be seen, and not long', async () => {
  for (const target of ['/x/\0\u202e\n\ud800', `/${'x'.repeat(999)}\ud83d\ude00`])
    await audit.keep({ ...note('x'), target });
  expect([...rows.values()].map(({ target }) => target)).toEqual([
    '/x/\ufffd\ufffd\ufffd\ufffd',
    `/${'x'.repeat(499)}…`,
  ]);
});

test('refusals of one key are bounded: the others are counted, by action and status, and none is forgotten', async () => {
  const refused = (key_id: string, status = 422, more = {}): void => {
    audit.note({ ...note('r'), key_id, status, outcome: 'refused', customer_id: 'c', target: '/x', ...more });
  };
  for (let index = 0; index < 1_000; index += 1) refused('mine', index % 2 ? 422 : 404);
  refused('another');
  refused('mine', 424, { operation_id: 'o' });
  audit.note(note('done'));
  await vi.advanceTimersByTimeAsync(250);
  expect(rows.size).toBe(REFUSALS_SHOWN + 3);
  await audit.sweep();
  await vi.advanceTimersByTimeAsync(250);
  const counted = [...rows.values()].slice(REFUSALS_SHOWN + 3);
  expect(counted).toMatchObject([
    { key_id: 'mine', status: 404, times: 470, customer_id: null, target: null, outcome: 'refused' },
    { key_id: 'mine', status: 422, times: 470 },
  ]);
  refused('mine');
  await audit.list({ limit: 1 });
  expect(rows.size).toBe(REFUSALS_SHOWN + 6);
  clock.pass(60_000);
  refused('mine');
  refused('mine');
  await audit.close();
  expect([...rows.values()].slice(-2).map(({ times, target }) => [times, target])).toEqual([
    [1, '/x'],
    [1, '/x'],
  ]);
});

test('the retention goes on at the next look where there is more than one can remove, and then rests for an hour', async () => {
  let [old, looks] = [250_500, 0];
  const removing: AuditStore = {
    ...store,
    removeBefore: (_at, limit) => {
      looks += 1;
      const removed = Math.min(old, limit);
      old -= removed;
      return Promise.resolve(removed);
    },
  };
  const sweeping = openAudit({ store: removing, clock, log: pino({ level: 'silent' }), keptMs: 1000 });
  const left: number[] = [];
  for (let time = 0; time < 4; time += 1) {
    await sweeping.sweep();
    left.push(old);
    clock.pass(15_000);
  }
  expect(left).toEqual([150_500, 50_500, 0, 0]);
  const before = looks;
  clock.pass(3_600_000);
  await sweeping.sweep();
  expect(looks).toBe(before + 1);
});

test('ids sort by time, within a millisecond by their order, and are UUIDs of version 7', () => {
  const ids = [...numbers(5000).map(() => sortableId(1_000)), sortableId(1_001), sortableId(Date.now())];
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('nothing in the house changes a row, and only the retention removes one', () => {
  const texts = globSync('src/**/*.ts').map((file) => [file, readFileSync(file, 'utf8')] as const);
  const found = texts.flatMap(([file, text]) =>
    [...text.matchAll(/(updateTable|deleteFrom|replaceInto|doUpdateSet)\((['"`]audit['"`])/g)].map(([match]) => [
      file,
      match,
    ]),
  );
  expect(found).toEqual([['src/store/audit-store.ts', "deleteFrom('audit'"]]);
  // Nor a list of tables that has it in it.
  for (const [file, text] of texts)
    if (file !== 'src/store/audit-store.ts') expect(text).not.toMatch(/'audit',|, 'audit'/);
});
