/** The store suite and the journal on PostgreSQL, and a server that goes away: the one file that starts a server. */
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { Database } from '../../src/store/tables.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { accessDoor } from './access-door.ts';
import { away } from './away.ts';
import { describeOn, emptyTables, openStarted } from './bench.ts';
import { journal } from './journal.ts';
import { keysOnAServer } from './keys-on-a-server.ts';
import { STORES } from './suite.ts';

let server: PostgresServer | undefined;
const newUrl = (): Promise<string> => (server ?? missing()).createDatabase();
const locate = async () => ({ url: await newUrl() });
let databases: readonly Database[] = [];
const at = (index: number) => (): Database => databases[index] ?? missing();

beforeAll(async () => {
  server = await startPostgres();
  const location = await locate();
  databases = [await openStarted(location), await openStarted(location)];
}, 60_000);
beforeEach(() => emptyTables(at(0)()));
afterAll(async () => {
  for (const db of databases) await db.destroy();
  await server?.close();
}, 60_000);

describeOn('PostgreSQL', { locate, first: at(0), second: at(1) }, STORES);
describe('the journal on PostgreSQL', () => {
  journal(newUrl);
});
describe('API keys and the audit on PostgreSQL', () => {
  accessDoor(newUrl);
});
describe('keys on PostgreSQL', () => {
  keysOnAServer(newUrl, at(0), at(1));
});
describe('PostgreSQL away', () => {
  away(newUrl);
});

function missing(): never {
  throw new Error('The server is started before the tests.');
}
