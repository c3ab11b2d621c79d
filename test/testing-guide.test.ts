/** docs/testing.md: what it shows runs as it stands there, in a project of its own that has this folder as a package. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stepgate } from './support/process.ts';

let project: string;
let guide: string;

beforeAll(async () => {
  guide = await readFile('docs/testing.md', 'utf8');
  project = await mkdtemp(join(tmpdir(), 'stepgate-guide-'));
  await mkdir(join(project, 'node_modules'));
  await symlink(resolve('.'), join(project, 'node_modules', 'stepgate'));
});
afterAll(() => rm(project, { recursive: true }));

/** The code behind `<!-- title -->`. */
function codeOf(title: string): string {
  const [, code] = guide.split(`<!-- ${title} -->`)[1]?.split(/```ts\n([\s\S]*?)```/) ?? [];
  if (code === undefined) throw new Error(`docs/testing.md shows nothing of ${title}.`);
  return code;
}

/** @throws {Error} with what it printed where it does not end well. */
async function run(code: string): Promise<void> {
  const file = join(project, 'example.mts');
  await writeFile(file, code);
  await promisify(execFile)(process.execPath, [file]);
}

test('a backend against the gateway', async () => {
  const code = codeOf('through the gateway');
  const [, key = ''] = /'x-api-key': '([^']+)'/.exec(code) ?? [];
  const dev = stepgate(['dev'], { PORT: '0', STEPGATE_API_KEY: key });
  const [, url = ''] = await dev.printed(/Gateway {3}(\S+)/);
  await run(code.replace(/http:\/\/127\.0\.0\.1:\d+/, url));
  await dev.stop('SIGTERM');
});

test('a client against one sandbox', async () => {
  await expect(run(codeOf('one sandbox'))).resolves.toBeUndefined();
});
