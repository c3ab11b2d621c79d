import { describeFailing, describeProvider, failingWorlds, twoWorlds } from './contract/contract.ts';
import { subjects } from './contract/subjects.ts';

for (const { subject, module } of await subjects()) {
  for (const world of twoWorlds(module)) describeProvider(subject, world);
  if (!subject.creates) continue;
  for (const world of failingWorlds(module)) describeFailing(subject, world);
}
