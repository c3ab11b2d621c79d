/** The provider folders and what is in them. In the packed build a list that is made of the folder stands in the place of this module. */
import { readdir } from 'node:fs/promises';

/** The folder of the providers that come with the gateway. */
export const PROVIDERS_FOLDER = new URL('../../providers/', import.meta.url);

export async function providerNames(folder: URL = PROVIDERS_FOLDER): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** @returns what `<name>/<file>.ts` exports by default. */
export async function importOf(folder: URL, name: string, file: 'index' | 'sandbox'): Promise<unknown> {
  const module = (await import(new URL(`${name}/${file}.ts`, folder).href)) as { readonly default?: unknown };
  return module.default;
}
