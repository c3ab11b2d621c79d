/** SECURITY.md names tests that are there. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const rows = readFileSync('SECURITY.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (threat|-)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, threat = '', defence = '', tests = '']) => ({ threat, defence, tests }));

test('every threat has a defence and a test', () => {
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter(({ defence, tests }) => defence === '' || !tests.includes('`test/'))).toEqual([]);
});

test.each(rows)('$threat', ({ tests }) => {
  for (const [, file = '', names = ''] of tests.matchAll(/`(test\/[^`]+)`([^`]*)/g)) {
    expect(existsSync(file), file).toBe(true);
    const text = readFileSync(file, 'utf8');
    for (const [, name = ''] of names.matchAll(/"([^"]+)"/g)) expect(text, `${file} has "${name}"`).toContain(name);
  }
});
