/** An account that is connected by hand: the browser, the token endpoint and one call of the API, with nothing of the gateway. */
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import type { Authorization, Sandbox } from '../../src/sandbox.ts';
import { testClock, type TestClock } from '../support/clock.ts';

export const BACK = 'https://gateway.test/oauth/callback';

/** What differs, typed from the facts. */
export interface OAuthFacts {
  readonly authorize: string;
  readonly token: string;
  readonly scope: string;
  /** A call that a token with `scope` may make. */
  readonly call: { readonly method: string; readonly url: string; readonly headers?: Readonly<Record<string, string>> };
  readonly repeats?: readonly string[];
}

export const OAUTH = {
  outreach: {
    authorize: 'https://api.outreach.io/oauth/authorize',
    token: 'https://api.outreach.io/oauth/token',
    scope: 'sequences.all sequenceSteps.all sequenceTemplates.all templates.all',
    call: { method: 'GET', url: 'https://api.outreach.io/api/v2/sequences' },
  },
  salesloft: {
    authorize: 'https://accounts.salesloft.com/oauth/authorize',
    token: 'https://accounts.salesloft.com/oauth/token',
    scope: 'cadences:read cadences:write',
    call: { method: 'GET', url: 'https://api.salesloft.com/v2/cadences' },
    repeats: ['context', 'scope'],
  },
  apollo: {
    authorize: 'https://app.apollo.io/#/oauth/authorize',
    token: 'https://app.apollo.io/api/v1/oauth/token',
    scope: 'emailer_campaigns_search emailer_campaigns_create',
    call: { method: 'POST', url: 'https://api.apollo.io/api/v1/emailer_campaigns/search' },
  },
  zendesk_sell: {
    authorize: 'https://api.getbase.com/oauth2/authorize',
    token: 'https://api.getbase.com/oauth2/token',
    scope: 'read',
    call: { method: 'GET', url: 'https://api.getbase.com/v2/sequences' },
  },
} as const satisfies Readonly<Record<string, OAuthFacts>>;

export type OAuthProvider = keyof typeof OAUTH;
export const OAUTH_PROVIDERS = Object.keys(OAUTH) as readonly OAuthProvider[];

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, string>>;

const modules = await loadSandboxModules();

export interface Account {
  readonly facts: OAuthFacts;
  readonly sandbox: Sandbox;
  readonly server: Authorization;
  readonly clock: TestClock;
  /** The address of the consent page; a parameter that is undefined is left out. */
  readonly authorizeUrl: (changed?: Readonly<Record<string, string | undefined>>) => string;
  /** The parameters of the callback. */
  readonly consent: (changed?: Readonly<Record<string, string | undefined>>, as?: string) => Fields;
  readonly post: (fields: Fields, init?: RequestInit) => Promise<TokenAnswer>;
  readonly exchangeFields: (callback: Fields) => Fields;
  readonly exchange: (callback: Fields, changed?: Fields) => Promise<TokenAnswer>;
  readonly refresh: (refreshToken: unknown, changed?: Fields) => Promise<TokenAnswer>;
  /** The status of a call of the API. */
  readonly call: (accessToken: unknown) => Promise<Response>;
}

export function openAccount(
  name: OAuthProvider,
  world: Readonly<Record<string, string>> = {},
  options: Readonly<{ loopback_redirects?: boolean }> = {},
): Account {
  const facts: OAuthFacts = OAUTH[name];
  const clock = testClock();
  const sandbox = modules.get(name)?.create({ ...options, world, now: () => clock.now() });
  const server = sandbox?.authorization;
  if (!server) throw new Error(`There is no authorisation server of ${name}.`);
  server.register(BACK);
  const { client } = server;

  const authorizeUrl: Account['authorizeUrl'] = (changed = {}) => {
    const asked = { client_id: client.client_id, redirect_uri: BACK, response_type: 'code', scope: facts.scope };
    const all = Object.entries<string | undefined>({ ...asked, state: 'state-1', ...changed });
    const given = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    return `${facts.authorize}?${new URLSearchParams(given).toString()}`;
  };
  const post: Account['post'] = async (fields, init = {}) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'test' };
    const body = new URLSearchParams(fields).toString();
    const answer = await sandbox.app.fetch(new Request(facts.token, { method: 'POST', headers, body, ...init }));
    const { status, headers: answered } = answer;
    return { status, headers: answered, json: (await answer.json()) as TokenAnswer['json'] };
  };
  const exchangeFields: Account['exchangeFields'] = (callback) => ({
    ...client,
    grant_type: 'authorization_code',
    code: callback['code'] ?? '',
    redirect_uri: BACK,
    ...Object.fromEntries((facts.repeats ?? []).map((name) => [name, callback[name] ?? ''])),
  });
  return {
    facts,
    sandbox,
    server,
    clock,
    authorizeUrl,
    post,
    exchangeFields,
    consent: (changed, as) =>
      Object.fromEntries(new URL(server.consent(authorizeUrl(changed), as === undefined ? {} : { as })).searchParams),
    exchange: (callback, changed = {}) => post({ ...exchangeFields(callback), ...changed }),
    refresh: (token, changed = {}) =>
      post({ ...client, grant_type: 'refresh_token', refresh_token: String(token), ...changed }),
    call: async (token) => {
      const { method, url, headers = {} } = facts.call;
      const all = { authorization: `Bearer ${String(token)}`, 'user-agent': 'test', ...headers };
      return sandbox.app.fetch(new Request(url, { method, headers: all }));
    },
  };
}
