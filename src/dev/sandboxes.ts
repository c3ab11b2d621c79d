/** The sandboxes of all providers, found by folder like the providers themselves. */
import { PROVIDERS_FOLDER, providerNames } from '../core/registry.ts';
import type { Sandbox, SandboxModule } from '../sandbox.ts';

export type Sandboxes = ReadonlyMap<string, Sandbox>;

/** The sandbox module of each provider, by name. */
export async function loadSandboxModules(folder: URL = PROVIDERS_FOLDER): Promise<ReadonlyMap<string, SandboxModule>> {
  const names = await providerNames(folder);
  const modules = names.map(async (name) => {
    const module = (await import(new URL(`${name}/sandbox.ts`, folder).href)) as { default?: SandboxModule };
    if (!module.default) throw new TypeError(`providers/${name}/sandbox.ts has no default export.`);
    return [name, module.default] as const;
  });
  return new Map(await Promise.all(modules));
}
