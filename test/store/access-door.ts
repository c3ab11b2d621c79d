/** API keys and the audit through the door, on a server, in two processes. */
import { expect, test } from 'vitest';
import { as, auditOf, makeKey, revokeKey } from '../http/keys.ts';
import { createStep, openConnectedHouse, told } from '../http/support.ts';

export function accessDoor(newUrl: () => Promise<string>): void {
  test('a key made by one is known to the other, revoked by one, and both are in the audit', async () => {
    const house = await openConnectedHouse({ databaseUrl: await newUrl() });
    const other = await house.beside();
    try {
      const [made, own] = await Promise.all([makeKey(house, 'write'), makeKey(other, 'read', ['nobody'])]);
      for (const at of [house, other]) {
        expect((await createStep(as(at, made), { type: 'call' })).status).toBe(201);
        expect(((await as(at, own).ask('/operations')).json as { records: unknown[] }).records).toEqual([]);
        for (const odd of ['%00', '%F0%9F%94%91', "'", 'x'.repeat(3000)]) {
          expect(told(await revokeKey(at, odd))).toEqual(['API_KEY_NOT_FOUND']);
          expect((await at.ask(`/operations/${odd}`)).status).toBe(404);
          expect((await at.ask(`/audit?customer_id=${odd}`)).status).toBe(odd === "'" ? 200 : 400);
        }
      }
      expect((await revokeKey(house, made.id)).status).toBe(204);
      house.clock.pass(5_001);
      for (const at of [house, other]) expect((await as(at, made).ask('/providers')).status).toBe(401);
      await other.ask('/audit');
      expect(await auditOf(house, `key_id=${made.id}`)).toMatchObject([{ status: 201 }, { status: 201 }]);
      expect(await auditOf(other, `action=revokeApiKey&since=${new Date(0).toISOString()}`)).toHaveLength(9);
    } finally {
      await other.close();
      await house.close();
    }
  });
}
