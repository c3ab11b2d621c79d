/** The long lane: the suite in every world that differs from the default in one switch. */
import { describeProvider, everyWorld } from './contract/contract.ts';
import { subjects } from './contract/subjects.ts';

for (const { subject, module } of await subjects()) {
  for (const world of everyWorld(module)) describeProvider(subject, world);
}
