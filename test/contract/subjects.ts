/** Every provider folder, with its sandbox. */
import { isNone } from '../../src/model/cell.ts';
import { loadProviders } from '../../src/core/registry.ts';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import type { SandboxModule } from '../../src/sandbox.ts';
import type { Subject } from './contract.ts';

export async function subjects(): Promise<readonly { readonly subject: Subject; readonly module: SandboxModule }[]> {
  const [registry, modules] = await Promise.all([loadProviders(), loadSandboxModules()]);
  return [...modules].map(([name, module]) => {
    const create = registry.get(name)?.can.create_steps;
    return { subject: { name, creates: create !== undefined && !isNone(create) }, module };
  });
}
