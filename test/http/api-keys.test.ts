/** The gateway's own keys: made, shown once, found again, revoked; and what becomes of them where the store or a key is away. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prefixOf } from '../../src/access/key-text.ts';
import { newKeyRing, parseKeyRing } from '../../src/connections/vault.ts';
import { rotateIn } from '../../src/commands/rotate.ts';
import { API_KEY, openHouse, type House } from '../support/house.ts';
import { as, makeKey, postKey, revokeKey, type MadeKey } from './keys.ts';
import { connectionPath, createStep, errorsOf, listSequences, told, writesDone } from './support.ts';

const KEYS = newKeyRing('k1');

let folder: string;
let house: House;
const opened: House[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-keys-'));
  house = await openHouse({ databaseFile: join(folder, 'stepgate.db'), keyRing: parseKeyRing(KEYS) });
  opened.push(house);
});
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
  rmSync(folder, { recursive: true });
});

async function another(options: Parameters<House['beside']>[0] = {}): Promise<House> {
  const other = await house.beside(options);
  opened.push(other);
  return other;
}

function sql(text: string): readonly Record<string, unknown>[] {
  const db = new DatabaseSync(join(folder, 'stepgate.db'));
  try {
    return db.prepare(text).all();
  } finally {
    db.close();
  }
}

const statusAs = async (at: House, key: Pick<MadeKey, 'api_key'>): Promise<number> =>
  (await as(at, key).ask('/providers')).status;

async function listed(at: House, query = ''): Promise<{ records: MadeKey[]; next: string | null }> {
  const { json } = await at.ask(`/api_keys${query}`);
  const { records, pagination } = json as { records: MadeKey[]; pagination: { next: string | null; previous: null } };
  expect(pagination.previous).toBeNull();
  return { records, next: pagination.next };
}

describe('a key', () => {
  test('is shown once, works at once, and says who made it', async () => {
    const answer = await postKey(house, { name: 'billing service', role: 'write', customers: ['a', 'b', 'a'] });
    expect([answer.status, answer.headers.get('cache-control')], answer.text).toEqual([201, 'no-store']);
    const { record, warnings } = answer.json as { record: MadeKey; warnings: unknown[] };
    const { api_key, ...shown } = record;
    expect(shown).toEqual({
      id: expect.any(String) as string,
      prefix: api_key.slice(0, 11),
      name: 'billing service',
      role: 'write',
      customers: ['a', 'b'],
      status: 'active',
      created_by: 'env',
      created_at: new Date(house.clock.now()).toISOString(),
    });
    expect(warnings).toEqual([]);
    expect(api_key).toMatch(/^sg_[a-z0-9]{8}_[A-Za-z0-9_-]{49}$/);
    expect(await statusAs(house, record)).toBe(200);
    expect(
      (await house.ask('/providers', { headers: { 'x-api-key': '', authorization: `Bearer ${api_key}` } })).status,
    ).toBe(200);
    const admin = await makeKey(house, 'admin');
    expect(await makeKey(as(house, admin), 'read')).toMatchObject({ created_by: admin.id });
    expect((await listed(house)).records).toContainEqual(shown);
  });

  test('is nowhere else: not in a list, a log or a file, in no common encoding', async () => {
    const { api_key } = await makeKey(house);
    const secret = api_key.slice(12);
    await as(house, { api_key }).ask(`/api_keys/${api_key}`, { method: 'DELETE' });
    await house.ask(`/api_keys/${api_key}`, { method: 'DELETE' });
    const files = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
    const shown = [...files, ...house.logs, (await house.ask('/api_keys')).text, (await house.ask('/audit')).text];
    for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64url')])
      expect(shown.filter((text) => text.includes(form)).length).toBe(0);
    // Nor is what its hash is made with, or that hash without it.
    const [kept] = sql(
      "select hash, (select sealed from secrets where name = 'api_key_pepper') as sealed from api_keys",
    );
    expect(kept?.['hash']).toMatch(/^[0-9a-f]{64}$/);
    expect(kept?.['sealed']).toMatch(/^v1\.k1\./);
  });

  test('no two are alike', async () => {
    const keys = await Promise.all(Array.from({ length: 50 }, () => makeKey(house)));
    for (const part of [(key: MadeKey) => key.api_key, ({ id }: MadeKey) => id, ({ prefix }: MadeKey) => prefix])
      expect(new Set(keys.map(part)).size).toBe(50);
    expect(keys.map(({ id }) => id)).toEqual(keys.map(({ id }) => id).toSorted());
  });

  test('that was mistyped is told from one that is not known without a look into the store', async () => {
    const { api_key } = await makeKey(house);
    for (let index = 0; index < api_key.length; index += 1) {
      const other = api_key[index] === 'a' ? 'b' : 'a';
      const wrong = api_key.slice(0, index) + other + api_key.slice(index + 1);
      expect(prefixOf(wrong), wrong).toBeUndefined();
      expect(await statusAs(house, { api_key: wrong })).toBe(401);
    }
    expect(prefixOf(api_key)).toBe(api_key.slice(3, 11));
  });

  test('of the right prefix with another secret is not known', async () => {
    const [one, other] = [await makeKey(house, 'admin'), await makeKey(house, 'admin')];
    sql(`update api_keys set prefix = 'aaaaaaaa' where id = '${one.id}' returning 1`);
    sql(`update api_keys set prefix = '${one.api_key.slice(3, 11)}' where id = '${other.id}' returning 1`);
    const answer = await as(house, one).ask('/providers');
    expect([answer.status, ...told(answer)]).toEqual([401, 'API_KEY_WRONG']);
  });
});

describe('making one', () => {
  test.each([
    [{ role: 'write' }, 'MISSING_KEY /name'],
    [{ name: 'x' }, 'MISSING_KEY /role'],
    [{ name: '', role: 'write' }, 'INVALID_VALUE /name'],
    [{ name: 'x'.repeat(101), role: 'write' }, 'INVALID_VALUE /name'],
    [{ name: 'a\nb', role: 'write' }, 'INVALID_VALUE /name'],
    [{ name: 'a\u202eb', role: 'write' }, 'INVALID_VALUE /name'],
    [{ name: 1, role: 'write' }, 'WRONG_TYPE /name'],
    [{ name: 'x', role: 'root' }, 'INVALID_VALUE /role'],
    [{ name: 'x', role: 'Admin' }, 'INVALID_VALUE /role'],
    [{ name: 'x', role: 'write', customers: [] }, 'INVALID_VALUE /customers'],
    [{ name: 'x', role: 'write', customers: 'a' }, 'WRONG_TYPE /customers'],
    [{ name: 'x', role: 'write', customers: null }, 'WRONG_TYPE /customers'],
    [{ name: 'x', role: 'write', customers: ['a', ''] }, 'INVALID_VALUE /customers/1'],
    [{ name: 'x', role: 'write', customers: ['*'] }, 'INVALID_VALUE /customers/0'],
    [{ name: 'x', role: 'write', customers: ['..'] }, 'INVALID_VALUE /customers/0'],
    [{ name: 'x', role: 'write', customers: ['é'] }, 'INVALID_VALUE /customers/0'],
    [
      { name: 'x', role: 'write', customers: Array.from({ length: 101 }, (_, n) => `c${n}`) },
      'INVALID_VALUE /customers',
    ],
    [{ name: 'x', role: 'admin', customers: ['a'] }, 'INVALID_VALUE /customers'],
    // Misspelt, it would make a key that reaches everybody.
    [{ name: 'x', role: 'write', customer: ['a'] }, 'INVALID_VALUE /customer'],
    [{ name: 'x', role: 'write', Customers: ['a'] }, 'INVALID_VALUE /Customers'],
  ])('%j is refused', async (body, problem) => {
    const answer = await postKey(house, body);
    expect(told(answer), answer.text).toEqual([problem]);
    expect((await listed(house)).records).toEqual([]);
  });

  test('in a list with pages, newest first', async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      house.clock.pass(1);
      made.unshift((await makeKey(house, 'read')).id);
    }
    const first = await listed(house, '?page_size=2');
    const second = await listed(house, `?page_size=2&cursor=${first.next ?? ''}`);
    const third = await listed(house, `?page_size=2&cursor=${second.next ?? ''}`);
    expect([first, second, third].map(({ records }) => records.map(({ id }) => id))).toEqual([
      made.slice(0, 2),
      made.slice(2, 4),
      made.slice(4),
    ]);
    expect(third.next).toBeNull();
    for (const query of ['?page_size=0', '?cursor=x', '?all=true'])
      expect((await house.ask(`/api_keys${query}`)).status).toBe(400);
  });
});

describe('revoking', () => {
  test('counts at once here, and in another process after 5 s at most', async () => {
    const key = await makeKey(house);
    const [never, other] = [await another(), await another()];
    for (const each of [house, other]) expect(await statusAs(each, key)).toBe(200);
    expect((await revokeKey(house, key.id)).status).toBe(204);
    expect(await statusAs(house, key)).toBe(401);
    expect(await statusAs(never, key)).toBe(401);
    house.clock.pass(5_000);
    expect(await statusAs(other, key)).toBe(200);
    house.clock.pass(1);
    expect(await statusAs(other, key)).toBe(401);
    expect((await listed(other)).records[0]).toMatchObject({ id: key.id, status: 'revoked', revoked_by: 'env' });
  });

  test('is not overtaken by a request that is under way', async () => {
    const key = await makeKey(house);
    const fresh = await another();
    const [, revoked] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => statusAs(fresh, key))),
      revokeKey(fresh, key.id),
    ]);
    expect(revoked.status).toBe(204);
    expect(await statusAs(fresh, key)).toBe(401);
  });

  test('again changes nothing; one that there is not is 404; that of the settings is no key of the store', async () => {
    const key = await makeKey(house);
    expect((await revokeKey(house, key.id)).status).toBe(204);
    const [before] = (await listed(house)).records;
    house.clock.pass(1000);
    expect((await revokeKey(house, key.id)).status).toBe(204);
    expect((await listed(house)).records).toEqual([before]);
    for (const id of ['nothing', '00000000-0000-4000-8000-000000000000', "' or 1=1"])
      expect(told(await revokeKey(house, encodeURIComponent(id)))).toEqual(['API_KEY_NOT_FOUND']);
    const settings = await revokeKey(house, 'env');
    expect([settings.status, ...told(settings)]).toEqual([422, 'API_KEY_IN_SETTINGS']);
    expect(errorsOf(settings)[0]?.detail).toContain('STEPGATE_API_KEY');
    expect((await house.ask('/providers')).status).toBe(200);
  });

  test('one can revoke itself, and is answered', async () => {
    const admin = await makeKey(house, 'admin');
    expect((await revokeKey(as(house, admin), admin.id)).status).toBe(204);
    expect(await statusAs(house, admin)).toBe(401);
  });
});

describe('what is remembered', () => {
  test('serves for its 5 s while the store is away; then it is 503, and not 401', async () => {
    const [known, unseen] = [await makeKey(house), await makeKey(house)];
    expect(await statusAs(house, known)).toBe(200);
    await house.close();
    expect(await statusAs(house, known)).toBe(200);
    const away = await as(house, unseen).ask('/providers');
    expect([away.status, ...told(away)]).toEqual([503, 'STORE_UNAVAILABLE']);
    expect(await statusAs(house, { api_key: 'sg_nonsense' })).toBe(401);
    house.clock.pass(5_001);
    expect(await statusAs(house, known)).toBe(503);
    expect((await house.ask('/providers')).status).toBe(200);
    opened.splice(0);
  });

  test('many requests with a new key ask the store once', async () => {
    const key = await makeKey(house);
    const other = await another();
    const answers = await Promise.all(Array.from({ length: 50 }, () => statusAs(other, key)));
    expect(new Set(answers)).toEqual(new Set([200]));
  });

  test('what was made after it was found to be unknown elsewhere is known there after 5 s', async () => {
    const key = await makeKey(house);
    sql(`update api_keys set revoked_at = 1 where id = '${key.id}' returning 1`);
    const other = await another();
    expect(await statusAs(other, key)).toBe(401);
    sql(`update api_keys set revoked_at = null where id = '${key.id}' returning 1`);
    expect(await statusAs(other, key)).toBe(401);
    house.clock.pass(5_001);
    expect(await statusAs(other, key)).toBe(200);
  });
});

describe('what the hashes are made with', () => {
  test('is made once, however many start at the same time', async () => {
    const houses = await Promise.all([another(), another(), another(), another()]);
    const keys = await Promise.all(houses.map((each) => makeKey(each)));
    for (const each of houses) for (const key of keys) expect(await statusAs(each, key)).toBe(200);
    expect(sql('select name from secrets')).toEqual([{ name: 'api_key_pepper' }]);
  });

  test('is sealed again with a new encryption key, and the API keys stay what they are', async () => {
    const key = await makeKey(house);
    const ring = newKeyRing('k2');
    const both = parseKeyRing(`${ring},${KEYS}`);
    expect(await statusAs(await another({ keyRing: both }), key)).toBe(200);
    const file = join(folder, 'stepgate.db');
    const later = (): number => house.clock.now() + 3_600_000;
    const { resealed } = await rotateIn({ database: { file }, keyRing: both }, { now: later });
    expect(resealed).toBe(1);
    expect(sql('select sealed from secrets')[0]?.['sealed']).toMatch(/^v1\.k2\./);
    const rotated = await another({ keyRing: both });
    expect(await statusAs(rotated, key)).toBe(200);
    const [noted] = ((await rotated.ask('/audit?action=rotateEncryptionKeys')).json as { records: object[] }).records;
    expect(noted).toMatchObject({ key_id: 'operator', target: 'k2', outcome: 'done' });
  });

  test("cannot be taken from another row, nor from a customer's envelope", async () => {
    const key = await makeKey(house);
    await house.connect('outreach');
    sql('update secrets set sealed = (select sealed from connections) returning 1');
    const other = await another();
    const refused = await as(other, key).ask('/providers');
    expect([refused.status, ...told(refused)]).toEqual([503, 'SECRET_UNREADABLE']);
    expect(errorsOf(refused)[0]?.detail).toContain('STEPGATE_ENCRYPTION_KEYS');
    // The operator's own key needs no secret: with it he can look at what is wrong.
    expect((await other.ask('/api_keys')).status).toBe(200);
  });

  test('without it the hashes say nothing: those of another pepper are not known', async () => {
    const key = await makeKey(house);
    sql('delete from secrets returning 1');
    const other = await another();
    expect(await statusAs(other, key)).toBe(401);
  });
});

test('writes with a key that was made are those of its maker', async () => {
  await house.connect('outreach');
  const key = await makeKey(house);
  const created = await createStep(as(house, key), { type: 'call' });
  expect(created.status, created.text).toBe(201);
  expect(writesDone(house)).toHaveLength(1);
  expect((await listSequences(as(house, key), 'outreach')).status).toBe(200);
  expect((await as(house, key).ask(connectionPath('outreach'))).status).toBe(200);
  expect(house.logs.some((line) => line.includes(`"key_id":"${key.id}"`))).toBe(true);
  expect(house.logs.some((line) => line.includes(API_KEY))).toBe(false);
});

describe('a key where something else belongs', () => {
  test('is in no answer, no log, no audit and no table', async () => {
    const { api_key: key, prefix } = await makeKey(house);
    const body = { credentials: { type: 'access_token', access_token: 'a-long-token-0123' } };
    const path = connectionPath('outreach', key);
    const answers = [
      await house.ask(path, { method: 'PUT', body }),
      await house.ask(path),
      await house.ask(`${path}/actions/test`, { method: 'POST' }),
      await house.ask(`${path}/authorize`, { method: 'POST', body: { return_url: 'https://app.example.com/' } }),
      await house.ask(connectionPath(key)),
      await listSequences(house, 'outreach', key),
      await listSequences(house, key),
      await createStep(house, { type: 'call' }, { headers: { 'x-customer-id': key, 'x-provider-name': 'outreach' } }),
      await postKey(house, { name: 'x', role: 'read', customers: [key] }),
      await revokeKey(house, key),
      await house.ask(`/operations/${key}`),
      await house.ask(`/operations/${key}/actions/resume`, { method: 'POST' }),
      await house.ask(`/${key}`),
      await house.ask(`/nowhere/${key}`, { method: 'POST', body: {} }),
      await house.ask('/healthz', { headers: { 'x-request-id': key } }),
    ];
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual([404, 404, 404, 404, 404, 400, 404, 400, 422, 404, 404, 404, 404, 404, 200]);
    const audit = (await house.ask('/audit')).text;
    const seen = answers.map((answer) => [answer.text, ...[...answer.headers].flat()].join(' '));
    for (const text of [...seen, ...house.logs, audit]) expect(text).not.toContain(key);
    expect(audit).toContain(`${prefix}_***`);
    for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file)).includes(key), file).toBe(false);
  });
});

test('an Idempotency-Key is refused where the answer is shown once, and nothing is made', async () => {
  const headers = { 'idempotency-key': 'one' };
  for (const [path, body] of [
    ['/api_keys', { name: 'x', role: 'read' }],
    [`${connectionPath('outreach')}/authorize`, { return_url: 'https://app.example.com/' }],
  ] as const) {
    const answer = await house.ask(path, { method: 'POST', headers, body });
    expect([answer.status, ...told(answer)]).toEqual([400, 'INVALID_HEADER idempotency-key']);
  }
  expect((await house.ask('/api_keys')).json).toMatchObject({ records: [] });
});
