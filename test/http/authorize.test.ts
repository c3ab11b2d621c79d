/** Connecting an account by OAuth: what backend, person and provider see on the way. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MAX_AUTHORIZATIONS } from '../../src/connections/authorizations.ts';
import { behindRealHosts } from '../support/mounts.ts';
import { openHouse, PUBLIC_URL, RETURN_URL, type House } from '../support/house.ts';
import {
  authorize,
  confirm,
  consent,
  goToProvider,
  look,
  newAuthorization,
  openBrowser,
  returnedWith,
  walk,
} from './consent.ts';
import { connectionPath, errorsOf, listSequences, resetSandboxes, told, warned } from './support.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
beforeEach(() => {
  house.clock.pass(3_600_000);
  resetSandboxes(house);
});
afterAll(() => house.close());

const MINUTE = 60_000;

function tokens(provider = 'outreach') {
  return house.sandbox(provider).authorization?.tokens();
}

function connectionOf(customer: string, provider = 'outreach') {
  return house.ask(connectionPath(provider, customer));
}

describe('the whole way', () => {
  test('connects the account, and calls go with the token that was granted', async () => {
    const customer = 'whole-way';
    const returned = await walk(house, { customer });
    expect(returned).toEqual({ authorization_id: expect.any(String), confirmation: expect.stringMatching(/^.{43}$/) });
    expect((await connectionOf(customer)).status, 'before the backend has confirmed').toBe(404);
    expect(await look(house, returned.authorization_id, { customer })).toMatchObject({ status: 'granted' });

    const confirmed = await confirm(house, returned, { customer });
    expect(confirmed.status).toBe(201);
    expect(confirmed.json).toMatchObject({
      record: { customer_id: customer, provider_name: 'outreach', credential_type: 'oauth2', status: 'active' },
      warnings: [],
    });
    expect(await look(house, returned.authorization_id, { customer })).toMatchObject({ status: 'confirmed' });
    expect((await listSequences(house, 'outreach', customer)).status).toBe(200);
    expect(house.sandbox('outreach').calls().at(-1)?.headers['authorization']).toMatch(/^Bearer outreach-sandbox-/);
    expect(tokens()).toEqual({ access: 1, refresh: 1, minted: 1 });
  });

  test('takes the place of other credentials: 200', async () => {
    const customer = 'has-a-token';
    const { access_token } = house.sandbox('outreach').credentials;
    const body = { credentials: { type: 'access_token', access_token } };
    await house.ask(connectionPath('outreach', customer), { method: 'PUT', body });
    const confirmed = await confirm(house, await walk(house, { customer }), { customer });
    expect(confirmed.status).toBe(200);
    expect((await connectionOf(customer)).json).toMatchObject({ credential_type: 'oauth2' });
  });

  test('a backend that repeats its confirmation is answered the same, and nothing is bound again', async () => {
    const customer = 'twice';
    const returned = await walk(house, { customer });
    expect((await confirm(house, returned, { customer })).status).toBe(201);
    const again = await confirm(house, returned, { customer });
    expect(again.status).toBe(200);
    expect(again.json).toMatchObject({ record: { status: 'active' } });
    await house.ask(connectionPath('outreach', customer), { method: 'DELETE' });
    expect((await confirm(house, returned, { customer })).status, 'it is not brought back').toBe(404);
    expect((await connectionOf(customer)).status).toBe(404);
  });

  test('of confirmations at once, one makes the connection', async () => {
    const customer = 'at-once';
    const returned = await walk(house, { customer });
    const answers = await Promise.all(Array.from({ length: 8 }, () => confirm(house, returned, { customer })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array<number>(7).fill(200), 201]);
  });
});

describe('asking', () => {
  test('answers a link for ten minutes', async () => {
    const { status, json, headers } = await authorize(house);
    expect(status).toBe(201);
    expect(json).toEqual({
      record: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        url: expect.stringMatching(/^https:\/\/gateway\.example\/oauth\/start\/[\w-]{43}$/),
        expires_at: new Date(house.clock.now() + 10 * MINUTE).toISOString(),
      },
      warnings: [],
    });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    ['https://app.example/connected', 'without the query'],
    [`${RETURN_URL}&more=1`, 'with more'],
    [`${RETURN_URL}#top`, 'with a fragment'],
    ['https://app.example.evil.example/connected?from=settings', 'another host'],
    ['https://APP.example/connected?from=settings', 'in other letters'],
    [`${PUBLIC_URL}/`, 'the gateway itself'],
    ['', 'empty'],
  ])('a return URL %s that is not one of the settings is 422: %s', async (return_url) => {
    const answer = await authorize(house, {}, { return_url });
    expect(answer.status).toBe(422);
    expect(told(answer)).toEqual(['RETURN_URL_NOT_ALLOWED /return_url']);
    expect(errorsOf(answer)[0]?.detail).toContain('STEPGATE_RETURN_URLS');
  });

  test('a body that is none is refused as everywhere, and an unknown key is told', async () => {
    expect(told(await authorize(house, {}, {}))).toEqual(['MISSING_KEY /return_url']);
    expect(told(await authorize(house, {}, { return_url: 7 }))).toEqual(['WRONG_TYPE /return_url']);
    expect(warned(await authorize(house, {}, { return_url: RETURN_URL, scope: 'all' }))).toEqual([
      'UNKNOWN_FIELD /scope',
    ]);
  });

  test('a provider without OAuth is 501, with what it takes instead', async () => {
    const answer = await authorize(house, { provider: 'upscale' });
    expect(answer.status).toBe(501);
    expect(told(answer)).toEqual(['OPERATION_NOT_SUPPORTED']);
    expect(errorsOf(answer)[0]?.detail).toMatch(/takes api_key: PUT /);
    expect((await confirm(house, { authorization_id: 'x', confirmation: 'y' }, { provider: 'upscale' })).status).toBe(
      501,
    );
  });

  test('what the operator has not set is 503 and named', async () => {
    const bare = await openHouse({
      consent: { publicUrl: undefined, returnUrls: [] },
      oauth: { clients: new Map(), origins: new Map() },
    });
    const answer = await authorize(bare);
    expect(answer.status).toBe(503);
    expect(told(answer)).toEqual(['OAUTH_MISCONFIGURED']);
    for (const name of ['PUBLIC_URL', 'RETURN_URLS', 'OAUTH_OUTREACH_CLIENT_ID', 'OAUTH_OUTREACH_CLIENT_SECRET'])
      expect(errorsOf(answer)[0]?.detail).toContain(`STEPGATE_${name}`);
    await bare.close();
  });

  test(`of a customer and provider ${String(MAX_AUTHORIZATIONS)} are kept: the oldest are dropped, nobody else's`, async () => {
    const customer = 'many';
    const other = await newAuthorization(house, { customer: 'few' });
    const asked = [];
    for (let count = 0; count <= MAX_AUTHORIZATIONS; count += 1) {
      house.clock.pass(1);
      asked.push(await newAuthorization(house, { customer }));
    }
    const pages = [];
    for (const { url } of [...asked, other]) pages.push((await openBrowser(house).open(url)).status);
    expect(pages).toEqual([400, ...Array<number>(MAX_AUTHORIZATIONS + 1).fill(200)]);
  });
});

describe('the page', () => {
  test('names provider, customer and application, and hides where it is', async () => {
    const customer = 'a+b@c.example';
    const asked = await newAuthorization(house, { customer });
    const page = await openBrowser(house).open(asked.url);
    expect(page.status).toBe(200);
    for (const name of ['Outreach', 'a+b@c.example', 'app.example']) expect(page.text).toContain(name);
    expect(page.text).not.toMatch(/<script/i);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-type': expect.stringContaining('text/html'),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^default-src 'none'.*frame-ancestors 'none'$/),
    });
  });

  test('its cookie is for this host, for no script and no other site, for ten minutes', async () => {
    const asked = await newAuthorization(house);
    const [cookie = '', ...others] = (await openBrowser(house).open(asked.url)).headers.getSetCookie();
    expect(others).toEqual([]);
    expect(cookie).toMatch(/^__Host-stepgate-[0-9a-f-]{36}=[\w-]{43}; /);
    expect(cookie.split('; ').slice(1).toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=600',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ]);
  });

  test('without https there is no prefix and no Secure, which browsers would refuse', async () => {
    const publicUrl = 'http://127.0.0.1:8080';
    const local = await openHouse({ consent: { publicUrl, returnUrls: [RETURN_URL] } });
    const { url } = await newAuthorization(local);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8080\/oauth\/start\//);
    const [cookie] = (
      await local.ask(url.slice(publicUrl.length), { headers: { 'x-api-key': '' } })
    ).headers.getSetCookie();
    expect(cookie).toMatch(/^stepgate-[0-9a-f-]{36}=/);
    expect(cookie).not.toContain('Secure');
    await local.close();
  });

  test('a program that looks at the link uses nothing up, whatever it asks with', async () => {
    const asked = await newAuthorization(house);
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET'])
      await house.ask(asked.url.slice(PUBLIC_URL.length), { method, headers: { 'x-api-key': '' } });
    expect(await goToProvider(openBrowser(house), asked)).toContain('response_type=code');
  });

  test('clicking twice goes to the same place', async () => {
    const asked = await newAuthorization(house);
    const browser = openBrowser(house);
    const first = await goToProvider(browser, asked);
    const [second, third] = await Promise.all([browser.submit(asked.url), browser.submit(asked.url)]);
    expect([second.location, third.location]).toEqual([first, first]);
    expect(await goToProvider(browser, asked), 'going back and on again').toBe(first);
  });
});

describe("at the provider's own host", () => {
  let real: House;
  beforeAll(async () => {
    real = await openHouse({ mount: behindRealHosts });
  });
  afterAll(() => real.close());

  test.each(['outreach', 'salesloft', 'apollo', 'zendesk_sell'])(
    '%s is asked for what its adapter declares',
    async (provider) => {
      const location = await goToProvider(openBrowser(real), await newAuthorization(real, { provider }));
      const oauth = real.registry.get(provider)?.oauth;
      if (!oauth || 'because' in oauth) throw new Error('no OAuth');
      const [place, query = ''] = location.split('?');
      expect(place).toBe(oauth.authorize_url);
      expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
        response_type: 'code',
        client_id: real.sandbox(provider).authorization?.client.client_id,
        redirect_uri: `${PUBLIC_URL}/oauth/callback`,
        state: expect.stringMatching(/^[\w-]{43}$/),
        ...(oauth.scopes.length > 0 ? { scope: oauth.scopes.join(' ') } : {}),
      });
    },
  );
});

describe('at the provider', () => {
  test.each(['salesloft', 'apollo', 'zendesk_sell'])(
    '%s grants, and its own oddities are kept to',
    async (provider) => {
      const customer = `oddities-${provider}`;
      const confirmed = await confirm(house, await walk(house, { provider, customer }), { provider, customer });
      expect(confirmed.status, confirmed.text).toBe(201);
      expect((await listSequences(house, provider, customer)).status).toBe(200);
    },
  );

  test.each([
    ['access_denied', 'access_denied'],
    ['invalid_scope', 'invalid_scope'],
    ['<script>alert(1)</script>', 'provider_error'],
    ['x'.repeat(5000), 'provider_error'],
  ])('an error %s is told at the return URL and kept', async (error, word) => {
    const browser = openBrowser(house);
    const asked = await newAuthorization(house);
    const state = new URL(await goToProvider(browser, asked)).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ error, error_description: 'secret-words', state });
    const page = await browser.open(`${PUBLIC_URL}/oauth/callback?${query.toString()}`);
    expect(returnedWith(page)).toEqual({ authorization_id: asked.id, error: word });
    expect(await look(house, asked.id)).toMatchObject({ status: 'failed', error: word });
    expect(house.logs.join('')).not.toContain('secret-words');
    expect(tokens()).toMatchObject({ minted: 0 });
  });

  test('whoever says no is sent back with it', async () => {
    const returned = await walk(house, { deny: true });
    expect(returned).toEqual({ authorization_id: expect.any(String), error: 'access_denied' });
    expect((await confirm(house, { ...returned, confirmation: 'A'.repeat(43) })).status).toBe(404);
  });

  test('a callback with neither code nor error is told, and over', async () => {
    const browser = openBrowser(house);
    const asked = await newAuthorization(house);
    const { searchParams } = new URL(await goToProvider(browser, asked));
    const page = await browser.open(`${PUBLIC_URL}/oauth/callback?state=${searchParams.get('state') ?? ''}`);
    expect(returnedWith(page)).toEqual({ authorization_id: asked.id, error: 'provider_error' });
  });
});

describe('two at once', () => {
  test('in two tabs of one browser, for two providers, in any order', async () => {
    const browser = openBrowser(house);
    const [one, two] = [await newAuthorization(house), await newAuthorization(house, { provider: 'salesloft' })];
    await browser.open(two.url);
    const first = await consent(house, browser, one);
    const second = await consent(house, browser, two, { provider: 'salesloft' });
    const [two_, one_] = [returnedWith(await browser.open(second)), returnedWith(await browser.open(first))];
    expect([one_.authorization_id, two_.authorization_id]).toEqual([one.id, two.id]);
    expect((await confirm(house, one_)).status).toBeLessThan(202);
    expect((await confirm(house, two_, { provider: 'salesloft' })).status).toBeLessThan(202);
  });

  test('the same callback in parallel: one exchange, and the others are told', async () => {
    const browser = openBrowser(house);
    const callback = await consent(house, browser, await newAuthorization(house));
    const pages = await Promise.all(Array.from({ length: 10 }, () => browser.open(callback)));
    expect(pages.map(({ status }) => status).toSorted()).toEqual([303, ...Array<number>(9).fill(410)]);
    const exchanges = house
      .sandbox('outreach')
      .calls()
      .filter(({ path }) => path === '/oauth/token');
    expect(exchanges).toHaveLength(1);
    expect(tokens()).toMatchObject({ minted: 1 });
  });
});

describe('at its edges', () => {
  test('an id that none can be is 404 before the store is asked', async () => {
    for (const authorization_id of ['a\u0000b', 'x', "'", '0'.repeat(36)])
      expect((await confirm(house, { authorization_id, confirmation: 'x' })).status).toBe(404);
    expect((await house.ask(`${connectionPath('outreach')}/authorize/%00`)).status).toBe(404);
  });

  test('the same confirmation again leaves the budget as it is, and the audit says so', async () => {
    const customer = 'confirmed-twice';
    const returned = await walk(house, { customer });
    await confirm(house, returned, { customer });
    await listSequences(house, 'outreach', customer);
    const budget = async () => (await house.ask(`${connectionPath('outreach', customer)}/budget`)).json;
    const before = await budget();
    expect((await confirm(house, returned, { customer })).status).toBe(200);
    expect(await budget()).toEqual(before);
    const { records } = (await house.ask(`/audit?customer_id=${customer}`)).json as {
      records: readonly { action: string; outcome: string }[];
    };
    const outcomes = records.filter(({ action }) => action === 'confirmAuthorization').map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['replayed', 'done']);
  });

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, 303],
    [{ 'sec-fetch-site': 'same-origin', origin: new URL(PUBLIC_URL).origin }, 303],
    [{ 'sec-fetch-site': 'none' }, 303],
  ])('the button pressed with %j: %d', async (headers, status) => {
    const browser = openBrowser(house);
    const { url } = await newAuthorization(house);
    await browser.open(url);
    const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
    const path = url.slice(PUBLIC_URL.length);
    const answer = await house.ask(path, { method: 'POST', headers: { 'x-api-key': '', cookie, ...headers } });
    expect(answer.status).toBe(status);
  });
});
