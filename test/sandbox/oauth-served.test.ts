/** The authorisation servers on their hosts, on a socket, in a browser, and with faults. */
import { createContext, runInContext } from 'node:vm';
import { request as undiciRequest } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { serveSandbox } from '../../src/dev/serve-sandbox.ts';
import type { Fault } from '../../src/sandbox.ts';
import type { Listening } from '../../src/server.ts';
import { sandboxNetwork } from '../support/network.ts';
import { send } from './client.ts';
import { BACK, OAUTH_PROVIDERS, openAccount, type Account } from './oauth.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'test' };

let server: Listening | undefined;
afterEach(() => server?.close());

describe.each(OAUTH_PROVIDERS)('%s', (name) => {
  async function serve(): Promise<{ account: Account; base: string }> {
    const account = openAccount(name);
    server = await serveSandbox(account.sandbox);
    return { account, base: server.url };
  }

  const pathOf = (url: string): string => url.slice(new URL(url).origin.length);

  test('the network of the tests has its hosts', async () => {
    const account = openAccount(name);
    const { origin, authorization } = account.sandbox;
    const hosts = [account.facts.authorize, account.facts.token].map((url) => new URL(url).origin);
    expect(authorization?.origins).toEqual([...new Set(hosts)].filter((each) => each !== origin));
    const network = sandboxNetwork([account.sandbox]);
    network.open();
    try {
      const body = new URLSearchParams(account.exchangeFields(account.consent())).toString();
      const { statusCode } = await undiciRequest(account.facts.token, { method: 'POST', headers: FORM, body });
      expect(statusCode).toBe(200);
    } finally {
      network.close();
    }
  });

  test('each host serves its own and nothing else', async () => {
    const { sandbox, facts, server: authorization, exchangeFields, consent } = openAccount(name);
    const body = new URLSearchParams(exchangeFields(consent())).toString();
    for (const origin of authorization.origins) {
      const [token, call] = [pathOf(facts.token), pathOf(facts.call.url)];
      const misplaced = await sandbox.app.fetch(
        new Request(sandbox.origin + token, { method: 'POST', headers: FORM, body }),
      );
      expect([401, 404]).toContain(misplaced.status);
      const { access_token: bearer = '' } = sandbox.credentials;
      const headers = { ...FORM, authorization: `Bearer ${bearer}` };
      const { method } = facts.call;
      expect((await sandbox.app.fetch(new Request(origin + call, { method, headers }))).status).toBe(404);
    }
    expect(authorization.tokens().minted).toBe(0);
  });

  test('a person can walk the way in a browser', async () => {
    const { account, base } = await serve();
    const address = base + pathOf(account.authorizeUrl());
    const page = await fetch(address.split('#')[0] ?? '');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    const links = linksOf(await page.text(), new URL(address).hash);
    const answers: string[] = [];
    for (const link of links) {
      const { status, headers } = await fetch(new URL(link, base), { redirect: 'manual' });
      expect(status).toBe(302);
      answers.push(headers.get('location') ?? '');
    }
    const [allowed = '', denied = ''] = answers;
    expect(denied).toBe(`${BACK}?error=access_denied&state=state-1`);
    expect(allowed).toMatch(/^https:\/\/gateway\.test\/oauth\/callback\?code=/);
    const callback = Object.fromEntries(new URL(allowed).searchParams);
    const body = new URLSearchParams(account.exchangeFields(callback)).toString();
    const call = { method: 'POST', path: new URL(account.facts.token).pathname, headers: FORM, body };
    expect(await send(base, call)).toMatchObject({ status: 200 });
    // The address of the page on this machine is the person's as well.
    expect(account.server.consent(base + pathOf(account.authorizeUrl()))).toContain('code=');
  });

  test('a page that would send the browser elsewhere says so, with nothing of the address in its markup', async () => {
    const { account, base } = await serve();
    const query = new URLSearchParams({ client_id: '<b>"x"</b>', redirect_uri: 'https://evil.test/' }).toString();
    const [shown = ''] = pathOf(account.facts.authorize).split('#');
    const links = account.facts.authorize.split('#')[1] ?? shown;
    expect(await (await fetch(`${base}${shown}?${query}`)).text()).not.toContain('<b>"x"');
    const refused = await fetch(`${base}${links}/allow?${query}`, { redirect: 'manual' });
    expect([refused.status, refused.headers.get('location')]).toEqual([400, null]);
  });

  const EXPECTED: readonly (readonly [string, Fault, number, boolean])[] = [
    ['a 500 before it is carried out', { kind: 'answer', at: 'before_commit', status: 500, body: {} }, 500, false],
    ['a 500 after it was carried out', { kind: 'answer', at: 'after_commit', status: 500, body: {} }, 500, true],
    ['a reset before it is carried out', { kind: 'reset', at: 'before_commit' }, 0, false],
    ['a reset after it was carried out', { kind: 'reset', at: 'after_commit' }, 0, true],
    ['a page with 200', { kind: 'html', at: 'before_commit' }, 200, false],
    ['a page with 200 after it was carried out', { kind: 'html', at: 'after_commit' }, 200, true],
    ['JSON of another type', { kind: 'wrong_type', at: 'after_commit' }, 200, true],
    ['no answer', { kind: 'hang', at: 'before_commit' }, 0, false],
    ['no answer after it was carried out', { kind: 'hang', at: 'after_commit' }, 0, true],
    ['half an answer', { kind: 'truncated' }, 200, true],
  ];

  test.each(EXPECTED)('a refresh that meets %s', async (_, fault, status, isRotated) => {
    const { account, base } = await serve();
    const { json } = await account.exchange(account.consent());
    account.clock.pass(60_000);
    account.sandbox.addFault({ match: { method: 'POST', path: /token/ }, fault });
    const { client } = account.server;
    const path = new URL(account.facts.token).pathname;
    const fields = { ...client, grant_type: 'refresh_token', refresh_token: String(json['refresh_token']) };
    const call = { method: 'POST', path, headers: FORM, body: new URLSearchParams(fields).toString() };
    expect(await send(base, call, { giveUpAfter: 500 })).toMatchObject({ status });
    expect(account.server.tokens().minted).toBe(isRotated ? 2 : 1);
    expect(account.sandbox.calls().at(-1)).toMatchObject({ committed: isRotated, status });
    account.clock.pass(60_000);
    // By default all of them rotate, so that a pair that was lost on its way is lost for good.
    const again = await account.refresh(json['refresh_token']);
    if (isRotated) expect(again).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    else expect(again.status).toBe(200);
  });
});

/** The links of a page, as its script leaves them. */
function linksOf(page: string, hash: string): readonly string[] {
  const script = /<script>(.*)<\/script>/s.exec(page)?.[1];
  if (script === undefined)
    return [...page.matchAll(/ href="([^"]+)"/g)].map(([, link = '']) => link.replaceAll('&amp;', '&'));
  const links = [...page.matchAll(/data-path="([^"]+)"/g)].map(([, path]) => ({ dataset: { path }, href: '' }));
  const document = { querySelectorAll: () => links, querySelector: () => ({ textContent: '' }) };
  runInContext(script, createContext({ location: { hash }, document, URLSearchParams }));
  return links.map(({ href }) => href);
}
