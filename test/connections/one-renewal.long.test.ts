/** Four gateways on one PostgreSQL: one of them renews, and all use what it got. */
import { afterAll, beforeAll, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { expectOneRenewal } from './one-renewal.ts';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close());

test.each(['salesloft', 'outreach'])(
  '%s: 100 requests at the moment of expiry, one renewal, no failure',
  async (name) => {
    await expectOneRenewal(name, { databaseUrl: await server.createDatabase() }, 4);
  },
  60_000,
);
