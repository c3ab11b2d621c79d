/** The suite in every world that differs from the default in one switch, in parts, which run beside each other. */
import { describeProvider, everyWorld } from '../contract/contract.ts';
import { subjects } from '../contract/subjects.ts';

const PARTS = 4;
/** What becomes of tokens that were minted, which `test/sandbox/oauth*` asks; this suite connects with fixed ones. */
const OF_TOKENS = /^(old_(access|refresh)_token|refresh_token)$/;

export async function describeWorlds(part: number): Promise<void> {
  let counted = 0;
  for (const { subject, module } of await subjects()) {
    for (const world of everyWorld(module)) {
      if (Object.keys(world.switches).some((name) => OF_TOKENS.test(name))) continue;
      counted += 1;
      if (counted % PARTS === part % PARTS) describeProvider(subject, world);
    }
  }
}
