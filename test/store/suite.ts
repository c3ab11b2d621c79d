/** Everything that is asked of the stores, of whichever database. */
import type { Suite } from './bench.ts';
import { budgets } from './budgets.ts';
import { connections } from './connections.ts';
import { commits } from './group-commit.ts';
import { migrations } from './migrations.ts';
import { operations } from './operations.ts';
import { turns } from './turns.ts';

export const STORES: Readonly<Record<string, Suite>> = {
  connections,
  operations,
  turns,
  budgets,
  'group commit': commits,
  migrations,
};
