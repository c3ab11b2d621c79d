/** A server that is away: told, nothing sent, and served again when it is back. */
import { afterEach, describe, expect, test } from 'vitest';
import { newKeyRing } from '../../src/connections/vault.ts';
import { startDatabase } from '../../src/store/database.ts';
import { DatabaseLost, DatabaseUnusable, isRefusal } from '../../src/store/failures.ts';
import { bodyOf, createStep, openConnectedHouse, told } from '../http/support.ts';
import { cuttable, type Cuttable } from '../support/cut.ts';
import { API_KEY, openHouse, writesAmong, type House } from '../support/house.ts';
import { statement } from '../support/postgres.ts';
import { stepgate } from '../support/process.ts';

const CALL = { type: 'call' };
const EMAIL = { type: 'auto_email', template: { subject: 'Subject', body: '<p>Body</p>' } };
const PROVIDER = 'outreach';
const WITHIN = { timeout: 15_000 };

export function away(newUrl: () => Promise<string>): void {
  const houses: House[] = [];
  const lines: Cuttable[] = [];
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.close();
    for (const line of lines.splice(0)) await line.cut();
  });
  async function cuttableUrl(): Promise<Cuttable> {
    const line = await cuttable(await newUrl());
    lines.push(line);
    return line;
  }
  async function opened(databaseUrl: string, open = openConnectedHouse): Promise<House> {
    const house = await open({ databaseUrl });
    houses.push(house);
    return house;
  }
  const keyed = (key = 'key-1') => ({ headers: { 'idempotency-key': key, prefer: 'wait=0' } });
  const sent = (house: House) => writesAmong(house.sandbox(PROVIDER).calls());
  const ready = async (house: House) => (await house.ask('/readyz')).status;

  async function expectAway(house: House): Promise<void> {
    const before = house.sandbox(PROVIDER).calls().length;
    for (const asked of [house.ask('/readyz'), createStep(house, EMAIL, keyed()), createStep(house, CALL)]) {
      const answer = await asked;
      expect([answer.status, told(answer)], answer.text).toEqual([503, ['STORE_UNAVAILABLE']]);
      expect(answer.text).not.toContain('secret-of-the-server');
    }
    expect((await house.ask('/healthz')).status).toBe(200);
    expect(house.sandbox(PROVIDER).calls()).toHaveLength(before);
  }

  async function expectBack(house: House): Promise<void> {
    await expect.poll(() => ready(house), WITHIN).toBe(200);
    const answer = await createStep(house, EMAIL, keyed());
    expect(answer.status, answer.text).toBe(201);
  }

  describe('at the start', () => {
    test('it says so, answers 503, tries again, and serves when it comes', async () => {
      const line = await cuttableUrl();
      await line.cut();
      const house = await opened(line.url, openHouse);
      await expectAway(house);
      const [said = ''] = house.logs.filter((text) => text.includes('the database is away'));
      const { host, pathname } = new URL(line.url);
      expect(said).toContain(`"database":"${host}${pathname}"`);
      expect(said).toContain('ECONNREFUSED');
      expect(house.logs.join('')).not.toContain('secret-of-the-server');
      await line.mend();
      await expect.poll(() => ready(house), WITHIN).toBe(200);
      expect(house.logs.join('')).toContain('the database answers');
      await house.connect(PROVIDER);
      await expectBack(house);
    });

    test('it stops while it waits', async () => {
      const line = await cuttableUrl();
      await line.cut();
      const told: string[] = [];
      const started = await startDatabase({ url: line.url }, ({ state }) => told.push(state));
      await line.mend();
      await started.close();
      await started.ready;
      expect(told).not.toContain('back');
    });

    test.each([
      ['another password', (url: URL) => Object.assign(url, { password: 'wrong-secret' }), /does not take this user/],
      [
        'no such database',
        (url: URL) => Object.assign(url, { pathname: '/nothing_there' }),
        /create the database first/,
      ],
      [
        'no such user',
        (url: URL) => Object.assign(url, { username: 'nobody' }),
        /does not take this user|let this user in/,
      ],
      ['TLS', (url: URL) => withQuery(url, 'sslmode', 'verify-full'), /cannot be used .*does not support SSL/],
      ['a bad parameter', (url: URL) => withQuery(url, 'options', '-c statement_timeout=abc'), /cannot be used .*abc/],
    ])('%s is told at once, without the password', async (_what, change, says) => {
      const url = change(new URL(await newUrl())).href;
      const failed = await startDatabase({ url }, () => undefined).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(DatabaseUnusable);
      expect(String(failed)).toMatch(says);
      expect(String(failed)).toMatch(/^DatabaseUnusable: DATABASE_URL: 127\.0\.0\.1:\d+\//);
      expect(String(failed)).not.toContain('secret');
    });
  });

  test.each([
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, true],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, true],
    [{ code: 'EPROTO' }, true],
    [{ message: 'SASL: client password must be a string' }, true],
    [{ code: 'ECONNREFUSED' }, false],
    [{ code: 'EAI_AGAIN' }, false],
    [{ message: 'Connection terminated unexpectedly' }, false],
    [{ message: 'timeout expired' }, false],
  ])('%o is a refusal: %s', (said, refused) => {
    expect(isRefusal(new DatabaseLost('', { cause: Object.assign(new Error(), said) }))).toBe(refused);
  });

  test('"stepgate serve" starts before its database, says what it waits for, and becomes ready', async () => {
    const line = await cuttableUrl();
    await line.cut();
    const settings = { STEPGATE_ENCRYPTION_KEYS: newKeyRing(), STEPGATE_API_KEY: API_KEY, PORT: '0' };
    const serve = stepgate(['serve'], { ...settings, DATABASE_URL: line.url });
    await serve.printed(/the database is away/);
    const [, url = ''] = await serve.printed(/"url":"([^"]+)"/);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await line.mend();
    await serve.printed(/the database answers/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const { code, stderr } = await serve.stop('SIGTERM');
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('secret-of-the-server');
  });

  test('"stepgate serve" ends in one line where the server does not take its password', async () => {
    const url = Object.assign(new URL(await newUrl()), { password: 'wrong-secret' });
    const env = {
      STEPGATE_ENCRYPTION_KEYS: newKeyRing(),
      STEPGATE_API_KEY: API_KEY,
      PORT: '0',
      DATABASE_URL: url.href,
    };
    const { code, stderr } = await stepgate(['serve'], env).finished;
    expect([code, stderr.trim().split('\n').length], stderr).toEqual([1, 1]);
    expect(stderr).toContain('does not take this user and password');
    expect(stderr).not.toContain('wrong-secret');
  });

  describe('later', () => {
    test('its connections break: nothing is sent, and it recovers by itself', async () => {
      const line = await cuttableUrl();
      const house = await opened(line.url);
      expect((await createStep(house, CALL)).status).toBe(201);
      await line.cut();
      await expectAway(house);
      await line.mend();
      await expectBack(house);
    });

    test('it falls silent: it is given up after a while, and its connections are not used again', async () => {
      const line = await cuttableUrl();
      // What the URL says goes before the gateway's own 15 s.
      const house = await opened(`${line.url}?query_timeout=1500`);
      line.freeze();
      const answer = await createStep(house, EMAIL, keyed());
      expect([answer.status, told(answer)], answer.text).toEqual([503, ['STORE_UNAVAILABLE']]);
      expect(sent(house)).toEqual([]);
      await line.cut();
      await line.mend();
      await expectBack(house);
    });

    test('it ends all connections, idle and in use: the process lives, and the next requests are served', async () => {
      const url = await newUrl();
      const house = await opened(url);
      const end = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'stepgate' and datname = current_database()`;
      const asked = Promise.all(Array.from({ length: 8 }, (_, index) => createStep(house, CALL, keyed(`k${index}`))));
      for (let round = 0; round < 5; round += 1) await statement(url, end);
      for (const answer of await asked)
        if (answer.status !== 201) expect(answer.text).toMatch(/STORE_UNAVAILABLE|OUTCOME_NOT_RECORDED/);
      await expectBack(house);
    });

    // A commit of the turn comes first, and then the one before anything is sent.
    test('a first commit that is not answered: nothing is sent, nothing is left of it, and it can be sent again', async () => {
      const line = await cuttableUrl();
      const house = await opened(line.url);
      line.cutAfter('commit', 2);
      const answer = await createStep(house, EMAIL, keyed());
      expect([answer.status, told(answer)], answer.text).toEqual([503, ['STORE_UNAVAILABLE']]);
      expect(sent(house)).toEqual([]);
      expect(await statement(new URL(line.url).href, 'select id from operations')).toEqual([]);
      house.clock.pass(120_000);
      await house.recovery.look();
      expect(sent(house)).toEqual([]);
      const again = await createStep(house, EMAIL, keyed());
      expect(again.status, again.text).toBe(201);
      expect(sent(house)).toHaveLength(4);
    });

    test('an outcome that is not answered is written again, and nothing is there twice', async () => {
      const line = await cuttableUrl();
      const house = await opened(line.url);
      line.cutAfter('commit', 3);
      const first = await createStep(house, EMAIL, keyed());
      house.clock.pass(31_000);
      const again = await createStep(house, EMAIL, keyed());
      expect(again.status, `${first.text}\n${again.text}`).toBe(201);
      expect(bodyOf(again).record?.id).toBeDefined();
      expect(sent(house).filter(({ committed }) => committed)).toHaveLength(4);
    });
  });
}

function withQuery(url: URL, name: string, value: string): URL {
  url.searchParams.set(name, value);
  return url;
}
