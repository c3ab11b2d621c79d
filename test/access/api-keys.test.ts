/** What is remembered of a key: at once, once, bounded, and not beyond a revocation. */
import { expect, test } from 'vitest';
import { openApiKeys, REMEMBERED_MS, type ApiKeys } from '../../src/access/api-keys.ts';
import { hideKeys, newKeyText } from '../../src/access/key-text.ts';
import { newKeyRing, openVault, parseKeyRing } from '../../src/connections/vault.ts';
import type { ApiKeyRow } from '../../src/store/tables.ts';
import { testClock } from '../support/clock.ts';

const SETTINGS_KEY = 'the-key-of-the-settings-0123';

function open() {
  const clock = testClock();
  const rows: ApiKeyRow[] = [];
  const seen = { finds: 0 };
  let sealed: string | undefined;
  const held: (() => void)[] = [];
  let holds = false;
  const keys: ApiKeys = openApiKeys({
    store: {
      find: async (prefix) => {
        seen.finds += 1;
        const found = rows.find((row) => row.prefix === prefix && row.revoked_at === null);
        const copy = found && { ...found };
        if (holds) await new Promise<void>((resolve) => held.push(resolve));
        return copy;
      },
      add: (row) => Promise.resolve(rows.push(row) > 0),
      list: () => Promise.resolve(rows),
      revoke: (id, by, now) => {
        const row = rows.find((each) => each.id === id);
        Object.assign(row ?? {}, { revoked_at: now, revoked_by: by });
        return Promise.resolve(row !== undefined);
      },
    },
    secrets: { readOrKeep: (_name, make) => Promise.resolve((sealed ??= make())) },
    vault: openVault(parseKeyRing(newKeyRing())),
    settingsKey: SETTINGS_KEY,
    now: () => clock.now(),
  });
  const hold = (isHeld: boolean): void => {
    holds = isHeld;
    if (!isHeld) for (const wake of held.splice(0)) wake();
  };
  return { keys, clock, seen, hold };
}

test('the store is asked once for many, and again only after 5 s', async () => {
  const { keys, clock, seen } = open();
  const { row, text } = await keys.create({ name: 'x', role: 'read', customers: ['a'] }, 'env');
  expect(keys.recall(text)).toBeUndefined();
  const callers = await Promise.all(Array.from({ length: 50 }, () => keys.identify(text)));
  for (const caller of callers) expect(caller).toEqual({ id: row.id, role: 'read', customers: new Set(['a']) });
  expect(keys.recall(text)).toBe(callers[0]);
  clock.pass(REMEMBERED_MS);
  expect(keys.recall(text)).toBe(callers[0]);
  expect(seen.finds).toBe(1);
  clock.pass(1);
  expect(keys.recall(text)).toBeUndefined();
});

test('one that is not known is remembered too, and texts that are no keys are not asked for', async () => {
  const { keys, seen } = open();
  const { text } = newKeyText();
  expect([keys.recall(text), await keys.identify(text), keys.recall(text)]).toEqual([undefined, null, null]);
  for (const other of [
    '',
    'x',
    SETTINGS_KEY.slice(1),
    `${SETTINGS_KEY} `,
    text.slice(1),
    `${text}x`,
    'sg_'.repeat(5000),
  ])
    expect([keys.recall(other), await keys.identify(other)]).toEqual([null, null]);
  expect(seen.finds).toBe(1);
});

test('who tries out keys pushes no known one out', async () => {
  const { keys, seen } = open();
  const { text } = await keys.create({ name: 'x', role: 'read' }, 'env');
  await keys.identify(text);
  for (let tried = 0; tried < 10_100; tried += 1) await keys.identify(newKeyText().text);
  const before = seen.finds;
  expect(keys.recall(text)).toMatchObject({ role: 'read' });
  expect(seen.finds).toBe(before);
});

test('the key of the settings is the first admin, without the store, for as long as the gateway runs', () => {
  const { keys, clock, seen } = open();
  for (let time = 0; time < 3; time += 1) {
    expect(keys.recall(SETTINGS_KEY)).toEqual({ id: 'env', role: 'admin' });
    clock.pass(10_000);
  }
  expect(seen.finds).toBe(0);
});

test('what was read before a revocation is not remembered after it', async () => {
  const { keys, hold } = open();
  const { row, text } = await keys.create({ name: 'x', role: 'read' }, 'env');
  hold(true);
  const early = keys.identify(text);
  await keys.revoke(row.id, 'env');
  const late = keys.identify(text);
  hold(false);
  expect(await early).not.toBeNull();
  expect(await late).toBeNull();
  expect(keys.recall(text)).toBeNull();
});

test('what looks like a key is hidden, and told apart by its beginning', () => {
  const { text, prefix } = newKeyText();
  expect(hideKeys(`/api_keys/${text}`)).toBe(`/api_keys/sg_${prefix}_***`);
  expect(hideKeys(`/api_keys/${text.slice(0, -10)}/x`)).toBe(`/api_keys/sg_${prefix}_***/x`);
  expect(hideKeys('/x/sg_0123456789abcdefghijABCD')).toBe('/x/sg_***');
  expect(hideKeys('/sequences/18')).toBe('/sequences/18');
});
