/** Master keys where the database is a server: it may come late, and others hold locks. */
import { expect, test } from 'vitest';
import { newKeyRing, parseKeyRing } from '../../src/connections/vault.ts';
import type { Database } from '../../src/store/tables.ts';
import { openOperationStore } from '../../src/store/operation-store.ts';
import { openSealedRows } from '../../src/store/sealed-rows.ts';
import { SEALED_TABLES } from '../../src/store/sealed-tables.ts';
import { told } from '../http/support.ts';
import { cuttable } from '../support/cut.ts';
import { openHouse } from '../support/house.ts';
import { callRow, itemRow, operationRow } from './bench.ts';

export function keysOnAServer(newUrl: () => Promise<string>, first: () => Database, second: () => Database): void {
  const [K1, K2] = [parseKeyRing(newKeyRing('k1')), parseKeyRing(newKeyRing('k2'))];

  test('wrong keys are refused at the start', async () => {
    const databaseUrl = await newUrl();
    const house = await openHouse({ databaseUrl, keyRing: K1 });
    await house.connect('outreach');
    await house.close();
    await expect(openHouse({ databaseUrl, keyRing: K2 })).rejects.toThrow(/k1 is missing.*1 stored value is sealed/);
    await expect(openHouse({ databaseUrl, keyRing: parseKeyRing(newKeyRing('k1')) })).rejects.toThrow(
      'k1 is not the one',
    );
  });

  test('wrong keys of a database that comes late: nothing is served from it, and the log says which', async () => {
    const line = await cuttable(await newUrl());
    const right = await openHouse({ databaseUrl: line.url, keyRing: K1 });
    await right.connect('outreach');
    await right.close();
    await line.cut();
    const house = await openHouse({ databaseUrl: line.url, keyRing: K2 });
    await line.mend();
    await expect.poll(() => house.logs.join(''), { timeout: 15_000 }).toMatch(/k1 is missing.*cannot be used/);
    for (const path of ['/readyz', '/customers/my-customer-1/connections/outreach']) {
      const answer = await house.ask(path);
      expect([answer.status, told(answer)]).toEqual([503, ['STORE_UNAVAILABLE']]);
    }
    await house.close();
    await line.cut();
  });

  test('a rotation waits for nobody while it holds rows: what is locked is left to the next pass', async () => {
    const row = operationRow('op');
    const calls = [0, 1].map((position) => callRow('op', { position, sealed_answer: 'before' }));
    await openOperationStore(first()).write([{ begin: { row } }, { items: [itemRow('op')], calls }]);
    const table = SEALED_TABLES.find(({ table: name }) => name === 'operation_calls');
    if (!table) throw new Error('There is no such table.');
    const rows = openSealedRows(second());
    const replacements = [0, 1].map((position) => {
      return { key: ['op', 0, position], column: 'sealed_answer', before: 'before', after: 'after' };
    });
    await first()
      .transaction()
      .execute(async (transaction) => {
        const changed = transaction.updateTable('operation_calls').set({ answered_at: 5 });
        await changed.where('operation_id', '=', 'op').where('position', '=', 1).execute();
        expect(await rows.replace(table, replacements)).toBe(1);
      });
    expect(await rows.replace(table, replacements)).toBe(1);
    const whole = await openOperationStore(first()).get('op');
    expect(whole?.calls).toMatchObject([{ sealed_answer: 'after' }, { sealed_answer: 'after', answered_at: 5 }]);
  });
}
