/** Connecting an account while something goes wrong: the token endpoint, the store, the other process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../src/sandbox.ts';
import { openHouse, type House } from '../support/house.ts';
import { authorize, confirm, consent, look, newAuthorization, openBrowser, returnedWith, walk } from './consent.ts';
import { connectionPath, told } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-consent-'));
const LIMITS = { connectTimeoutMs: 1_000, answerTimeoutMs: 300, totalTimeoutMs: 500, maxAnswerBytes: 100_000 };
const customer = 'my-customer-1';
let count = 0;
let house: House;

beforeEach(async () => {
  count += 1;
  house = await openHouse({ limits: LIMITS, databaseFile: join(folder, `${String(count)}.db`) });
});
afterEach(() => house.close());
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function exchanges() {
  return house
    .sandbox('outreach')
    .calls()
    .filter(({ path }) => path === '/oauth/token');
}

describe('the token endpoint', () => {
  const answers = (status: number, body: unknown): Fault => ({ kind: 'answer', at: 'before_commit', status, body });
  test.each<[string, Fault, string]>([
    ['answers a page', { kind: 'html', at: 'before_commit' }, 'exchange_failed'],
    ['answers 200 with an error', answers(200, { error: 'invalid_grant' }), 'exchange_failed'],
    ['answers 200 without a token', answers(200, { token_type: 'Bearer' }), 'exchange_failed'],
    ['answers JSON of another shape', { kind: 'wrong_type', at: 'before_commit' }, 'exchange_failed'],
    ['never answers', { kind: 'hang', at: 'before_commit' }, 'exchange_failed'],
    ['never answers, and has granted', { kind: 'hang', at: 'after_commit' }, 'exchange_failed'],
    ['breaks off', { kind: 'reset', at: 'after_commit' }, 'exchange_failed'],
    ['answers half', { kind: 'truncated' }, 'exchange_failed'],
    ['fails', answers(500, { error: 'oops' }), 'exchange_failed'],
    ['redirects', { ...answers(302, ''), headers: { location: 'https://evil.example/' } } as Fault, 'exchange_failed'],
    ['refuses the code', answers(400, { error: 'invalid_grant' }), 'code_refused'],
    ['does not know the gateway', answers(401, { error: 'invalid_client' }), 'gateway_misconfigured'],
    ['is busy', answers(429, { error: 'slow_down' }), 'temporarily_unavailable'],
  ])('%s: told at the return URL, kept, and nothing is connected', async (_what, fault, error) => {
    house.sandbox('outreach').addFault({ match: { method: 'POST', path: /^\/oauth\/token/ }, fault });
    const returned = await walk(house, { customer });
    expect(returned).toEqual({ authorization_id: expect.any(String), error });
    expect(await look(house, returned.authorization_id)).toMatchObject({ status: 'failed', error });
    expect(exchanges(), 'a code is not sent twice').toHaveLength(1);
    expect((await house.ask(connectionPath('outreach', customer))).status).toBe(404);
    const line = house.logs.find((each) => each.includes('an account was not connected')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ provider: 'outreach', customer_id: customer, error });

    house.clock.pass(3_600_000);
    expect((await confirm(house, await walk(house))).status, 'beginning again').toBe(201);
  });
});

describe('two houses on one database', () => {
  test('begun in one, ended in the other', async () => {
    const other = await house.beside();
    const asked = await newAuthorization(house);
    const browser = openBrowser(other);
    const callback = await consent(other, browser, asked);
    const here = openBrowser({
      ask: (path, given = {}) => {
        const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
        return house.ask(path, { ...given, headers: { ...given.headers, cookie } });
      },
    });
    const returned = returnedWith(await here.open(callback));
    expect((await confirm(other, returned)).status).toBe(201);
    expect((await confirm(house, returned)).status).toBe(200);
    await other.close();
  });

  test('one callback opened in both at once: one exchange', async () => {
    const other = await house.beside();
    const turn = [house, other];
    let opened = 0;
    const browser = openBrowser({
      ask: (path, given) => {
        opened += 1;
        return (turn[opened % 2] ?? house).ask(path, given);
      },
    });
    const callback = await consent(house, browser, await newAuthorization(house));
    const pages = await Promise.all(Array.from({ length: 12 }, () => browser.open(callback)));
    expect(pages.map(({ status }) => status).toSorted()).toEqual([303, ...Array<number>(11).fill(410)]);
    expect(exchanges()).toHaveLength(1);
    await other.close();
  });
});

describe('what is kept', () => {
  const stored = (): string =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`${String(count)}.db`))
      .map((name) => readFileSync(join(folder, name)).toString('latin1'))
      .join('');

  test('holds nothing that opens a door, at any step', async () => {
    const browser = openBrowser(house);
    const asked = await newAuthorization(house);
    const callback = await consent(house, browser, asked);
    const { searchParams } = new URL(callback);
    const returned = returnedWith(await browser.open(callback));
    const held = stored();
    expect(held).toContain(asked.id);
    for (const secret of [
      asked.url.slice(-43),
      ...browser.cookies().values(),
      ...['state', 'code'].map((name) => searchParams.get(name) ?? name),
      returned.confirmation ?? '',
      'outreach-sandbox-access',
      'outreach-sandbox-refresh',
    ]) {
      expect(secret.length).toBeGreaterThan(8);
      expect(held).not.toContain(secret);
    }
  });

  test('is tidied: a grant that nobody confirms after ten minutes, the row after a day', async () => {
    const { authorization_id } = await walk(house);
    house.clock.pass(600_000);
    await house.recovery.look();
    expect(await look(house, authorization_id)).toMatchObject({ status: 'expired' });
    house.clock.pass(24 * 3_600_000);
    await house.recovery.look();
    expect(told(await house.ask(`${connectionPath('outreach')}/authorize/${authorization_id}`))).toEqual([
      'AUTHORIZATION_NOT_FOUND',
    ]);
  });
});

test('a store that is away is a page with 503 for a person, and JSON for a backend', async () => {
  const browser = openBrowser(house);
  const asked = await newAuthorization(house);
  const callback = await consent(house, browser, asked);
  const behindItsBack = new DatabaseSync(join(folder, `${String(count)}.db`));
  behindItsBack.exec('alter table authorizations rename to away');
  for (const page of [await browser.open(asked.url), await browser.submit(asked.url), await browser.open(callback)]) {
    expect(page.status).toBe(503);
    expect(page.headers.get('content-type')).toContain('text/html');
  }
  expect(exchanges()).toEqual([]);
  expect(told(await authorize(house))).toEqual(['STORE_UNAVAILABLE']);
  behindItsBack.exec('alter table away rename to authorizations');
  behindItsBack.close();
  expect(returnedWith(await browser.open(callback)), 'the state was not used up').toHaveProperty('confirmation');
});
