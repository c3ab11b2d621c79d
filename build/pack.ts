import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { providerNames } from '../src/core/provider-files.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

export async function packInto(folder: URL): Promise<void> {
  const outdir = fileURLToPath(folder);
  rmSync(outdir, { recursive: true, force: true });
  const r = await build({
    absWorkingDir: ROOT,
    entryPoints: { stepgate: 'src/cli.ts' },
    outdir,
    bundle: true,
    splitting: process.env.NOSPLIT !== "1",
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    minify: process.env.MINIFY === '1',
    metafile: true,
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
    external: ['pg-native'],
    plugins: [providers(await providerNames()), slim(), ...(process.env.CJSB ? [builtins()] : [])],
  });
  const { writeFileSync } = await import('node:fs');
  writeFileSync('/tmp/cold/meta.json', JSON.stringify(r.metafile));
}

function providers(names: readonly string[]): Plugin {
  const importOf = names.map((name) => `  ${name}: { index: async () => (await import('../../providers/${name}/index.ts')).default, sandbox: async () => (await import('../../providers/${name}/sandbox.ts')).default },`);
  return {
    name: 'providers',
    setup: (b) => {
      b.onLoad({ filter: /src\/core\/provider-files\.ts$/ }, () => ({
        loader: 'ts',
        contents: [
          ...names.map((name) => `import ${name} from '../../providers/${name}/index.ts';`),
          `const M = {${names.map((name) => `${name}: { index: async () => ${name}, sandbox: async () => (await import('../../providers/${name}/sandbox.ts')).default }`).join(',')}};`,
          'export const PROVIDERS_FOLDER = undefined; export const providerNames = async () => Object.keys(M); export const importOf = (_f, n, x) => M[n][x]();',
        ].join('\n'),
      }));
    },
  };
}

function slim(): Plugin {
  return {
    name: 'slim',
    setup: (b) => {
      if (!process.env.NOUNDICI) b.onLoad({ filter: /node_modules\/undici\/index\.js$/ }, () => ({ loader: 'js', contents: `
        export { default as Agent } from './lib/dispatcher/agent.js';
        export { default as buildConnector } from './lib/core/connect.js';
        export { default as errors } from './lib/core/errors.js';` }));
      b.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ loader: 'js', contents: "export { default as en } from './en.js';" }));
    },
  };
}

function builtins(): Plugin {
  return {
    name: 'builtins',
    setup: (b) => {
      b.onResolve({ filter: /^(node:|(assert|async_hooks|buffer|child_process|crypto|diagnostics_channel|dns|events|fs|http|http2|net|os|path|perf_hooks|querystring|readline|stream|string_decoder|timers|tls|tty|url|util|v8|vm|worker_threads|zlib|console|module)($|\/))/ }, ({ path, kind }) => kind === 'import-statement' ? ({ path, namespace: 'b' }) : undefined);
      b.onLoad({ filter: /.*/, namespace: 'b' }, ({ path }) => ({ loader: 'js', contents: `module.exports = require(${JSON.stringify(path)})` }));
    },
  };
}
