/** Master keys: what the start says of them, and a rotation while gateways serve. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { REMEMBERED_MS } from '../../src/access/api-keys.ts';
import { rotateKeys, UNSEEN_MS } from '../../src/connections/rotate-keys.ts';
import { newKeyRing, openVault, parseKeyRing } from '../../src/connections/vault.ts';
import { createOperations } from '../../src/operations/operations.ts';
import { recentlyMade } from '../../src/operations/recently-made.ts';
import { rotateIn, rotationText } from '../../src/commands/rotate.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openKeyStore } from '../../src/store/key-store.ts';
import { openOperationStore } from '../../src/store/operation-store.ts';
import { migrate } from '../../src/store/migrations.ts';
import { openSealedRows } from '../../src/store/sealed-rows.ts';
import { SEALED_TABLES } from '../../src/store/sealed-tables.ts';
import { as, makeKey, revokeKey } from '../http/keys.ts';
import { bodyOf, errorsOf, createStep, listSequences, openConnectedHouse, putConnection } from '../http/support.ts';
import { CUSTOMER, type House } from '../support/house.ts';

const K1 = newKeyRing('k1');
const K2 = newKeyRing('k2');
const OLD = parseKeyRing(`${K1},${K2}`);
const NEW = parseKeyRing(`${K2},${K1}`);
const EMAIL = { type: 'auto_email', template: { subject: 'Hi', body: '<p>Hi</p>' } };

let folder: string;
let file: string;
let house: House;
let others: House[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-rotate-'));
  file = join(folder, 'stepgate.db');
  others = [];
  house = await openConnectedHouse({ databaseFile: file, keyRing: OLD });
});
afterEach(async () => {
  for (const each of others) await each.close();
  await house.close();
  rmSync(folder, { recursive: true });
});

async function beside(options: Parameters<House['beside']>[0]): Promise<House> {
  const opened = await house.beside(options);
  others.push(opened);
  return opened;
}

/** As if so much time had passed since the gateways last said what they seal with. */
const rotate = (keyRing = NEW, later = 0, giveUp?: string) =>
  rotateIn(
    { database: { file }, keyRing },
    { now: () => house.clock.now() + later, ...(giveUp === undefined ? {} : { giveUp }) },
  );

function sql(statement: string, ...values: string[]): readonly Readonly<Record<string, unknown>>[] {
  const database = new DatabaseSync(file);
  try {
    return database.prepare(statement).all(...values);
  } finally {
    database.close();
  }
}

/** How many values are sealed with the key, over all that is sealed. */
function sealedWith(id: string): number {
  return SEALED_TABLES.flatMap(({ table, columns }) =>
    columns.map((column) => sql(`select count(*) as n from ${table} where ${column} like 'v1.${id}.%'`)[0]?.['n']),
  ).reduce<number>((all, found) => all + Number(found), 0);
}

const keyed = (key: string) => ({ headers: { 'idempotency-key': key, prefer: 'wait=0' } });

test('every column that holds something sealed is rotated', async () => {
  const db = openSqlite(':memory:');
  await migrate(db);
  const held = (await db.introspection.getTables()).flatMap(({ name, columns }) =>
    columns.flatMap((column) => (column.name.startsWith('sealed') ? `${name}.${column.name}` : [])),
  );
  await db.destroy();
  const rotated = SEALED_TABLES.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`));
  expect(rotated.toSorted()).toEqual(held.toSorted());
});

describe('a rotation', () => {
  test('seals everything again, and then nothing needs the old key', async () => {
    const first = await createStep(house, EMAIL, keyed('one'));
    house.sandbox('outreach').addFault({
      match: { method: 'POST', path: /sequenceTemplates/ },
      fault: { kind: 'reset', at: 'before_commit' },
      nth: 1,
      times: 1,
    });
    expect((await createStep(house, EMAIL, keyed('two'))).status).toBe(502);
    const before = sealedWith('k1');
    expect(before).toBeGreaterThan(10);

    expect(await rotate(NEW, UNSEEN_MS + 1)).toMatchObject({
      active: 'k2',
      resealed: before,
      unreadableCount: 0,
      retired: ['k1'],
      kept: [],
    });
    expect([sealedWith('k1'), sealedWith('k2')]).toEqual([0, before]);
    expect(await rotate()).toMatchObject({ resealed: 0, retired: [], kept: [] });

    const after = await beside({ keyRing: parseKeyRing(K2) });
    expect((await listSequences(after, 'salesloft')).status).toBe(200);
    const replayed = await createStep(after, EMAIL, keyed('one'));
    expect([replayed.text, replayed.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
    house.clock.pass(61_000);
    expect((await createStep(after, EMAIL, keyed('two'))).status).toBe(201);
  });

  test('loses nothing of what two gateways write meanwhile, with either key', async () => {
    const newer = await beside({ keyRing: NEW });
    for (let at = 0; at < 300; at += 1)
      await putConnection(house, 'apollo', 'api_key', `filler-key-${String(at)}`, `c${String(at)}`);
    const written: { readonly key: string; readonly text: string; readonly id: string }[] = [];
    let isRotating = true;
    const write = async (by: House, name: string): Promise<void> => {
      for (let at = 0; isRotating || at < 5; at += 1) {
        const key = `${name}-${String(at)}`;
        const answer = await createStep(by, EMAIL, keyed(key));
        expect(answer.status, answer.text).toBe(201);
        written.push({ key, text: answer.text, id: bodyOf(answer).record?.id ?? '' });
        await putConnection(by, 'salesloft', 'access_token', `token-of-${key}`, name);
        await turn();
      }
    };
    const rotating = (async () => {
      for (let times = 0; times < 5; times += 1) await rotate();
      isRotating = false;
    })();
    await Promise.all([rotating, write(house, 'older'), write(newer, 'newer')]);

    // The older one still seals with k1, and is told of.
    const still = await rotate();
    expect(still.unreadableCount).toBe(0);
    expect(still.kept).toEqual([{ id: 'k1', because: expect.stringContaining('still seals with k1') as string }]);
    expect((await rotate(NEW, UNSEEN_MS + 1)).retired).toEqual(['k1']);
    const after = await beside({ keyRing: parseKeyRing(K2) });
    for (const { key, text } of written) {
      const replayed = await createStep(after, EMAIL, keyed(key));
      expect([replayed.text, replayed.headers.get('idempotent-replayed')], key).toEqual([text, 'true']);
    }
    expect(new Set(written.map(({ id }) => id)).size).toBe(written.length);
    for (const name of ['older', 'newer', 'c0', 'c299'])
      expect(sql('select quarantined_at from connections where customer_id = ?', name)).toEqual([
        { quarantined_at: null },
      ]);
    expect(sealedWith('k1')).toBe(0);
  });

  test('does not keep a refused credential from being marked', async () => {
    expect((await listSequences(house, 'outreach')).status).toBe(200);
    await rotate();
    house.sandbox('outreach').answerNext({ method: 'GET', path: /sequences/ }, { status: 401, body: { errors: [] } });
    expect((await listSequences(house, 'outreach')).status).toBe(424);
    const shown = await house.ask(`/customers/${CUSTOMER}/connections/outreach`);
    expect(shown.json).toMatchObject({ status: 'needs_reauth' });
  });

  test('is not undone by what a gateway had read of the journal before it', async () => {
    const sandbox = house.sandbox('outreach');
    const match = { method: 'POST', path: /sequenceTemplates/ };
    sandbox.addFault({
      match,
      fault: { kind: 'answer', at: 'before_commit', status: 403, body: {} },
      nth: 1,
      times: 1,
    });
    expect((await createStep(house, EMAIL, keyed('one'))).status).toBe(424);
    house.clock.pass(61_000);
    const db = openSqlite(file);
    const [clock, vault] = [house.clock, openVault(NEW)];
    const made = recentlyMade(clock);
    const operations = createOperations({ store: openOperationStore(db), vault, clock, owner: 'newer', made });
    const [row] = sql("select id from operations where status = 'open'");
    const resumed = await operations.resume(String(row?.['id']));
    await rotate();
    const result = { status: 201, record: { id: '1' }, warnings: [] } as const;
    resumed?.operation.item(0).finish(result);
    await resumed?.operation.release();
    await db.destroy();
    expect(sql('select item from operation_items where sealed_result is not null')).toHaveLength(1);
    expect(sealedWith('k1')).toBe(0);
  });

  test('does not put back what was replaced between reading and sealing', async () => {
    const db = openSqlite(file);
    const rows = openSealedRows(db);
    const overtaken: typeof rows = {
      ...rows,
      replace: async (...given) => {
        await putConnection(house, 'salesloft', 'access_token', 'a-newer-token-that-stays');
        return rows.replace(...given);
      },
    };
    await rotateKeys({ keys: openKeyStore(db), rows: overtaken, ring: NEW }, { now: () => house.clock.now() });
    await db.destroy();
    await listSequences(await beside({ keyRing: OLD }), 'salesloft');
    expect(house.sandbox('salesloft').calls().at(-1)?.headers['authorization']).toBe('Bearer a-newer-token-that-stays');
  });

  test('that is broken off goes on with what is left', async () => {
    for (let at = 0; at < 450; at += 1)
      await putConnection(house, 'apollo', 'api_key', `filler-key-${String(at)}`, `c${String(at)}`);
    const all = sealedWith('k1');
    const db = openSqlite(file);
    const broken = rotateKeys(
      { keys: openKeyStore(db), rows: openSealedRows(db), ring: NEW },
      {
        now: () => house.clock.now(),
        onProgress: () => {
          throw new Error('broken off');
        },
      },
    );
    await expect(broken).rejects.toThrow('broken off');
    await db.destroy();
    expect(sealedWith('k2')).toBe(200);
    expect((await listSequences(house, 'outreach')).status, 'both keys open').toBe(200);
    expect((await rotate()).resealed).toBe(all - 200);
    expect(sealedWith('k1')).toBe(0);
  });

  test('names what no key opens, puts the connection in quarantine, and goes on', async () => {
    await putConnection(house, 'apollo', 'api_key', 'a-damaged-credential', 'damaged');
    const [whole] = sql("select sealed from connections where customer_id = 'damaged'");
    const envelope = String(whole?.['sealed']);
    const flipped = `${envelope.slice(0, -2)}${envelope.at(-2) === 'A' ? 'B' : 'A'}${envelope.slice(-1)}`;
    sql("update connections set sealed = ? where customer_id = 'damaged'", flipped);
    const rotation = await rotate(NEW, UNSEEN_MS + 1);
    expect(rotation).toMatchObject({ unreadableCount: 1, retired: ['k1'], kept: [] });
    expect(rotation.unreadable).toEqual(['connections.sealed: customer_id damaged, provider apollo']);
    expect(sealedWith('k1')).toBe(1);
    const path = '/customers/damaged/connections/apollo';
    expect((await house.ask(path)).json).toMatchObject({ status: 'needs_reauth' });
    const refused = await listSequences(house, 'apollo', 'damaged');
    expect(errorsOf(refused)[0]?.code).toBe('CONNECTION_UNREADABLE');
    expect((await listSequences(house, 'apollo')).status).toBe(200);

    sql("update connections set sealed = ? where customer_id = 'damaged'", envelope);
    expect(await rotate()).toMatchObject({ resealed: 1, unreadableCount: 0 });
    expect((await house.ask(path)).json).toMatchObject({ status: 'active' });
  });

  test('without the old key marks nothing and keeps it, until it is given up', async () => {
    const only = parseKeyRing(K2);
    const forgotten = await rotate(only, UNSEEN_MS + 1);
    expect(forgotten.kept).toEqual([{ id: 'k1', because: expect.stringContaining('--give-up k1') as string }]);
    expect(forgotten.unreadableCount).toBe(sealedWith('k1'));
    expect(sql('select quarantined_at from connections where quarantined_at is not null')).toEqual([]);
    await expect(beside({ keyRing: only })).rejects.toThrow('k1 is missing');
    expect((await rotate(only, UNSEEN_MS + 1, 'k1')).retired).toEqual(['k1']);
    const after = await beside({ keyRing: only });
    expect((await after.ask(`/customers/${CUSTOMER}/connections/outreach`)).json).toMatchObject({
      status: 'needs_reauth',
    });
    await after.connect('outreach');
    expect((await listSequences(after, 'outreach')).status).toBe(200);
  });

  test.each([
    ['k9', /^--give-up k9: the database knows no such key, only k1(, k2)?; nothing was changed\.$/],
    ['k2', /^--give-up k2: this key is in STEPGATE_ENCRYPTION_KEYS, so it is not lost\./],
  ])('gives up no key that is unknown or there: %s', async (id, says) => {
    await expect(rotate(NEW, UNSEEN_MS + 1, id)).rejects.toThrow(says);
    expect(sealedWith('k2')).toBe(0);
  });

  test('that gives up a lost key lets API keys be made again, and revokes those that can never match', async () => {
    const [lost, alsoLost] = [await makeKey(house), await makeKey(house)];
    await revokeKey(house, alsoLost.id);
    // One that has the key in memory still.
    const older = house;
    const only = parseKeyRing(K2);
    expect((await rotate(only, 0, 'k1')).givenUp, 'a gateway seals with it').toMatchObject({ secrets: [] });
    const rotation = await rotate(only, UNSEEN_MS + 1, 'k1');
    expect(rotation.givenUp).toEqual({ id: 'k1', secrets: ['api_key_pepper'], revokedApiKeys: 1 });
    expect(rotationText(rotation)).toContain('1 stored API key was revoked');
    expect(sql("select target from audit where action = 'giveUpEncryptionKey' order by id desc limit 1")).toEqual([
      { target: 'k1, api_key_pepper, 1 API keys revoked' },
    ]);
    house.clock.pass(REMEMBERED_MS + 1);
    const after = await beside({ keyRing: only });
    for (const at of [after, older])
      expect((await as(at, lost).ask('/providers')).status, 'a lost key is unknown').toBe(401);
    const made = await makeKey(after);
    expect((await as(after, made).ask('/providers')).status).toBe(200);
    const shown = (await after.ask('/api_keys')).json as { records: { id: string; revoked_by?: string }[] };
    expect(shown.records.map(({ id, revoked_by }) => [id, revoked_by])).toEqual([
      [made.id, undefined],
      [alsoLost.id, 'env'],
      [lost.id, 'operator'],
    ]);
    // A gateway that has the new key too comes to know the new secret, though it had read the old one.
    const both = await beside({ keyRing: NEW });
    expect((await as(both, made).ask('/providers')).status).toBe(200);
    expect((await as(older, made).ask('/providers')).status).toBe(200);
    expect((await rotate(only, UNSEEN_MS + 1, 'k1')).givenUp).toMatchObject({ secrets: [], revokedApiKeys: 0 });
  });

  test('with another key under an id changes nothing', async () => {
    await expect(rotate(parseKeyRing(`${K2},${newKeyRing('k1')}`))).rejects.toThrow('key k1 is not the one');
    expect(sealedWith('k2')).toBe(0);
  });
});

describe('at the start', () => {
  test('a key that is there for later is not missed', async () => {
    const without = await beside({ keyRing: parseKeyRing(K1) });
    expect((await listSequences(without, 'outreach')).status).toBe(200);
    expect((await rotate(OLD)).retired).toEqual([]);
  });

  test('the keys of a database that is older than the register are asked for too', async () => {
    sql('delete from encryption_keys');
    await expect(beside({ keyRing: parseKeyRing(K2) })).rejects.toThrow(/k1 is missing.*[1-9]\d* stored values/);
    await expect(beside({ keyRing: parseKeyRing(newKeyRing('k1')) })).rejects.toThrow('k1 is not the one');
    expect((await listSequences(await beside({ keyRing: parseKeyRing(K1) }), 'outreach')).status).toBe(200);
  });

  test('a key that a gateway came back with is in use again', async () => {
    expect((await rotate(NEW, UNSEEN_MS + 1)).retired).toEqual(['k1']);
    await beside({ keyRing: OLD });
    await expect(beside({ keyRing: parseKeyRing(K2) })).rejects.toThrow('k1 is missing');
  });
});
