/** Credentials at rest: sealed, bound to whose they are, and opened by the keys that are live. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newKeyRing, parseKeyRing } from '../../src/connections/vault.ts';
import { openDoor, type Door } from './door.ts';
import { connectionPath, errorsOf, listSequences, putConnection, told } from './support.ts';

const KEYS = newKeyRing('k1');
const TOKEN = 'outreach-sandbox-token';

let folder: string;
let doors: Door[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-sealed-'));
  doors = [];
});
afterEach(async () => {
  for (const door of doors) await door.close();
  rmSync(folder, { recursive: true });
});

async function open(keys = KEYS): Promise<Door> {
  const door = await openDoor({ database: { file: join(folder, 'stepgate.db') }, keyRing: parseKeyRing(keys) });
  doors.push(door);
  return door;
}

/** Runs a statement on the file behind the gateway's back; answers with the number of rows that it changed. */
function behindItsBack(statement: string, ...values: string[]): number {
  const database = new DatabaseSync(join(folder, 'stepgate.db'));
  const { changes } = database.prepare(statement).run(...values);
  database.close();
  return Number(changes);
}

function sealedOf(customer: string): string {
  const database = new DatabaseSync(join(folder, 'stepgate.db'));
  const row = database.prepare('select sealed from connections where customer_id = ?').get(customer);
  database.close();
  return String(row?.['sealed']);
}

async function expectUnreadable(door: Door, customer: string, provider = 'outreach'): Promise<void> {
  const answer = await listSequences(door, provider, customer);
  expect(answer.status, answer.text).toBe(424);
  expect(told(answer)).toEqual(['CONNECTION_UNREADABLE']);
  expect(errorsOf(answer)[0]).toMatchObject({ meta: { origin: 'gateway', provider, retriable: false } });
  expect(errorsOf(answer)[0]?.detail).not.toMatch(/Unsupported state|authenticate|cipher|envelope|k\d/i);
  expect(door.sandbox(provider).calls()).toEqual([]);
}

test('no file of the database has the secret, in no common encoding', async () => {
  const door = await open();
  const secret = 'a-very-secret-token-0123456789';
  await putConnection(door, 'outreach', 'access_token', 'an-older-token-0123456789', 'sealed');
  await putConnection(door, 'outreach', 'access_token', secret, 'sealed');
  const files = readdirSync(folder);
  const bytes = Buffer.concat(files.map((file) => readFileSync(join(folder, file))));
  expect(bytes.includes('sealed')).toBe(true);
  for (const hidden of [secret, 'an-older-token-0123456789', KEYS.slice(3)]) {
    for (const encoding of ['utf8', 'utf16le'] as const)
      expect(bytes.includes(Buffer.from(hidden, encoding))).toBe(false);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      expect(bytes.includes(Buffer.from(hidden).toString(encoding).replace(/=+$/, '').slice(0, -2))).toBe(false);
    }
  }
});

test('the same secret is sealed differently each time, and under the id of its key', async () => {
  const door = await open();
  await putConnection(door, 'outreach', 'access_token', TOKEN, 'first');
  await putConnection(door, 'outreach', 'access_token', TOKEN, 'second');
  const before = sealedOf('first');
  await putConnection(door, 'outreach', 'access_token', TOKEN, 'first');
  expect(new Set([before, sealedOf('first'), sealedOf('second')]).size).toBe(3);
  expect(before).toMatch(/\bk1\b/);
});

test('a row that is moved to another customer cannot be opened', async () => {
  const door = await open();
  await putConnection(door, 'outreach', 'access_token', TOKEN, 'victim');
  expect(behindItsBack("update connections set customer_id = 'thief' where customer_id = 'victim'")).toBe(1);
  await expectUnreadable(door, 'thief');
  expect((await door.ask(connectionPath('outreach', 'thief'))).status).toBe(200);
  await putConnection(door, 'outreach', 'access_token', TOKEN, 'thief');
  expect((await listSequences(door, 'outreach', 'thief')).status).toBe(200);
});

test('a row that is moved to another provider cannot be opened', async () => {
  const door = await open();
  await putConnection(door, 'outreach', 'access_token', TOKEN, 'moved');
  expect(behindItsBack("update connections set provider = 'salesloft' where customer_id = 'moved'")).toBe(1);
  await expectUnreadable(door, 'moved', 'salesloft');
});

test("another row's envelope cannot be opened", async () => {
  const door = await open();
  await putConnection(door, 'outreach', 'access_token', TOKEN, 'victim');
  await putConnection(door, 'outreach', 'access_token', 'a-token-of-the-thief', 'thief');
  expect(behindItsBack("update connections set sealed = ? where customer_id = 'thief'", sealedOf('victim'))).toBe(1);
  await expectUnreadable(door, 'thief');
});

test('an envelope that was changed cannot be opened', async () => {
  const door = await open();
  await putConnection(door, 'outreach', 'access_token', TOKEN, 'changed');
  const sealed = sealedOf('changed');
  const parts = sealed.split('.');
  const flip = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
  const changed = [
    ...parts.map((_, index) => parts.map((part, at) => (at === index ? flip(part) : part)).join('.')),
    ...parts.map((_, index) => parts.filter((__, at) => at !== index).join('.')),
    ...parts.map((_, index) => parts.map((part, at) => (at === index ? '' : part)).join('.')),
    parts.map((part, at) => (at === 3 ? part.slice(0, 6) : part)).join('.'),
    '',
    'v1',
    `${sealed}x`,
    TOKEN,
  ];
  const store = (envelope: string): number =>
    behindItsBack("update connections set sealed = ? where customer_id = 'changed'", envelope);
  for (const envelope of changed) {
    expect(store(envelope)).toBe(1);
    await expectUnreadable(door, 'changed');
  }
  store(sealed);
  expect((await listSequences(door, 'outreach', 'changed')).status).toBe(200);
});

test('two keys may be live: the first seals, both open', async () => {
  const first = await open();
  await putConnection(first, 'outreach', 'access_token', TOKEN, 'old');
  const both = await open(`${newKeyRing('k2')},${KEYS}`);
  expect((await listSequences(both, 'outreach', 'old')).status).toBe(200);
  await putConnection(both, 'outreach', 'access_token', TOKEN, 'new');
  expect(sealedOf('old')).toMatch(/\bk1\b/);
  expect(sealedOf('new')).toMatch(/\bk2\b/);
  expect((await listSequences(both, 'outreach', 'new')).status).toBe(200);
});

test('without its key, or with another under its id, a connection cannot be opened, and can be stored again', async () => {
  const first = await open();
  await putConnection(first, 'outreach', 'access_token', TOKEN, 'lost');
  await expectUnreadable(await open(newKeyRing('k2')), 'lost');
  const other = await open(newKeyRing('k1'));
  await expectUnreadable(other, 'lost');
  await putConnection(other, 'outreach', 'access_token', TOKEN, 'lost');
  expect((await listSequences(other, 'outreach', 'lost')).status).toBe(200);
});

test('what is stored survives the gateway', async () => {
  const first = await open();
  await putConnection(first, 'outreach', 'access_token', TOKEN, 'kept');
  const shown = (await first.ask(connectionPath('outreach', 'kept'))).json;
  doors = [];
  await first.close();
  const second = await open();
  expect((await second.ask(connectionPath('outreach', 'kept'))).json).toEqual(shown);
  expect((await listSequences(second, 'outreach', 'kept')).status).toBe(200);
});
