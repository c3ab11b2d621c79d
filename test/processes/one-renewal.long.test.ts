/** Four processes at the moment at which an access token ends: the authorisation server is asked once, and nobody fails. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirm, walk } from '../http/consent.ts';
import { tenant } from '../http/support.ts';
import { openFleet, type Fleet } from '../support/fleet.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { serveSandboxes, type ServedSandboxes } from '../support/served-sandboxes.ts';
import type { Answer } from '../support/answer.ts';

const SIZE = 4;
const AT_ONCE = 50;
const DAY_MS = 24 * 3_600_000;
/** All access tokens have ended by then, and no refresh token. */
const STEP_MS = { salesloft: DAY_MS, outreach: DAY_MS, apollo: 31 * DAY_MS } as const;

let server: PostgresServer;
let served: ServedSandboxes;
let fleet: Fleet;
let aheadMs = 0;

beforeAll(async () => {
  [server, served] = await Promise.all([startPostgres(), serveSandboxes(() => Date.now() + aheadMs)]);
  fleet = await openFleet({ size: SIZE, databaseUrl: await server.createDatabase(), env: served.env });
}, 60_000);
afterAll(async () => {
  await fleet.close();
  await served.close();
  await server.close();
});

test.each(Object.entries(STEP_MS))(
  '%s: 50 requests at four processes, one renewal, no failure, three times over',
  async (provider, step) => {
    const customer = `customer-of-${provider}`;
    const house = { sandbox: (name: string) => served.sandbox(name), ask: answered };
    const confirmed = await confirm(house, await walk(house, { provider, customer }), { provider, customer });
    expect(confirmed.status, confirmed.text).toBe(201);
    const { authorization } = served.sandbox(provider);
    const list = (place?: number): Promise<Answer> =>
      answered('/sequences', { headers: { ...tenant(provider), 'x-customer-id': customer } }, place);
    for (let round = 1; round <= 3; round += 1) {
      // What each process holds is warm, and then too old.
      for (let place = 0; place < SIZE; place += 1) expect((await list(place)).status).toBe(200);
      aheadMs += step;
      await fleet.setAhead(aheadMs);
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => list()));
      expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
      expect(authorization?.tokens(), `round ${round}`).toMatchObject({ minted: round + 1, refresh: 1 });
    }
  },
  60_000,
);

async function answered(...given: Parameters<Fleet['ask']>): Promise<Answer> {
  const answer = await fleet.ask(...given);
  if (!answer) throw new Error('The connection broke.');
  return answer;
}
