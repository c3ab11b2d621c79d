import { describeFailing, describeProvider, failingWorlds, twoWorlds } from './contract/contract.ts';
import { loadSandboxModules } from '../src/dev/sandboxes.ts';

for (const [name, module] of await loadSandboxModules()) {
  for (const world of twoWorlds(module)) describeProvider(name, world);
  for (const world of failingWorlds(module)) describeFailing(name, world);
}
