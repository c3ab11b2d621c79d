/** Everything that is asked of the stores, of whichever database. */
import { apiKeys, audit, secrets } from './access.ts';
import type { Suite } from './bench.ts';
import { authorizations } from './authorizations.ts';
import { budgets } from './budgets.ts';
import { connections } from './connections.ts';
import { commits } from './group-commit.ts';
import { keys } from './keys.ts';
import { migrations } from './migrations.ts';
import { operations } from './operations.ts';
import { turns } from './turns.ts';

export const STORES: Readonly<Record<string, Suite>> = {
  connections,
  authorizations,
  operations,
  turns,
  'API keys': apiKeys,
  secrets,
  audit,
  budgets,
  'group commit': commits,
  keys,
  migrations,
};
