/** Renewals that come to nothing, or may have come to something: told, not looped, and mended where they can be. */
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newKeyRing, parseKeyRing } from '../../src/connections/vault.ts';
import type { Fault } from '../../src/sandbox.ts';
import { connectionPath, errorsOf, listSequences, told } from '../http/support.ts';
import type { Answer } from '../support/answer.ts';
import { openHouse, type House } from '../support/house.ts';
import { authorize, renewalsAt } from './account.ts';

const HOUR = 3_600_000;
/** Its token endpoint gives another refresh token each time, and the one before is refused. */
const NAME = 'salesloft';
const MINTING = 'outreach';
const TOKEN = /\/oauth\/token$/;

/** The same over all that open the file. */
const keyRing = parseKeyRing(newKeyRing());

let folder = '';
let file = '';
let house: House;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-renewal-'));
  file = join(folder, 'house.db');
  house = await openHouse({ databaseFile: file, keyRing });
});
afterEach(async () => {
  await house.close();
  await rm(folder, { recursive: true });
});

const list = (name = NAME): Promise<Answer> => listSequences(house, name);

async function shown(name = NAME): Promise<unknown> {
  return (await house.ask(connectionPath(name))).json;
}

function strike(fault: Fault, name = NAME): void {
  house.sandbox(name).addFault({ match: { path: TOKEN }, fault });
}

/** As another program on the same file does it. */
function inDatabase(statement: string): void {
  const database = new DatabaseSync(file);
  database.exec(statement);
  database.close();
}

function expectPaused(answer: Answer, seconds: string): void {
  expect(told(answer), answer.text).toEqual(['CONNECTION_NOT_RENEWED']);
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe(seconds);
  expect(errorsOf(answer)[0]).toMatchObject({ meta: { origin: 'gateway', retriable: true } });
}

describe('the answer to a rotation is lost', () => {
  test('one more try after a pause, and then the reason is told', async () => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    const lostAt = new Date(house.clock.now()).toISOString();
    strike({ kind: 'reset', at: 'after_commit' });
    expectPaused(await list(), '60');
    house.clock.pass(59_999);
    expectPaused(await list(), '1');
    expect(renewalsAt(house, NAME)).toHaveLength(1);
    expect(await shown()).toMatchObject({ status: 'active' });

    house.clock.pass(1);
    const answer = await list();
    expect(told(answer)).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect(errorsOf(answer)[0]?.detail).toContain(`a renewal that was sent at ${lostAt} was lost`);
    expect(await shown()).toMatchObject({ status: 'needs_reauth' });
    await list();
    expect(renewalsAt(house, NAME)).toHaveLength(2);
  });

  test('while the old access token is good, it is used', async () => {
    await house.close();
    house = await openHouse({ databaseFile: file, keyRing, worlds: { [NAME]: { old_access_token: 'accepted' } } });
    const grant = await authorize(house, NAME);
    house.clock.pass(grant.expires_at - house.clock.now() - 200_000);
    strike({ kind: 'reset', at: 'after_commit' });
    for (const answer of [await list(), await list()]) expect(answer.status).toBe(200);
    expect(renewalsAt(house, NAME)).toHaveLength(1);
    house.clock.pass(199_999);
    // The pause is over: the one more try is made, and refused.
    expect(told(await list())).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect(renewalsAt(house, NAME)).toHaveLength(2);
  });

  test.each([
    ['a page', { kind: 'html', at: 'before_commit' }],
    ['JSON of another shape', { kind: 'wrong_type', at: 'before_commit' }],
    ['200 with an error', { kind: 'answer', at: 'before_commit', status: 200, body: { error: 'server_error' } }],
    ['500', { kind: 'answer', at: 'before_commit', status: 500, body: '' }],
    ['the end of the connection', { kind: 'reset', at: 'before_commit' }],
    ['half an answer', { kind: 'truncated' }],
  ] satisfies [string, Fault][])('%s: paused; what was not carried out succeeds later', async (_, fault) => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    strike(fault);
    expectPaused(await list(), '60');
    expectPaused(await list(), '60');
    expect(renewalsAt(house, NAME)).toHaveLength(1);
    house.clock.pass(60_000);
    const { status } = await list();
    expect(status).toBe(fault.kind === 'truncated' ? 424 : 200);
    expect(renewalsAt(house, NAME)).toHaveLength(2);
  });

  test('no answer at all', async () => {
    await house.close();
    const limits = { connectTimeoutMs: 1_000, answerTimeoutMs: 200, totalTimeoutMs: 400, maxAnswerBytes: 1_000_000 };
    house = await openHouse({ databaseFile: file, keyRing, limits });
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    strike({ kind: 'hang', at: 'before_commit' });
    expectPaused(await list(), '60');
    expect(renewalsAt(house, NAME)).toHaveLength(1);
  });

  test('the pause grows with the trouble, up to an hour', async () => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    const pauses: string[] = [];
    for (let round = 0; round < 9; round += 1) {
      strike({ kind: 'html', at: 'before_commit' });
      const seconds = (await list()).headers.get('retry-after') ?? '';
      pauses.push(seconds);
      house.clock.pass(3_600_000);
    }
    expect(pauses[0]).toBe('60');
    expect(renewalsAt(house, NAME)).toHaveLength(9);
    expect((await list()).status).toBe(200);
  });

  test('a process that ended in between: told once its lease is over, then tried once more', async () => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    const now = house.clock.now();
    inDatabase(
      `update connections set refresh_owner='gone', refresh_sent_at=${String(now)}, refresh_until=${String(now + 45_000)}`,
    );
    const busy = await list();
    expect(told(busy)).toEqual(['CONNECTION_NOT_RENEWED']);
    expect(house.clock.now() - now).toBeLessThanOrEqual(31_000);
    house.clock.pass(45_000);
    const unknown = await list();
    expect(told(unknown)).toEqual(['CONNECTION_NOT_RENEWED']);
    expect(errorsOf(unknown)[0]?.detail).toContain('ended before it could store the answer');
    expect(renewalsAt(house, NAME)).toHaveLength(0);
    house.clock.pass(60_000);
    expect((await list()).status).toBe(200);
    expect(renewalsAt(house, NAME)).toHaveLength(1);
  });
});

test('a token that is refused before its time: another process that renews is waited for as long as without one', async () => {
  await authorize(house, NAME);
  house.clock.pass(HOUR);
  const now = house.clock.now();
  inDatabase(
    `update connections set refresh_owner='other', refresh_sent_at=${String(now)}, refresh_until=${String(now + 45_000)}`,
  );
  house.sandbox(NAME).authorization?.revoke();
  expect(told(await list())).toEqual(['CONNECTION_NOT_RENEWED']);
  expect(house.clock.now() - now).toBeGreaterThan(28_000);
});

describe('proved not to have been carried out', () => {
  test('429: not before the server says so, and for one that mints once a minute not before that', async () => {
    await authorize(house, MINTING);
    house.clock.pass(3 * HOUR);
    const tooMany = { kind: 'answer', at: 'before_commit', status: 429, body: {} } as const;
    strike({ ...tooMany, headers: { 'retry-after': '7' } }, MINTING);
    expectPaused(await list(MINTING), '7');
    house.clock.pass(6_999);
    expectPaused(await list(MINTING), '1');
    house.clock.pass(1);
    strike(tooMany, MINTING);
    expectPaused(await list(MINTING), '60');
    expect(renewalsAt(house, MINTING)).toHaveLength(2);
    house.clock.pass(60_000);
    expect((await list(MINTING)).status).toBe(200);
  });

  test('a server that asks for a week is believed for an hour', async () => {
    await authorize(house, MINTING);
    house.clock.pass(3 * HOUR);
    const headers = { 'retry-after': '600000' };
    strike({ kind: 'answer', at: 'before_commit', status: 429, body: {}, headers }, MINTING);
    expectPaused(await list(MINTING), '3600');
    house.clock.pass(HOUR);
    expect((await list(MINTING)).status).toBe(200);
  });

  test('settings that the server refuses: the operator is told, and the connection is not marked', async () => {
    const { client_id } = house.sandbox(NAME).authorization?.client ?? { client_id: '' };
    const wrong = await house.beside({
      oauth: {
        clients: new Map([[NAME, { client_id, client_secret: 'a-wrong-secret' }]]),
        origins: house.reached.origins,
      },
    });
    const unset = await house.beside({ oauth: { clients: new Map(), origins: new Map() } });
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    for (const each of [wrong, unset]) {
      const answer = await listSequences(each, NAME);
      expect(told(answer), answer.text).toEqual(['OAUTH_MISCONFIGURED']);
      expect(answer.status).toBe(503);
      expect(errorsOf(answer)[0]?.detail).toContain('for the operator');
      expect(answer.text + each.logs.join('')).not.toContain('a-wrong-secret');
      expect(await shown()).toMatchObject({ status: 'active' });
      house.clock.pass(60_000);
    }
    expect((await list()).status).toBe(200);
    await Promise.all([wrong.close(), unset.close()]);
  });
});

describe('the new pair is stored before it is used', () => {
  const AWAY =
    "create trigger away before update of sealed on connections begin select raise(abort, 'the disk is full'); end";

  test('a store that fails: the pair is kept, not used, and stored later without asking again', async () => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    inDatabase(AWAY);
    for (const answer of [await list(), await list()]) {
      expect(told(answer)).toEqual(['STORE_UNAVAILABLE']);
      expect(answer.text).toContain('kept in memory');
    }
    const sandbox = house.sandbox(NAME);
    expect(sandbox.calls().filter(({ path }) => !path.endsWith('/oauth/token'))).toEqual([]);
    expect(renewalsAt(house, NAME)).toHaveLength(1);
    inDatabase('drop trigger away');
    expect((await list()).status).toBe(200);
    expect(renewalsAt(house, NAME)).toHaveLength(1);
    expect(sandbox.authorization?.tokens()).toMatchObject({ minted: 2, refresh: 1 });
  });

  test('the only good pair is stored also after another process has been refused with the old one', async () => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    inDatabase(AWAY);
    expect(told(await list())).toEqual(['STORE_UNAVAILABLE']);
    inDatabase('drop trigger away');
    const other = await house.beside();
    house.clock.pass(46_000);
    expect(told(await listSequences(other, NAME))).toEqual(['CONNECTION_NOT_RENEWED']);
    house.clock.pass(61_000);
    expect(told(await listSequences(other, NAME))).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect((await list()).status).toBe(200);
    expect(await shown()).toMatchObject({ status: 'active' });
    house.clock.pass(5_001);
    expect((await listSequences(other, NAME)).status).toBe(200);
    expect(house.sandbox(NAME).authorization?.tokens()).toMatchObject({ minted: 2 });
    await other.close();
  });

  test.each(['by its timer', 'at the end of the process'])('a store that is back: stored %s', async (when) => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    inDatabase(AWAY);
    const other = await house.beside();
    expect(told(await listSequences(other, NAME))).toEqual(['STORE_UNAVAILABLE']);
    inDatabase('drop trigger away');
    if (when === 'by its timer') await other.renewals.storeKept();
    else await other.renewals.settle();
    expect((await list()).status).toBe(200);
    expect(renewalsAt(house, NAME)).toHaveLength(1);
    await other.close();
  });

  test('at the end of the process no renewal begins, and what the store does not take is named', async () => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    inDatabase(AWAY);
    expect(told(await list())).toEqual(['STORE_UNAVAILABLE']);
    const before = house.clock.now();
    await house.renewals.settle();
    expect(house.clock.now() - before).toBeLessThanOrEqual(6_000);
    expect(house.logs.join('')).toContain('a new pair of tokens is lost');
    inDatabase('drop trigger away');
    await authorize(house, NAME, 'another');
    house.clock.pass(3 * HOUR);
    const answer = await listSequences(house, NAME, 'another');
    expect(told(answer)).toEqual(['CONNECTION_NOT_RENEWED']);
    expect(answer.text).toContain('is ending');
  });

  test('a store that is back within seconds: nobody notices', async () => {
    await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    inDatabase(AWAY);
    const waits = house.clock.waits.length;
    const wait = house.clock.wait.bind(house.clock);
    Object.assign(house.clock, {
      wait: (milliseconds: number) => {
        if (house.clock.waits.length === waits + 3) inDatabase('drop trigger away');
        return wait(milliseconds);
      },
    });
    expect((await list()).status).toBe(200);
    expect(renewalsAt(house, NAME)).toHaveLength(1);
  });

  test('who stores late stores nothing over what is newer', async () => {
    const grant = await authorize(house, NAME);
    house.clock.pass(3 * HOUR);
    strike({ kind: 'delay', at: 'after_commit', ms: 50 });
    const late = list();
    await expect.poll(() => house.sandbox(NAME).authorization?.tokens().minted).toBe(2);
    const newer = {
      ...grant,
      access_token: house.sandbox(NAME).credentials.access_token ?? '',
      expires_at: grant.expires_at + 9 * HOUR,
    };
    await house.connections.putGrantWith(
      () => Promise.resolve(true),
      { customer_id: 'my-customer-1', provider: NAME },
      newer,
    );
    expect((await late).status).toBe(200);
    expect(house.sandbox(NAME).calls().at(-1)?.headers['authorization']).toBe(`Bearer ${newer.access_token}`);
    expect(renewalsAt(house, NAME)).toHaveLength(1);
  });
});

describe('refresh tokens that die unused', () => {
  const DAY = 24 * HOUR;

  test('are renewed when half of their time is over, and not before', async () => {
    for (const customer of ['first', 'second']) await authorize(house, MINTING, customer);
    house.clock.pass(7 * DAY);
    await house.idle.look();
    expect(renewalsAt(house, MINTING)).toHaveLength(0);
    for (let week = 1; week <= 4; week += 1) {
      house.clock.pass(week === 1 ? 1 : 7 * DAY + 1);
      await house.idle.look();
      expect(renewalsAt(house, MINTING)).toHaveLength(2 * week);
    }
    expect((await listSequences(house, MINTING, 'first')).status).toBe(200);
  });

  test('more that cannot be opened than fit into one look do not keep the others from it', async () => {
    const columns = "'v1.k0.AAAA.AAAA.AAAA' as sealed, 1 as minted_at, 'x' as credentials_id";
    await authorize(house, MINTING, 'good');
    const database = new DatabaseSync(file);
    const row = database.prepare('select * from connections').get() ?? {};
    const names = Object.keys(row);
    const kept = names.filter((name) => !['customer_id', 'sealed', 'minted_at', 'credentials_id'].includes(name));
    const numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 150)';
    const listed = [...kept, 'customer_id', 'sealed', 'minted_at', 'credentials_id'].join(', ');
    database.exec(
      `${numbers} insert into connections (${listed}) select ${kept.join(', ')}, 'bad' || i, ${columns} from connections, n`,
    );
    database.close();
    house.clock.pass(8 * DAY);
    await house.idle.look();
    expect(renewalsAt(house, MINTING)).toHaveLength(1);
  });

  test('a dead one is not tried again', async () => {
    await authorize(house, MINTING);
    house.sandbox(MINTING).authorization?.revoke();
    house.clock.pass(8 * DAY);
    await house.idle.look();
    await house.idle.look();
    expect(renewalsAt(house, MINTING)).toHaveLength(1);
    expect(await shown(MINTING)).toMatchObject({ status: 'needs_reauth' });
    const { records } = (await house.ask('/audit')).json as { records: readonly { action: string; outcome: string }[] };
    expect(records.filter(({ action }) => action === 'markConnection')).toMatchObject([
      { key_id: 'gateway', outcome: 'needs_reauth', customer_id: 'my-customer-1', provider_name: MINTING },
    ]);
  });
});
