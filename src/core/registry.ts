/** The registry: a provider is a folder with an `index.ts`; nothing else names it. */
import type { NamedProvider, Provider } from '../model/declaration.ts';
import { checkDeclaration } from './check-declaration.ts';
import { importOf, providerNames, PROVIDERS_FOLDER } from './provider-files.ts';

export type Registry = ReadonlyMap<string, NamedProvider>;

/**
 * Imports every provider folder and checks its declaration.
 * @throws {TypeError} naming the provider's author's mistake, not the user's.
 */
export async function loadProviders(folder: URL = PROVIDERS_FOLDER): Promise<Registry> {
  const names = await providerNames(folder);
  const providers = await Promise.all(names.map((name) => loadProvider(folder, name)));
  return new Map(providers.map((provider) => [provider.name, provider]));
}

async function loadProvider(folder: URL, name: string): Promise<NamedProvider> {
  const provider = (await importOf(folder, name, 'index')) as Provider | undefined;
  if (!provider) throw new TypeError(`providers/${name}/index.ts has no default export.`);
  const mistakes = checkDeclaration(name, provider);
  if (mistakes.length > 0) throw new TypeError(`providers/${name}/index.ts: ${mistakes.join(' ')}`);
  return { ...provider, name };
}
