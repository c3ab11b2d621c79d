/**
 * The mutation lane: breaks a copy of the project in one place at a time, and demands that some test fails.
 * `node test/mutation/run.ts [--only <text in the name or the file of a mutant>]`
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { MUTANTS, type Mutant, type Where } from './mutants.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const LEFT_OUT = new Set(['node_modules', '.git', 'coverage']);
const AT_ONCE = 2;
const TIME_LIMIT_MS = 300_000;

interface Result {
  readonly mutant: Mutant;
  readonly verdict: 'caught' | 'survived' | 'invalid';
  /** The test that failed, or what came instead. */
  readonly by: string;
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      message: z.string().nullish(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

const { only = '' } = parseArgs({ options: { only: { type: 'string' } } }).values;
const chosen = MUTANTS.filter(({ name, file }) => `${name} ${file}`.toLowerCase().includes(only.toLowerCase()));
const running = new Set<ChildProcess>();
const folder = await mkdtemp(join(tmpdir(), 'stepgate-mutation-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.error(`Stopped by ${signal}.`);
    for (const child of running) child.kill();
    rmSync(folder, { recursive: true, force: true });
    process.exit(1);
  });
}
try {
  process.exitCode = (await runLane(chosen)) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Whether every mutant was caught. One snapshot is taken first, so that edits during the run change nothing. */
async function runLane(mutants: readonly Mutant[]): Promise<boolean> {
  const pristine = join(folder, 'pristine');
  await copyProject(PROJECT, pristine);
  const mistakes = [...(await staleMutants(pristine)), ...(mutants.length === 0 ? ['No mutant was chosen.'] : [])];
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));

  await demandGreen(pristine, mutants);
  const results = await mapAtOnce(mutants, async (mutant, index): Promise<Result> => {
    const copy = join(folder, `mutant-${String(index + 1)}`);
    await copyProject(pristine, copy);
    await applyMutant(copy, mutant);
    const result = { mutant, ...(await runTests(copy, mutant.where)) };
    await rm(copy, { recursive: true, force: true });
    console.log(`${result.verdict}: ${mutant.name}`);
    return result;
  });
  console.log(`\n${table(results)}\n\n${summary(results)}`);
  return results.every(({ verdict }) => verdict === 'caught');
}

/** The tests that are to see the mutants, once without any: red ones, or none at all, would prove nothing. */
async function demandGreen(pristine: string, mutants: readonly Mutant[]): Promise<void> {
  const places = new Map(mutants.map(({ where }) => [JSON.stringify(where), where]));
  console.log(`Without a mutant, ${String(places.size)} choices of tests ...`);
  const outcomes = await mapAtOnce([...places.values()], (where) => runTests(pristine, where));
  const red = outcomes.filter(({ verdict }) => verdict !== 'survived').map(({ by }) => by);
  if (red.length > 0) throw new Error(`The tests are not green without a mutant:\n${red.join('\n')}`);
}

async function copyProject(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, filter: (path) => path === from || !LEFT_OUT.has(basename(path)) });
  await symlink(join(PROJECT, 'node_modules'), join(to, 'node_modules'));
}

async function applyMutant(copy: string, { file, find, replace }: Mutant): Promise<void> {
  const text = await readFile(join(copy, file), 'utf8');
  await writeFile(
    join(copy, file),
    text.replace(find, () => replace),
  );
}

/** A mutant whose place is gone, or is no longer the only one, proves nothing. Names must be unique, too. */
async function staleMutants(pristine: string): Promise<readonly string[]> {
  const mistakes = await Promise.all(
    MUTANTS.map(async ({ name, file, find, replace }, index) => {
      const count = (await readFile(join(pristine, file), 'utf8')).split(find).length - 1;
      const twin = MUTANTS.findIndex((other) => other.name === name) !== index;
      return [
        ...(count === 1 ? [] : [`Stale mutant "${name}": its place occurs ${String(count)} times in ${file}.`]),
        ...(twin ? [`Two mutants are named "${name}".`] : []),
        ...(find === replace ? [`"${name}" changes nothing.`] : []),
      ];
    }),
  );
  return mistakes.flat();
}

/** Caught is only what made a test fail: a file that cannot be collected or set up has asserted nothing. */
async function runTests(copy: string, { tests, pattern }: Where): Promise<Omit<Result, 'mutant'>> {
  const report = join(folder, `${randomUUID()}.json`);
  const hermetic = ['--cache=false', '--fsModuleCache=false', '--reporter=json', `--outputFile=${report}`];
  const vitest = [
    join('node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--bail=1',
    ...tests,
    '-t',
    pattern,
    ...hermetic,
  ];
  const child = spawn(process.execPath, vitest, { cwd: copy, stdio: 'ignore', timeout: TIME_LIMIT_MS });
  running.add(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('exit', resolve);
  });
  running.delete(child);
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) return { verdict: 'invalid', by: `no report came; exit code ${String(code)}` };
  const { testResults } = reportSchema.parse(JSON.parse(text));
  const ran = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = ran.find(({ status }) => status === 'failed');
  if (code !== 0 && failed) return { verdict: 'caught', by: failed.fullName };
  const message = testResults.map((file) => file.message?.split('\n')[0] ?? '').find((line) => line !== '');
  if (code !== 0) return { verdict: 'invalid', by: message ?? `no test failed; exit code ${String(code)}` };
  const passed = ran.filter(({ status }) => status === 'passed').length;
  if (passed === 0) return { verdict: 'invalid', by: 'no test ran' };
  return { verdict: 'survived', by: `none of ${String(passed)} tests` };
}

async function mapAtOnce<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}

function table(results: readonly Result[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rows = results.map(({ mutant, verdict, by }) =>
    line([mutant.name, mutant.file, verdict === 'caught' ? by : `**${verdict}**: ${by}`]),
  );
  return [line(['mutant', 'file', 'caught by']), line(['---', '---', '---']), ...rows].join('\n');
}

function summary(results: readonly Result[]): string {
  const count = (wanted: Result['verdict']): number => results.filter(({ verdict }) => verdict === wanted).length;
  const [caught, survived, invalid] = [count('caught'), count('survived'), count('invalid')];
  return `${String(caught)} caught, ${String(survived)} survived, ${String(invalid)} invalid`;
}
