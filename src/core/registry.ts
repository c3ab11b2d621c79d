/** The registry: a provider is a folder with an `index.ts`; nothing else names it. */
import { readdir } from 'node:fs/promises';
import type { NamedProvider, Provider } from '../model/declaration.ts';
import { checkDeclaration } from './check-declaration.ts';

export type Registry = ReadonlyMap<string, NamedProvider>;

/** The folder of the providers that come with the gateway. */
export const PROVIDERS_FOLDER = new URL('../../providers/', import.meta.url);

/**
 * Imports every provider folder and checks its declaration.
 * @throws {TypeError} naming the provider's author's mistake, not the user's.
 */
export async function loadProviders(folder: URL = PROVIDERS_FOLDER): Promise<Registry> {
  const names = await providerNames(folder);
  const providers = await Promise.all(names.map((name) => loadProvider(folder, name)));
  return new Map(providers.map((provider) => [provider.name, provider]));
}

export async function providerNames(folder: URL = PROVIDERS_FOLDER): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

async function loadProvider(folder: URL, name: string): Promise<NamedProvider> {
  const module = (await import(new URL(`${name}/index.ts`, folder).href)) as { default?: Provider };
  if (!module.default) throw new TypeError(`providers/${name}/index.ts has no default export.`);
  const mistakes = checkDeclaration(name, module.default);
  if (mistakes.length > 0) throw new TypeError(`providers/${name}/index.ts: ${mistakes.join(' ')}`);
  return { ...module.default, name };
}
