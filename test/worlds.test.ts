/** The long lane: the suite in every world that differs from the default in one switch. */
import { describeProvider, everyWorld } from './contract/contract.ts';
import { loadSandboxModules } from '../src/dev/sandboxes.ts';

for (const [name, module] of await loadSandboxModules()) {
  for (const world of everyWorld(module)) describeProvider(name, world);
}
