/** The order in which test files begin, so that no core is idle in the end beside one that began too late. */
import { relative, sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes long, the longest first; the others follow, the larger ones first. */
const LONGEST = [
  'contract.test.ts',
  'cli.test.ts',
  'store/postgres.test.ts',
  'http/retries.test.ts',
  'connections/one-renewal.test.ts',
  'faults/kill.test.ts',
  'heap.test.ts',
  // Of the long lane, what mostly waits beside two that compute, and in the end those that keep all cores busy, each of them alone.
  'processes/sharing.long.test.ts',
  'faults/all.long.test.ts',
  'worlds/part-1.long.test.ts',
  'processes/kills.long.test.ts',
  'worlds/part-2.long.test.ts',
  'worlds/part-3.long.test.ts',
  'processes/away.long.test.ts',
  'worlds/part-4.long.test.ts',
  'processes/trouble.long.test.ts',
  'shutdown.long.test.ts',
  'processes/one-renewal.long.test.ts',
  'connections/one-renewal.long.test.ts',
  'faults/kills/part-1.long.test.ts',
  'faults/kills/part-2.long.test.ts',
  'faults/kills/part-3.long.test.ts',
  'faults/kills/part-4.long.test.ts',
];

/** Vitest itself takes one project after the other, and in each of them the largest files first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const name = relative(`${this.ctx.config.root}/test`, moduleId).replaceAll(sep, '/');
      const at = LONGEST.indexOf(name);
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
