/** Accounts that were connected by OAuth, in use: their tokens are renewed before they end and after a refusal, unseen. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadProviders } from '../../src/core/registry.ts';
import {
  allSteps,
  connectionPath,
  createStep,
  errorsOf,
  listSequences,
  putConnection,
  told,
  writesDone,
} from '../http/support.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, openHouse, type House } from '../support/house.ts';
import { authorize, authorizing, renewalsAt } from './account.ts';

let house: House;

beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const HOUR = 3_600_000;
const MARGIN = 300_000;
const NAMES = [...(await loadProviders()).values()].flatMap(({ name, oauth }) => ('token_url' in oauth ? [name] : []));
/** Its old access token dies with a renewal, and it mints one a minute. */
const STRICT = 'outreach';
/** Its dead grant has a name. */
const NAMED = 'salesloft';
const TOKEN = /\/oauth\/token$/;

function list(name = STRICT): Promise<Answer> {
  return listSequences(house, name);
}

async function shown(name = STRICT): Promise<unknown> {
  return (await house.ask(connectionPath(name))).json;
}

describe('before it ends', () => {
  test('a margin of five minutes, and not earlier', async () => {
    const grant = await authorize(house, STRICT);
    house.clock.pass(grant.expires_at - grant.minted_at - MARGIN - 1);
    expect((await list()).status).toBe(200);
    expect(renewalsAt(house, STRICT)).toHaveLength(0);
    house.clock.pass(1);
    expect((await list()).status).toBe(200);
    expect(renewalsAt(house, STRICT)).toHaveLength(1);
    const sent = house.sandbox(STRICT).calls().at(-1)?.headers['authorization'];
    expect(sent).not.toContain(grant.access_token);
    expect((await list()).status).toBe(200);
    expect(renewalsAt(house, STRICT)).toHaveLength(1);
  });

  test.each(NAMES)('%s: long after it has ended, again and again, with the newest refresh token', async (name) => {
    const days = 30;
    await authorize(house, name);
    for (let round = 1; round <= 3; round += 1) {
      house.clock.pass(days * 24 * HOUR - (name === STRICT ? 20 * 24 * HOUR : 0));
      expect((await list(name)).status, `round ${String(round)}`).toBe(200);
      expect(renewalsAt(house, name)).toHaveLength(round);
    }
    expect(house.sandbox(name).authorization?.tokens()).toMatchObject({ minted: 4, refresh: 1 });
  });

  test('what is shown: the kind, and no expiry, because it does not end for the caller', async () => {
    await authorize(house, STRICT);
    house.clock.pass(3 * HOUR);
    const connection = await shown();
    expect(connection).toMatchObject({ credential_type: 'oauth2', status: 'active' });
    expect(connection).not.toHaveProperty('expires_at');
    expect(connection).not.toHaveProperty('reauth_reason');
  });

  test('it opens what an access token opens, and no more', async () => {
    await authorize(house, 'apollo');
    expect((await list('apollo')).status).toBe(200);
    const answer = await createStep(house, { type: 'call' }, { provider: 'apollo' });
    expect(told(answer)).toEqual(['CONNECTION_NEEDS_API_KEY']);
  });

  test('other credentials take its place', async () => {
    await authorize(house, STRICT);
    await putConnection(house, STRICT, 'access_token', house.sandbox(STRICT).credentials.access_token);
    house.clock.pass(3 * HOUR);
    expect((await list()).status).toBe(200);
    expect(await shown()).toMatchObject({ credential_type: 'access_token' });
    expect(renewalsAt(house, STRICT)).toHaveLength(0);
  });
});

describe('after a refusal', () => {
  test('the call is sent once more with the new token', async () => {
    await authorize(house, STRICT);
    house.clock.pass(HOUR);
    house.sandbox(STRICT).authorization?.expireAccess();
    expect((await list()).status).toBe(200);
    expect(renewalsAt(house, STRICT)).toHaveLength(1);
    expect(await shown()).toMatchObject({ status: 'active' });
  });

  test.each([0, 1, 2])('in the middle of a write, at call %i: one step results', async (nth) => {
    await authorize(house, STRICT);
    house.clock.pass(HOUR);
    const before = allSteps(house).length;
    const path = [/\/templates$/, /\/sequenceSteps$/, /\/sequenceTemplates$/][nth] ?? /never/;
    const refusal = { kind: 'refusal', name: 'expired_token', at: 'before_commit' } as const;
    house.sandbox(STRICT).addFault({ match: { method: 'POST', path }, fault: refusal });
    const template = { subject: 'Hello', body: '<p>Hello</p>' };
    const answer = await createStep(house, { type: 'auto_email', template });
    expect(answer.status, answer.text).toBe(201);
    expect(allSteps(house)).toHaveLength(before + 1);
    expect(renewalsAt(house, STRICT)).toHaveLength(1);
    const made = writesDone(house, STRICT).filter((call) => !call.path.endsWith('/oauth/token'));
    const paths = made.map((call) => call.path.replace(/^.*\//, ''));
    expect(paths.slice(0, 3)).toEqual(['templates', 'sequenceSteps', 'sequenceTemplates']);
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('of a token that is new: it is told, and nothing is renewed', async () => {
    await authorize(house, STRICT);
    house.clock.pass(59_000);
    house.sandbox(STRICT).authorization?.expireAccess();
    const answer = await list();
    expect(told(answer)).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect(renewalsAt(house, STRICT)).toHaveLength(0);
    expect(await shown()).toMatchObject({
      status: 'needs_reauth',
      reauth_reason: expect.stringContaining('refused') as string,
    });
    house.clock.pass(1_000);
    expect((await list()).status).toBe(200);
    expect(await shown()).toMatchObject({ status: 'active' });
  });
});

describe('a grant that is dead', () => {
  test.each([STRICT, NAMED])(
    '%s: 424 that says why and what to do; not tried again until there is another',
    async (name) => {
      await authorize(house, name);
      house.clock.pass(3 * HOUR);
      house.sandbox(name).authorization?.revoke();
      for (const answer of [await list(name), await list(name)]) {
        expect(answer.status).toBe(424);
        expect(told(answer)).toEqual(['CONNECTION_NEEDS_REAUTH']);
        expect(errorsOf(answer)[0]).toMatchObject({ meta: { origin: 'gateway', retriable: false } });
        expect(errorsOf(answer)[0]?.detail).toContain('answered 400');
        expect(errorsOf(answer)[0]?.detail).toContain(`POST ${connectionPath(name)}/authorize`);
      }
      expect(renewalsAt(house, name)).toHaveLength(1);
      expect(await shown(name)).toMatchObject({
        status: 'needs_reauth',
        reauth_reason: expect.stringMatching(/^At 2026-\S+Z .*answered 400/) as string,
      });
      house.clock.pass(60_000);
      await authorize(house, name);
      expect((await list(name)).status).toBe(200);
      expect(await shown(name)).toMatchObject({ status: 'active' });
      expect(await shown(name)).not.toHaveProperty('reauth_reason');
    },
  );

  test('one that came without a refresh token ends with its access token', async () => {
    const { refresh_token: _, ...grant } = await authorize(house, NAMED);
    await house.connections.putGrantWith(
      () => Promise.resolve(true),
      { customer_id: CUSTOMER, provider: NAMED },
      grant,
    );
    house.clock.pass(grant.expires_at - grant.minted_at - 1);
    expect((await list(NAMED)).status).toBe(200);
    house.clock.pass(1);
    const answer = await list(NAMED);
    expect(told(answer)).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect(errorsOf(answer)[0]?.detail).toContain('no refresh token');
    expect(await shown(NAMED)).toMatchObject({ status: 'needs_reauth' });
    expect(renewalsAt(house, NAMED)).toHaveLength(0);
  });

  test('noticed while the access token is still good: nothing is called any more', async () => {
    const grant = await authorize(house, NAMED);
    house.clock.pass(grant.expires_at - grant.minted_at - MARGIN);
    const fault = { kind: 'answer', at: 'before_commit', status: 400, body: { error: 'invalid_grant' } } as const;
    house.sandbox(NAMED).addFault({ match: { path: TOKEN }, fault });
    expect(told(await list(NAMED))).toEqual(['CONNECTION_NEEDS_REAUTH']);
    const calls = house.sandbox(NAMED).calls().length;
    expect(told(await list(NAMED))).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect(house.sandbox(NAMED).calls()).toHaveLength(calls);
  });
});

describe('nothing secret is told', () => {
  test('whatever the server says: neither in an answer nor in the log', async () => {
    const { access_token, refresh_token = '' } = await authorize(house, STRICT);
    const { client_secret } = house.sandbox(STRICT).authorization?.client ?? { client_secret: '' };
    house.clock.pass(3 * HOUR);
    const told = `${access_token} ${refresh_token} ${client_secret}`;
    const body = { error: 'invalid_grant', error_description: told };
    house
      .sandbox(STRICT)
      .addFault({ match: { path: TOKEN }, fault: { kind: 'answer', at: 'before_commit', status: 400, body } });
    const answers = [await list(), await house.ask(connectionPath(STRICT))];
    const seen = [...answers.map(({ text }) => text), ...house.logs].join('\n');
    expect(seen).toContain('invalid_grant');
    for (const secret of [access_token, refresh_token, client_secret]) expect(seen).not.toContain(secret);
  });
});

test('every account that can be authorized is among them', () => {
  expect(authorizing(house).map(([name]) => name)).toEqual(NAMES);
});

describe('what a write began with', () => {
  const record = {
    type: 'auto_email',
    interval_seconds: 3600,
    template: { subject: 's', body: '<p>b</p>' },
  };
  const headers = { 'x-customer-id': CUSTOMER, 'x-provider-name': STRICT };

  test('other credentials that are stored meanwhile are not used for the rest of it', async () => {
    const grant = await authorize(house, STRICT);
    const fault = { kind: 'delay', at: 'after_commit', ms: 200 } as const;
    house.sandbox(STRICT).addFault({ match: { method: 'POST', path: /sequenceSteps/ }, fault });
    const writing = house.ask('/sequences/18/sequence_steps', { method: 'POST', headers, body: { record } });
    const posted = () =>
      house
        .sandbox(STRICT)
        .calls()
        .filter(({ method, path }) => method === 'POST' && path.includes('sequenceSteps'));
    await expect.poll(() => posted().length).toBeGreaterThan(0);
    const other = { ...grant, access_token: house.sandbox(STRICT).credentials.access_token ?? '' };
    await house.connections.putGrantWith(
      () => Promise.resolve(true),
      { customer_id: CUSTOMER, provider: STRICT },
      other,
    );
    await list();
    const before = house.sandbox(STRICT).calls().length;
    const answer = await writing;
    expect(told(answer), answer.text).toEqual(['CONNECTION_CHANGED']);
    expect(answer.status).toBe(409);
    expect(errorsOf(answer)[0]).toMatchObject({
      meta: { created: expect.arrayContaining([{ kind: 'sequence_step', id: '101' }]), retriable: false },
    });
    expect(house.sandbox(STRICT).calls()).toHaveLength(before);
  });
});

describe('a connection that the provider has refused', () => {
  test('a mark is lifted by the first call that succeeds with the same credentials', async () => {
    const key = { customer_id: CUSTOMER, provider: STRICT };
    const provider = house.registry.get(STRICT);
    if (!provider) throw new Error('no provider');
    await house.connect(STRICT);
    const held = await house.connections.credentialFor(key, provider, ['access_token']);
    await house.connections.setStatus(key, held, { status: 'needs_reauth', reason: 'It was refused.' });
    expect(await shown()).toMatchObject({ status: 'needs_reauth' });
    expect((await list()).status).toBe(200);
    expect(await shown()).toMatchObject({ status: 'active' });
  });

  test('it is said how this very connection is mended', async () => {
    const path = connectionPath(STRICT);
    const refused = { kind: 'answer', at: 'before_commit', status: 401, body: {} } as const;
    await house.connect(STRICT);
    house.sandbox(STRICT).addFault({ match: { method: 'GET' }, fault: refused });
    expect(errorsOf(await list())[0]?.detail).toContain(`Store new credentials with PUT ${path}.`);
    await authorize(house, STRICT);
    house.sandbox(STRICT).addFault({ match: { method: 'GET' }, fault: refused });
    expect(errorsOf(await list())[0]?.detail).toContain(`authorize it again: POST ${path}/authorize.`);
  });
});
