/** In what the authorisation servers differ, as the facts have it; the sources are beside each sandbox's rules. */
import { describe, expect, test } from 'vitest';
import { RefusedInBrowser } from '../../src/sandbox.ts';
import { BACK, openAccount, type Account, type OAuthProvider } from './oauth.ts';

const DEAD = { status: 400, json: { error: 'invalid_grant' } };

async function connected(name: OAuthProvider, world: Readonly<Record<string, string>> = {}, scope?: string) {
  const account = openAccount(name, world);
  const { json } = await account.exchange(account.consent(scope === undefined ? {} : { scope }));
  account.clock.pass(60_000);
  return { account, first: json };
}

/** What is left of the first pair after a refresh: statuses of the API and of another refresh. */
async function afterRefresh(account: Account, first: Readonly<Record<string, unknown>>) {
  const { json } = await account.refresh(first['refresh_token']);
  account.clock.pass(60_000);
  const { status } = await account.call(first['access_token']);
  return { json, access: status, refresh: (await account.refresh(first['refresh_token'])).status };
}

async function apiCall(account: Account, token: unknown, method: string, path: string) {
  const headers = { authorization: `Bearer ${String(token)}`, 'user-agent': 'test' };
  const answer = await account.sandbox.app.fetch(new Request(account.sandbox.origin + path, { method, headers }));
  return { status: answer.status, text: await answer.text() };
}

describe('outreach', () => {
  test('what the token endpoint answers, to JSON too', async () => {
    const account = openAccount('outreach');
    const fields = account.exchangeFields(account.consent());
    const headers = { 'content-type': 'application/json' };
    const { status, json } = await account.post(fields, { headers, body: JSON.stringify(fields) });
    expect(status).toBe(200);
    expect(json).toEqual({
      access_token: expect.stringMatching(/^outreach-sandbox-access-/) as string,
      token_type: 'Bearer',
      expires_in: 7_200,
      scope: account.facts.scope,
      refresh_token: expect.stringMatching(/^outreach-sandbox-refresh-/) as string,
      created_at: account.clock.now() / 1000,
    });
  });

  test.each(['[]', '1', '{"grant_type":1}', '{'])('%s is refused', async (body) => {
    const headers = { 'content-type': 'application/json' };
    const refused = await openAccount('outreach').post({}, { headers, body });
    expect(refused).toMatchObject({ status: 400, json: { error: 'invalid_request' } });
  });

  test('one access token in 60 seconds for a person, whichever way; a refusal costs nothing', async () => {
    const account = openAccount('outreach');
    const [callback, again] = [account.consent({}, 'ann'), account.consent({}, 'ann')];
    const { json } = await account.exchange(callback);
    const refused = await account.refresh(json['refresh_token']);
    expect(refused).toMatchObject({ status: 429, json: { errors: [{ id: 'rateLimitExceeded' }] } });
    expect(refused.headers.get('retry-after')).toBeNull();
    expect((await account.exchange(again)).status).toBe(429);
    expect((await account.exchange(account.consent({}, 'bob'))).status).toBe(200);
    expect(account.server.tokens('ann')).toEqual({ access: 1, refresh: 1, minted: 1 });
    account.clock.pass(59_999);
    expect((await account.refresh(json['refresh_token'])).status).toBe(429);
    account.clock.pass(1);
    expect((await account.refresh(json['refresh_token'])).status).toBe(200);
    expect((await account.exchange(again)).status).toBe(429);
  });

  test('a refresh token lives 14 days, and each has its own', async () => {
    const { account, first } = await connected('outreach');
    account.clock.pass(14 * 86_400_000 - 60_001);
    const second = (await account.refresh(first['refresh_token'])).json;
    account.clock.pass(14 * 86_400_000 - 1);
    const third = (await account.refresh(second['refresh_token'])).json;
    account.clock.pass(14 * 86_400_000);
    expect(await account.refresh(third['refresh_token'])).toMatchObject(DEAD);
  });

  test.each([
    [{}, { access: 401, refresh: 400 }],
    [{ old_access_token: 'accepted' }, { access: 200, refresh: 400 }],
    [{ old_refresh_token: 'accepted' }, { access: 401, refresh: 200 }],
  ])('what a refresh leaves of the pair before it, in the world %j', async (world, expected) => {
    const { account, first } = await connected('outreach', world);
    expect(await afterRefresh(account, first)).toMatchObject(expected);
  });

  test.each([
    ['sequences.write', 'GET', '/sequences', 'sequences.read'],
    ['sequences.read', 'POST', '/sequences', 'sequences.write'],
    ['sequences.read', 'PATCH', '/sequences/1', 'sequences.write'],
    ['sequences.write', 'DELETE', '/sequences/1', 'sequences.delete'],
    ['sequences.write', 'POST', '/sequences/1/actions/activate', 'sequences.all'],
    ['sequences.all', 'GET', '/templates/1', 'templates.read'],
    ['sequences.all', 'POST', '/sequenceSteps', 'sequenceSteps.write'],
    ['sequences.all', 'GET', '/sequenceTemplates', 'sequenceTemplates.read'],
  ])('%s is not enough for %s %s', async (scope, method, path, wanted) => {
    const { account, first } = await connected('outreach', {}, scope);
    const { status, text } = await apiCall(account, first['access_token'], method, `/api/v2${path}`);
    expect(status).toBe(403);
    expect(JSON.parse(text)).toMatchObject({
      errors: [
        {
          id: 'unauthorizedOauthScope',
          detail: `Your authorization does not include the required scope '${wanted}'.`,
        },
      ],
    });
  });

  test.each([
    ['sequences.read', 200, '/api/v2/sequences'],
    ['sequences.all', 200, '/api/v2/sequences'],
    ['templates.read', 404, '/api/v2/nothing'],
  ])('%s is answered with %i on %s', async (scope, expected, path) => {
    const { account, first } = await connected('outreach', {}, scope);
    expect((await apiCall(account, first['access_token'], 'GET', path)).status).toBe(expected);
  });

  test('a token that ran out is answered like an unknown one, and one without its scheme like none', async () => {
    const { account, first } = await connected('outreach');
    const headers = { authorization: String(first['access_token']) };
    const { app, origin } = account.sandbox;
    expect((await app.fetch(new Request(`${origin}/api/v2/sequences`, { headers }))).status).toBe(401);
    account.server.expireAccess();
    expect(await (await account.call(first['access_token'])).json()).toEqual({
      error: 'Invalid JWT token.',
      description: 'The JWT token could not be decoded.',
    });
  });

  test('who asks for no scope gets none', () => {
    expect(openAccount('outreach').consent({ scope: undefined })).toMatchObject({ error: 'invalid_scope' });
  });
});

describe('salesloft', () => {
  test('the callback has context and scope, which the exchange must repeat', async () => {
    const account = openAccount('salesloft');
    const callback = account.consent();
    expect(Object.keys(callback)).toEqual(['code', 'context', 'scope', 'state']);
    expect(callback['scope']).toBe(account.facts.scope);
    for (const name of ['context', 'scope']) {
      expect(await account.exchange(callback, { [name]: '' })).toMatchObject({
        status: 400,
        json: { error: 'invalid_request' },
      });
      expect(await account.exchange(callback, { [name]: 'other' })).toMatchObject(DEAD);
    }
    const { status, json } = await account.exchange(callback);
    expect(status).toBe(200);
    expect(json).toMatchObject({ expires_in: 7_200, created_at: account.clock.now() / 1000 });
  });

  test('who asks for no scope gets what is registered', async () => {
    const account = openAccount('salesloft');
    const callback = account.consent({ scope: undefined });
    expect((await account.exchange(callback)).json['scope']).toBe(callback['scope']);
    expect(callback['scope']).toContain('cadences:write');
  });

  test.each([
    [{}, { access: 401, refresh: 400 }],
    [{ old_access_token: 'accepted' }, { access: 200, refresh: 400 }],
  ])('what a refresh leaves of the pair before it, in the world %j', async (world, expected) => {
    const { account, first } = await connected('salesloft', world);
    expect(await afterRefresh(account, first)).toMatchObject(expected);
  });

  test('a new refresh token revokes every older one of the person, of another grant too', async () => {
    const { account, first } = await connected('salesloft');
    const bob = (await account.exchange(account.consent({}, 'bob'))).json;
    const second = (await account.exchange(account.consent())).json;
    expect(await account.refresh(first['refresh_token'])).toMatchObject(DEAD);
    expect((await account.refresh(second['refresh_token'])).status).toBe(200);
    expect((await account.refresh(bob['refresh_token'])).status).toBe(200);
  });
});

describe('apollo', () => {
  test('the query stands behind the hash route', () => {
    const { server, authorizeUrl } = openAccount('apollo');
    const query = authorizeUrl().split('?')[1] ?? '';
    expect(() => server.consent(`https://app.apollo.io/?${query}#/oauth/authorize`)).toThrow(RefusedInBrowser);
    expect(() => server.consent(`https://app.apollo.io/?state=x#/oauth/authorize?${query}`)).toThrow(/behind its hash/);
    expect(() => server.consent(`https://app.apollo.io/oauth/authorize?${query}`)).toThrow(RefusedInBrowser);
    expect(() => server.consent(`https://app.apollo.io/#/oauth/other?${query}`)).toThrow(RefusedInBrowser);
    expect(server.consent(`https://app.apollo.io/#/oauth/authorize?${query}`)).toMatch(/\?code=.+&state=state-1$/);
  });

  test('redirect URIs are https and at most four; on loopback only where that is said', () => {
    const { server } = openAccount('apollo');
    expect(() => {
      server.register('http://127.0.0.1:3000/back');
    }).toThrow('A redirect URI is https, without a fragment.');
    for (const number of [2, 3, 4]) server.register(`https://gateway.test/${number}`);
    server.register(BACK);
    expect(() => {
      server.register('https://gateway.test/5');
    }).toThrow('At most 4');
    const { server: dev } = openAccount('apollo', {}, { loopback_redirects: true });
    dev.register('http://127.0.0.1:3000/back');
    expect(() => {
      dev.register('http://gateway.test/back');
    }).toThrow('https or on loopback');
  });

  test('30 days, as a form alone, with the scopes that were asked for and two more', async () => {
    const account = openAccount('apollo');
    const fields = account.exchangeFields(account.consent());
    const headers = { 'content-type': 'application/json' };
    expect((await account.post(fields, { headers, body: JSON.stringify(fields) })).status).toBe(400);
    expect((await account.post(fields)).json).toMatchObject({
      expires_in: 2_592_000,
      scope: `${account.facts.scope} read_user_profile app_scopes`,
      created_at: account.clock.now() / 1000,
    });
  });

  test('a refresh ends the pair before it', async () => {
    const { account, first } = await connected('apollo');
    expect(await afterRefresh(account, first)).toMatchObject({ access: 401, refresh: 400 });
    expect(await (await account.call(first['access_token'])).json()).toMatchObject({
      error_code: 'INVALID_ACCESS_TOKEN',
    });
  });

  test.each([
    ['emailer_campaigns_search', 'POST', '/sequences', 403],
    ['emailer_campaigns_create', 'POST', '/emailer_campaigns/search', 403],
    ['emailer_campaigns_search', 'PUT', '/sequences/1', 403],
    ['emailer_campaigns_search', 'POST', '/emailer_campaigns/1/approve', 403],
    ['emailer_campaigns_approve', 'POST', '/emailer_campaigns/1/abort', 403],
    ['emailer_campaigns_search', 'POST', '/emailer_campaigns/1/archive', 403],
    ['emailer_campaigns_search', 'POST', '/emailer_steps', 403],
    ['emailer_campaigns_search', 'POST', '/emailer_campaigns/search', 200],
    ['emailer_campaigns_archive', 'POST', '/emailer_campaigns/1/archive', 404],
  ])('with %s, %s %s is %i', async (scope, method, path, expected) => {
    const { account, first } = await connected('apollo', {}, scope);
    const { status, text } = await apiCall(account, first['access_token'], method, `/api/v1${path}`);
    expect(status).toBe(expected);
    if (status !== 403) return;
    expect(JSON.parse(text)).toEqual({
      error: `api/v1${path} is not accessible with this access token`,
      error_code: 'API_INACCESSIBLE',
    });
  });
});

test('apollo counts a token that was given out as the team, when two write at the same time', async () => {
  const { account, first } = await connected('apollo');
  const { app, origin, credentials, addFault } = account.sandbox;
  const write = (headers: Readonly<Record<string, string>>) =>
    app.fetch(
      new Request(`${origin}/api/v1/sequences`, { method: 'POST', headers: { 'user-agent': 'test', ...headers } }),
    );
  addFault({ fault: { kind: 'delay', at: 'before_commit', ms: 30 } });
  const slow = write({ authorization: `Bearer ${String(first['access_token'])}` });
  expect((await write({ 'x-api-key': credentials.api_key ?? '' })).status).toBe(429);
  expect((await slow).status).not.toBe(429);
});

describe('zendesk_sell', () => {
  test('an hour, in tokens of 64 characters', async () => {
    const { first } = await connected('zendesk_sell');
    expect(first).toEqual({
      access_token: expect.stringMatching(/^\S{64}$/) as string,
      token_type: 'bearer',
      expires_in: 3_600,
      scope: 'read',
      refresh_token: expect.stringMatching(/^\S{64}$/) as string,
    });
  });

  test.each([
    [{}, 'another', { access: 401, refresh: 400 }],
    [{ refresh_token: 'same' }, 'same', { access: 401, refresh: 200 }],
    [{ refresh_token: 'left_out' }, 'none', { access: 401, refresh: 200 }],
    [{ old_access_token: 'accepted' }, 'another', { access: 200, refresh: 400 }],
  ])('what a refresh leaves and gives in the world %j', async (world, gives, expected) => {
    const { account, first } = await connected('zendesk_sell', world);
    const { json, ...left } = await afterRefresh(account, first);
    expect(left).toEqual(expected);
    const given = json['refresh_token'];
    expect(given === undefined ? 'none' : given === first['refresh_token'] ? 'same' : 'another').toBe(gives);
  });

  test('a refresh token does not run out', async () => {
    const { account, first } = await connected('zendesk_sell');
    account.clock.pass(1_000 * 86_400_000);
    expect((await account.refresh(first['refresh_token'])).status).toBe(200);
  });

  test('the client names itself in the header or in the body, and not in both', async () => {
    const account = openAccount('zendesk_sell');
    const { client_id: id, client_secret: secret, ...fields } = account.exchangeFields(account.consent());
    const ask = (user: string, body: Readonly<Record<string, string>>) =>
      account.post(fields, {
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'user-agent': 'test',
          authorization: `Basic ${btoa(user)}`,
        },
        body: new URLSearchParams(body).toString(),
      });
    const wrong = await ask(`${String(id)}:wrong`, fields);
    expect(wrong).toMatchObject({ status: 401, json: { error: 'invalid_client' } });
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /);
    const user = `${String(id)}:${String(secret)}`;
    expect((await ask(user, { ...fields, client_secret: String(secret) })).status).toBe(401);
    expect((await ask('%%%', fields)).status).toBe(401);
    expect((await ask(user, fields)).status).toBe(200);
  });

  test('a token without the scope `read` reads nothing', async () => {
    const { account, first } = await connected('zendesk_sell', {}, 'write profile');
    const answer = await account.call(first['access_token']);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ errors: [{ error: { code: 'insufficient_scope' } }] });
  });

  test('what has no known form is not served, and nobody comes in without a User-Agent', async () => {
    const account = openAccount('zendesk_sell');
    for (const path of ['/oauth2/token/info', '/oauth2/revoke'])
      expect((await apiCall(account, 'x', 'POST', path)).status).toBe(404);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const fields = account.exchangeFields(account.consent());
    expect(await account.post(fields, { headers })).toMatchObject({
      status: 400,
      json: { errors: [{ error: { code: 'invalid_user_agent' } }] },
    });
  });
});
