/** The suite in every world that differs from the default in one switch, in parts: each runs in a process of its own. */
import { describeProvider, everyWorld } from '../contract/contract.ts';
import { subjects } from '../contract/subjects.ts';

const PARTS = 4;

export async function describeWorlds(part: number): Promise<void> {
  let counted = 0;
  for (const { subject, module } of await subjects()) {
    for (const world of everyWorld(module)) {
      counted += 1;
      if (counted % PARTS === part % PARTS) describeProvider(subject, world);
    }
  }
}
