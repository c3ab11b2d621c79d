/** The sandboxes of all providers, found by folder like the providers themselves. */
import { importOf, providerNames, PROVIDERS_FOLDER } from '../core/provider-files.ts';
import type { Sandbox, SandboxModule } from '../sandbox.ts';

export type Sandboxes = ReadonlyMap<string, Sandbox>;

/** The sandbox module of each provider, by name. */
export async function loadSandboxModules(folder: URL = PROVIDERS_FOLDER): Promise<ReadonlyMap<string, SandboxModule>> {
  const names = await providerNames(folder);
  const modules = names.map(async (name) => {
    const module = (await importOf(folder, name, 'sandbox')) as SandboxModule | undefined;
    if (!module) throw new TypeError(`providers/${name}/sandbox.ts has no default export.`);
    return [name, module] as const;
  });
  return new Map(await Promise.all(modules));
}
