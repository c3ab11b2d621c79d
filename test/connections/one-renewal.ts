/** Several gateways on one database at the moment of expiry: for whichever database a test opens them on. */
import { expect } from 'vitest';
import { listSequences } from '../http/support.ts';
import { patientClock } from '../support/clock.ts';
import { openHouse, type House, type HouseOptions } from '../support/house.ts';
import { authorize, renewalsAt } from './account.ts';

const EACH = 25;

/**
 * Opens so many gateways, and sends 25 requests to each at the moment at which the access token has ended: the server is
 * asked once, and no request fails. Houses of one process share the clock and the sandbox; only the database is between them.
 */
export async function expectOneRenewal(name: string, options: HouseOptions, gateways: number): Promise<void> {
  const clock = patientClock();
  const first = await openHouse({ ...options, clock });
  const houses: House[] = [first];
  try {
    while (houses.length < gateways) houses.push(await first.beside());
    await authorize(first, name);
    for (let round = 1; round <= 3; round += 1) {
      // What each holds is warm, and then too old.
      for (const house of houses) expect((await listSequences(house, name)).status).toBe(200);
      clock.pass(40 * 24 * 3_600_000);
      if (name === 'outreach') clock.pass(-30 * 24 * 3_600_000);
      const answers = await Promise.all(
        Array.from({ length: EACH }, () => houses.map((house) => listSequences(house, name))).flat(),
      );
      expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
      expect(answers).toHaveLength(EACH * gateways);
      expect(renewalsAt(first, name)).toHaveLength(round);
      expect(first.sandbox(name).authorization?.tokens()).toMatchObject({ minted: round + 1, refresh: 1 });
    }
  } finally {
    for (const house of houses.toReversed()) await house.close();
  }
}
