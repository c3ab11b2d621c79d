/** What is said in a turn of the loop is written at its end, and nothing is lost where the process ends before. */
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inTurns } from '../src/log.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('the lines of a turn are written together, in their order', async () => {
  const written: string[] = [];
  const log = inTurns({ write: (lines) => written.push(lines) });
  log.write('1\n');
  log.write('2\n');
  expect(written).toEqual([]);
  await turn();
  log.write('3\n');
  await turn();
  await turn();
  expect(written).toEqual(['1\n2\n', '3\n']);
});

test.each([
  ['exits', 'process.exit(3)', 3],
  ['has nothing more to do', 'process.exitCode = 3', 3],
  ['fails', 'throw new Error()', 1],
])('a process that %s has said everything', (_, end, code) => {
  const script = `
    import { openLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url))};
    const { log } = openLog('info');
    log.info('first');
    setImmediate(() => { log.warn('last'); ${end}; });`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(status).toBe(code);
  const said = stderr.split('\n').filter((line) => line.startsWith('{'));
  expect(said.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['first', 'last']);
});

test('a log that cannot be written loses lines, which are counted, and ends nothing', () => {
  const script = `
    import { openLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url))};
    const { log, lost } = openLog('info');
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    for (let line = 1; line <= 16; line += 1) {
      log.info('x'.repeat(1_000_000));
      await turn();
    }
    process.stdout.write('lost ' + lost());
    log.info('x'.repeat(1_000_000));
    log.info('the same turn');
    await turn();
    process.stdout.write(', then ' + lost());`;
  // Opened for reading: whatever is written there fails, as on a disk that is full.
  const unwritable = openSync(import.meta.filename, 'r');
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', unwritable],
  });
  expect([status, stdout]).toEqual([0, 'lost 0, then 2']);
});
