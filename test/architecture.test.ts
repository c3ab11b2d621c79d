/** The arrows of the house, read off the imports. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const FILES = globSync([
  'src/**/*.{ts,js}',
  'providers/**/*.ts',
  'test/contract/**/*.ts',
  'test/support/**/*.ts',
]).toSorted();
const PROVIDERS = globSync('providers/*/').map((folder) => basename(folder));

/** What each room may import of the house; `#provider` and `#sandbox` are `src/provider.ts` and `src/sandbox.ts`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/model': ['src/model'],
  'src/provider.ts': ['src/model'],
  'src/sandbox.ts': ['src/sandbox'],
  'src/sandbox': ['src/sandbox'],
  'src/core': ['src/core', 'src/model'],
  'src/catalogue': ['src/catalogue', 'src/model'],
  'src/upstream': ['src/upstream', 'src/core', 'src/model'],
  'src/limits': ['src/limits', 'src/upstream', 'src/core', 'src/model'],
  'src/operations': ['src/operations', 'src/connections', 'src/store', 'src/core', 'src/model'],
  'src/metrics': ['src/metrics', 'src/model'],
  'src/store': ['src/store', 'src/model'],
  'src/connections': ['src/connections', 'src/store', 'src/core', 'src/model'],
  'src/access': ['src/access', 'src/connections', 'src/store', 'src/core', 'src/model'],
  'src/http': [
    'src/http',
    'src/access',
    'src/catalogue',
    'src/connections',
    'src/store',
    'src/operations',
    'src/limits',
    'src/metrics',
    'src/upstream',
    'src/core',
    'src/model',
    'package.json',
  ],
  'src/config': ['src/config', 'src/connections', 'src/model', 'src/upstream/addresses.ts'],
  'src/gateway.ts': [
    'src/http',
    'src/access',
    'src/connections',
    'src/store',
    'src/operations',
    'src/limits',
    'src/metrics',
    'src/upstream',
    'src/core',
    'src/model',
  ],
  'src/server.ts': ['src/config'],
  'src/heap.js': [],
  'src/log.ts': [],
  'src/dev': [
    'src/dev',
    'src/config',
    'src/gateway.ts',
    'src/server.ts',
    'src/sandbox.ts',
    'src/connections',
    'src/core',
    'src/model',
  ],
  'src/commands': ['src'],
  'src/cli.ts': ['src/commands', 'src/config', 'src/connections', 'src/core', 'src/http/version.ts', 'src/store'],
  'src/main.js': ['src/cli.ts', 'src/heap.js'],
};

/** Packages that only one room may use, or the rooms that are named. */
const ONLY_IN: Readonly<Record<string, string | readonly string[]>> = {
  undici: 'src/upstream',
  'undici/lib/core/connect.js': 'src/upstream',
  'undici/lib/core/errors.js': 'src/upstream',
  'undici/lib/dispatcher/pool.js': 'src/upstream',
  oauth4webapi: 'src/upstream',
  kysely: 'src/store',
  'kysely/migration': 'src/store',
  'node:sqlite': ['src/store', 'test/support/canary.ts'],
  pg: ['src/store', 'test/support/postgres.ts'],
  'lru-cache': ['src/access', 'src/connections', 'src/limits', 'src/operations', 'src/store'],
  cockatiel: 'src/limits',
  'prom-client': 'src/metrics',
  commander: 'src/cli.ts',
};

describe('arrows', () => {
  test.each(FILES.filter((file) => file.startsWith('src/')))('%s imports only what its room may', (file) => {
    const room = Object.keys(MAY_IMPORT).find((each) => file === each || file.startsWith(`${each}/`));
    expect(room, 'every file is in a room').toBeDefined();
    const allowed = MAY_IMPORT[room ?? ''] ?? [];
    const foreign = importsOf(file).own.filter(
      (target) => !allowed.some((each) => target === each || target.startsWith(`${each}/`)),
    );
    expect(foreign).toEqual([]);
  });

  test.each(FILES)('%s uses only the packages of its room', (file) => {
    const misplaced = importsOf(file).packages.filter((name) => {
      const rooms = [ONLY_IN[name] ?? []].flat();
      return rooms.length > 0 && rooms.every((room) => file !== room && !file.startsWith(`${room}/`));
    });
    expect(misplaced).toEqual([]);
  });
});

test('no files of src import each other in a circle, not even for a type', () => {
  const left = new Map(FILES.filter((file) => file.startsWith('src/')).map((file) => [file, importsOf(file).own]));
  // A file that imports none of the others, or that none of them imports, is in no circle with them.
  const free = (): readonly string[] => {
    const imported = new Set([...left.values()].flat());
    return [...left].flatMap(([file, own]) =>
      imported.has(file) && own.some((target) => left.has(target)) ? [] : [file],
    );
  };
  for (let files = free(); files.length > 0; files = free()) for (const file of files) left.delete(file);
  expect([...left.keys()]).toEqual([]);
});

describe('providers', () => {
  const sandboxFile = (file: string): boolean => /^providers\/[^/]+\/sandbox(\.ts|\/)/.test(file);
  const all = FILES.filter((file) => file.startsWith('providers/'));

  test.each(all.filter((file) => !sandboxFile(file)))('%s knows the SDK, zod and its own folder', (file) => {
    const { own, packages } = importsOf(file);
    expect(packages.filter((name) => name !== 'zod')).toEqual([]);
    expect(own.filter((target) => target !== 'src/provider.ts' && dirname(target) !== dirname(file))).toEqual([]);
    expect(own.filter(sandboxFile)).toEqual([]);
  });

  test.each(all.filter(sandboxFile))('%s imports nothing of its adapter', (file) => {
    const { own, packages } = importsOf(file);
    expect(packages.filter((name) => !/^(zod|hono)($|\/)/.test(name))).toEqual([]);
    const folder = file.split('/').slice(0, 2).join('/');
    const foreign = own.filter(
      (target) => target !== 'src/sandbox.ts' && !(sandboxFile(target) && target.startsWith(`${folder}/`)),
    );
    expect(foreign).toEqual([]);
  });

  test.each(all.filter((file) => !sandboxFile(file)))(
    '%s does no I/O of its own and builds no path from a string',
    (file) => {
      const code = withoutComments(file);
      expect(code).not.toMatch(
        /\bfetch\s*\(|\bprocess\.|\bsetTimeout\b|\bsetInterval\b|\bconsole\.|\bDate\.now\b|node:/,
      );
      expect(code).not.toMatch(/\b(read|send)\.(get|post|put|search)\(\s*[`'"]/);
      expect(code).not.toMatch(/\[\s*`[^`]*\/[^`]*`/);
    },
  );
});

test.each(FILES.filter((file) => !file.startsWith('providers/')))('%s names no provider', (file) => {
  const text = readFileSync(file, 'utf8').toLowerCase();
  for (const name of PROVIDERS) expect(text).not.toMatch(new RegExp(`\\b${name}\\b`));
});

test('the environment is read in one place, and timers and logs are not scattered', () => {
  for (const file of FILES.filter((each) => each.startsWith('src/'))) {
    const code = withoutComments(file);
    if (!['src/cli.ts', 'src/main.js'].includes(file)) expect(code, file).not.toMatch(/\bprocess\.env\b/);
    if (!['src/cli.ts', 'src/commands/running.ts', 'src/main.js'].includes(file))
      expect(code, file).not.toMatch(/\bprocess\.exit\b|\bconsole\./);
    if (/^src\/(model|core)\//.test(file))
      expect(code, file).not.toMatch(/\bsetTimeout\b|\bDate\.now\b|\bnew Date\(\)/);
  }
});

test('a package that is imported when it is needed is an ES module: one in CommonJS has no names once it is packed', () => {
  for (const file of FILES.filter((each) => each.startsWith('src/'))) {
    for (const [, name = ''] of withoutComments(file).matchAll(/\bawait import\('([^.#'][^']*)'\)/g))
      expect(JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')), file).toHaveProperty(
        'type',
        'module',
      );
  }
});

function importsOf(file: string): { readonly own: readonly string[]; readonly packages: readonly string[] } {
  const text = readFileSync(file, 'utf8');
  const statements = [
    ...text.matchAll(/^(?:import|export)\b[^;'(=]*?\bfrom '([^']+)'/gm),
    ...text.matchAll(/\bimport\('([^']+)'\)/g),
  ];
  const specifiers = statements.map(([, name = '']) => name);
  const own = specifiers.flatMap((specifier) => {
    if (specifier === '#provider') return ['src/provider.ts'];
    if (specifier === '#sandbox') return ['src/sandbox.ts'];
    return specifier.startsWith('.') ? [normalize(join(dirname(file), specifier))] : [];
  });
  return { own, packages: specifiers.filter((specifier) => !/^[.#]/.test(specifier)) };
}

function withoutComments(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}
