/** What all authorisation servers hold alike: consent, codes, tokens and what they refuse. */
import { describe, expect, test } from 'vitest';
import { RefusedInBrowser } from '../../src/sandbox.ts';
import { BACK, OAUTH_PROVIDERS, openAccount } from './oauth.ts';

describe.each(OAUTH_PROVIDERS)('%s', (name) => {
  test('a person who consents sends back a code, which is a live pair once', async () => {
    const account = openAccount(name);
    const callback = account.consent();
    expect(callback).toMatchObject({ state: 'state-1', code: expect.any(String) as string });
    const { status, headers, json } = await account.exchange(callback);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(json).toMatchObject({
      access_token: expect.any(String) as string,
      refresh_token: expect.any(String) as string,
      token_type: expect.stringMatching(/^bearer$/i) as string,
      scope: expect.any(String) as string,
    });
    expect(account.server.tokens()).toEqual({ access: 1, refresh: 1, minted: 1 });
    expect((await account.call(json['access_token'])).status).toBe(200);
    expect((await account.call(json['refresh_token'])).status).toBe(401);
    account.clock.pass(61_000);
    expect(await account.exchange(callback)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    expect(account.server.tokens().minted).toBe(1);
  });

  test('a person who says no sends back that, with the state', () => {
    const { server, authorizeUrl } = openAccount(name);
    const back = new URL(server.consent(authorizeUrl(), { deny: true }));
    expect(Object.fromEntries(back.searchParams)).toEqual({ error: 'access_denied', state: 'state-1' });
    expect(server.tokens().minted).toBe(0);
  });

  test.each([
    ['another client', { client_id: 'somebody-else' }],
    ['no client', { client_id: undefined }],
    ['another redirect URI', { redirect_uri: 'https://evil.test/' }],
    ['a redirect URI that is nearly the same', { redirect_uri: `${BACK}/` }],
    ['no redirect URI', { redirect_uri: undefined }],
  ])('%s is sent nowhere', (_, changed) => {
    const { server, authorizeUrl } = openAccount(name);
    expect(() => server.consent(authorizeUrl(changed))).toThrow(RefusedInBrowser);
    expect(() => server.consent(authorizeUrl().replace('://', '://evil.'))).toThrow(RefusedInBrowser);
  });

  test.each([
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_request', { response_type: undefined }],
    ['invalid_request', { code_challenge: 'x', code_challenge_method: 'S256' }],
    ['invalid_scope', { scope: 'no;such;scope' }],
  ])('what is not in order is told where it came from: %s', (error, changed) => {
    expect(openAccount(name).consent(changed)).toEqual({ error, state: 'state-1' });
  });

  test.each([
    ['invalid_client', 401, { client_secret: 'wrong' }],
    ['invalid_client', 401, { client_id: 'somebody-else' }],
    ['invalid_grant', 400, { code: 'unknown' }],
    ['invalid_grant', 400, { redirect_uri: 'https://evil.test/' }],
    ['invalid_request', 400, { code: '' }],
    ['invalid_request', 400, { redirect_uri: '' }],
    ['invalid_request', 400, { code_verifier: 'x' }],
    ['unsupported_grant_type', 400, { grant_type: 'password' }],
  ])('an exchange is refused with %s %i for %j, and the code stays good', async (error, status, changed) => {
    const account = openAccount(name);
    const callback = account.consent();
    const refused = await account.exchange(callback, changed);
    expect(refused).toMatchObject({ status, json: { error, error_description: expect.any(String) as string } });
    expect(account.server.tokens().minted).toBe(0);
    expect((await account.exchange(callback)).status).toBe(200);
  });

  test('a body that is no form, and a field that is there twice', async () => {
    const account = openAccount(name);
    const fields = account.exchangeFields(account.consent());
    const twice = `${new URLSearchParams(fields).toString()}&grant_type=authorization_code`;
    for (const init of [
      { body: twice },
      { body: 'x', headers: { 'content-type': 'text/plain', 'user-agent': 'test' } },
    ])
      expect(await account.post(fields, init)).toMatchObject({ status: 400, json: { error: 'invalid_request' } });
  });

  test('a code lives ten minutes', async () => {
    const account = openAccount(name);
    const [early, late] = [account.consent(), account.consent()];
    account.clock.pass(599_999);
    expect((await account.exchange(early)).status).toBe(200);
    account.clock.pass(1);
    expect(await account.exchange(late)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
  });

  test('an access token dies by the clock, with the grant, and by order', async () => {
    const account = openAccount(name);
    const first = (await account.exchange(account.consent())).json;
    account.clock.pass(Number(first['expires_in']) * 1000 - 1);
    expect((await account.call(first['access_token'])).status).toBe(200);
    account.clock.pass(1);
    expect((await account.call(first['access_token'])).status).toBe(401);
    const second = (await account.refresh(first['refresh_token'])).json;
    expect((await account.call(second['access_token'])).status).toBe(200);
    account.server.expireAccess();
    expect((await account.call(second['access_token'])).status).toBe(401);
    account.clock.pass(61_000);
    const third = (await account.refresh(second['refresh_token'] ?? first['refresh_token'])).json;
    expect((await account.call(third['access_token'])).status).toBe(200);
    account.server.revoke();
    expect((await account.call(third['access_token'])).status).toBe(401);
    account.clock.pass(61_000);
    const last = third['refresh_token'] ?? first['refresh_token'];
    expect(await account.refresh(last)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    expect(account.server.tokens()).toEqual({ access: 0, refresh: 0, minted: 3 });
  });

  test('a shorter life, until a reset', async () => {
    const account = openAccount(name);
    const whole = Number((await account.exchange(account.consent())).json['expires_in']);
    account.clock.pass(60_000);
    account.server.changeLifetime(5);
    const { json } = await account.exchange(account.consent());
    expect(json['expires_in']).toBe(5);
    account.clock.pass(5_000);
    expect((await account.call(json['access_token'])).status).toBe(401);
    account.sandbox.reset();
    expect((await account.exchange(account.consent())).json['expires_in']).toBe(whole);
  });

  test('people are apart', async () => {
    const account = openAccount(name);
    const ann = (await account.exchange(account.consent({}, 'ann'))).json;
    const bob = (await account.exchange(account.consent({}, 'bob'))).json;
    account.server.revoke('ann');
    expect((await account.call(ann['access_token'])).status).toBe(401);
    expect((await account.call(bob['access_token'])).status).toBe(200);
    expect(account.server.tokens('ann')).toEqual({ access: 0, refresh: 0, minted: 1 });
    expect(account.server.tokens('bob')).toEqual({ access: 1, refresh: 1, minted: 1 });
  });

  test('a refresh without a token, with an unknown one and with another secret', async () => {
    const account = openAccount(name);
    const { json } = await account.exchange(account.consent());
    account.clock.pass(61_000);
    const refresh = json['refresh_token'];
    expect((await account.refresh('')).json).toMatchObject({ error: 'invalid_request' });
    expect((await account.refresh('unknown')).json).toMatchObject({ error: 'invalid_grant' });
    expect((await account.refresh(json['access_token'])).json).toMatchObject({ error: 'invalid_grant' });
    expect(await account.refresh(refresh, { client_secret: 'wrong' })).toMatchObject({ status: 401 });
    expect((await account.refresh(refresh)).status).toBe(200);
  });

  test('a reset forgets tokens and codes, and keeps what is registered', async () => {
    const account = openAccount(name);
    const { json } = await account.exchange(account.consent());
    const callback = account.consent();
    account.sandbox.reset();
    expect((await account.call(json['access_token'])).status).toBe(401);
    expect(account.server.tokens()).toEqual({ access: 0, refresh: 0, minted: 0 });
    expect((await account.exchange(callback)).status).toBe(400);
    expect((await account.exchange(account.consent())).status).toBe(200);
  });
});
