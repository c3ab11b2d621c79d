/** A query that is built once is the same as one that is built each time. */
import { expect, test } from 'vitest';
import { compileOnce } from '../../src/store/compile-once.ts';
import type { Database, TurnRow } from '../../src/store/tables.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

const db: Database = openSqlite(':memory:');
let built = 0;
const build = ({ key, ...values }: Pick<TurnRow, 'key'> & Partial<TurnRow>) => {
  built += 1;
  return db.updateTable('turns').set(values).where('key', '=', key).where('until', '<', 7);
};

test('each set of names is built once, and the values are those of the call', () => {
  const update = compileOnce(build);
  const all: readonly Parameters<typeof build>[0][] = [
    { key: 'a', owner: 'x' },
    { owner: 'y', key: 'b', until: 3 },
    { key: 'c', owner: 'z' },
    { key: 'd', owner: 'x', until: 4 },
  ];
  const compiled = all.map((parameters) => update(parameters).compile());
  expect(built).toBe(3);
  for (const [index, { sql, parameters }] of compiled.entries()) {
    const [anew] = all.slice(index).map((each) => build(each).compile());
    expect(parameters.toSorted()).toEqual(anew?.parameters.toSorted());
    expect(sql.split('?').length).toBe(parameters.length + 1);
  }
  expect(compiled.map(({ parameters }) => parameters)).toEqual([
    ['x', 'a', 7],
    ['y', 3, 'b', 7],
    ['z', 'c', 7],
    ['x', 4, 'd', 7],
  ]);
});
