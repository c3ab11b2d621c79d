/**
 * Durable creates with an idempotency key on SQLite and on PostgreSQL, in one run and taking turns: `node test/load/stores.ts
 * --seconds 5 --rounds 4`. The gateway is called without a socket and the provider answers from this process, so that the
 * stores are what is compared. The server is a real one that syncs to disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { groupCommit } from '../../src/store/group-commit.ts';
import { startDatabase, type DatabaseLocation } from '../../src/store/database.ts';
import { openOperationStore } from '../../src/store/operation-store.ts';
import { callRow, itemRow, operationRow } from '../store/bench.ts';
import { startPostgres } from '../support/postgres.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    'at-once': { type: 'string', default: '1,16,64' },
  },
});
