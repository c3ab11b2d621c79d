/** An account whose owner has consented, at the sandbox's own authorisation server, stored as the confirmation stores it. */
import type { Grant } from '../../src/model/grant.ts';
import type { NamedProvider } from '../../src/model/declaration.ts';
import type { OAuth } from '../../src/model/oauth.ts';
import { isNone } from '../../src/model/cell.ts';
import type { ReceivedCall } from '../../src/sandbox.ts';
import { CUSTOMER, type House } from '../support/house.ts';

export const BACK = 'https://gateway.test/oauth/callback';

/** The providers that have OAuth, with what is declared of it. */
export function authorizing(house: House): readonly (readonly [name: string, oauth: OAuth])[] {
  return [...house.registry.values()].flatMap(({ name, oauth }) => (isNone(oauth) ? [] : [[name, oauth] as const]));
}

export function oauthOf({ oauth }: Pick<NamedProvider, 'oauth'>): OAuth {
  if (isNone(oauth)) throw new TypeError('This provider has no OAuth.');
  return oauth;
}

/** Consents, exchanges the code and stores the grant. Answers it, for what must never be seen. */
export async function authorize(house: House, name: string, customer = CUSTOMER): Promise<Grant> {
  const provider = house.registry.get(name);
  const { authorization, app } = house.sandbox(name);
  if (!provider || !authorization) throw new TypeError(`${name} has no authorisation server.`);
  const { authorize_url, token_url, scopes, repeats = [], access_seconds } = oauthOf(provider);
  authorization.register(BACK);
  const { client } = authorization;
  const asked = { client_id: client.client_id, redirect_uri: BACK, response_type: 'code', state: 'state' };
  const query = new URLSearchParams({ ...asked, ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}) });
  const callback = new URL(authorization.consent(`${authorize_url}?${query.toString()}`, { as: customer }))
    .searchParams;
  const sentAt = house.clock.now();
  const body = new URLSearchParams({
    ...client,
    grant_type: 'authorization_code',
    redirect_uri: BACK,
    code: callback.get('code') ?? '',
    ...Object.fromEntries(repeats.map((each) => [each, callback.get(each) ?? ''])),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'test' };
  const answer = await app.fetch(new Request(token_url, { method: 'POST', headers, body: body.toString() }));
  if (answer.status !== 200) throw new Error(await answer.text());
  const { access_token, refresh_token, expires_in = access_seconds } = (await answer.json()) as Answered;
  const grant: Grant = {
    access_token,
    minted_at: sentAt,
    expires_at: sentAt + expires_in * 1000,
    ...(refresh_token === undefined ? {} : { refresh_token }),
  };
  await house.connections.putGrantWith(() => Promise.resolve(true), { customer_id: customer, provider: name }, grant);
  return grant;
}

/** The renewals that have reached the authorisation server. */
export function renewalsAt(house: House, name: string): readonly ReceivedCall[] {
  return house
    .sandbox(name)
    .calls()
    .filter(({ body }) => new URLSearchParams(body).get('grant_type') === 'refresh_token');
}

interface Answered {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}
