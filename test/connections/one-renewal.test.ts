/** Two gateways on one SQLite file: one of them renews, and both use what it got. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { expectOneRenewal } from './one-renewal.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-one-renewal-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each(['salesloft', 'apollo', 'zendesk_sell', 'outreach'])(
  '%s: 50 requests at the moment of expiry, one renewal, no failure',
  async (name) => {
    await expectOneRenewal(name, { databaseFile: join(folder, 'shared.db') }, 2);
  },
);
