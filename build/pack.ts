/** The gateway with all that it imports in one folder: what runs in production needs no `node_modules`. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { providerNames } from '../src/core/provider-files.ts';
import { licencesOf } from './licences.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What was in the folder is removed. */
export async function packInto(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { stepgate: 'src/main.js' },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    metafile: true,
    // Packages in CommonJS ask for Node's modules by it. Nothing is minified: a stack trace is read as it stands.
    banner: {
      js: `import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);`,
    },
    external: ['pg-native'],
    plugins: [instead(/\/src\/core\/provider-files\.ts$/, providerList(await providerNames())), ...SMALLER],
  });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(folder, 'LICENCES.txt'), licencesOf(ROOT, Object.keys(metafile.inputs)));
  for (const file of ['package.json', 'LICENSE', 'NOTICE', 'swagger-ui.css', 'swagger-ui-bundle.js'])
    cpSync(join(DOCUMENTS, file), join(folder, 'node_modules/swagger-ui-dist', file));
}

/** The gateway finds it by its package, here as there. */
const DOCUMENTS = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const SMALLER = [
  // The language of messages that nobody sets is half of the package.
  instead(/\/node_modules\/zod\/v4\/locales\/index\.js$/, `export { default as en } from './en.js';`),
];

/** A module with other content, from which paths lead as from the module itself. */
function instead(filter: RegExp, contents: string): Plugin {
  return {
    name: filter.source,
    setup: (made) => {
      made.onLoad({ filter }, () => ({ loader: 'js', contents }));
    },
  };
}

/** The adapters are there at once, the sandboxes when they are asked for. */
function providerList(names: readonly string[]): string {
  const of = (name: string, file: string): string => JSON.stringify(`../../providers/${name}/${file}.ts`);
  return [
    ...names.map((name, at) => `import index${at} from ${of(name, 'index')};`),
    'const INDEXES = {',
    ...names.map((name, at) => `  ${name}: index${at},`),
    '};',
    'const SANDBOXES = {',
    ...names.map((name) => `  ${name}: () => import(${of(name, 'sandbox')}),`),
    '};',
    'export const PROVIDERS_FOLDER = undefined;',
    'export const providerNames = async () => Object.keys(INDEXES);',
    `export const importOf = async (_folder, name, file) => file === 'index' ? INDEXES[name] : (await SANDBOXES[name]()).default;`,
  ].join('\n');
}
