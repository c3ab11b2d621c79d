/** The token endpoints of the providers (RFC 6749): codes and refresh tokens are exchanged for tokens, over the house's own sockets. */
import type * as OAuth from 'oauth4webapi';
import type { TokenEndpoint } from '../core/ports.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { GrantError, type Grant } from '../model/grant.ts';
import { DEFAULT_LIMITS, type Exchange, type ExchangeLimits } from './exchange.ts';
import { ExchangeError, type IncomingAnswer } from './message.ts';
import type { OAuthSettings } from '../model/oauth.ts';
import { authorizationServer, clientSettingNames } from './oauth-clients.ts';
import { failureOfAnswer, failureOfExchange, unreadableGrant, type TokenCall } from './token-failure.ts';
import { grantOf, tidyAnswer } from './token-answer.ts';

/** An answer of a token endpoint is small, and a person or a request waits for it. */
const TOKEN_LIMITS = { answerTimeoutMs: 15_000, totalTimeoutMs: 20_000, maxAnswerBytes: 64 * 1024 };

export interface TokenEndpointHouse {
  readonly settings: OAuthSettings;
  readonly exchange: (provider: NamedProvider) => Exchange;
  readonly now: () => number;
  readonly user_agent: string;
}

export function tokenLimits(limits: ExchangeLimits = DEFAULT_LIMITS): ExchangeLimits {
  return {
    ...limits,
    answerTimeoutMs: Math.min(limits.answerTimeoutMs, TOKEN_LIMITS.answerTimeoutMs),
    totalTimeoutMs: Math.min(limits.totalTimeoutMs, TOKEN_LIMITS.totalTimeoutMs),
    maxAnswerBytes: Math.min(limits.maxAnswerBytes, TOKEN_LIMITS.maxAnswerBytes),
  };
}

/** Its failures are GrantErrors. */
export function openTokenEndpoint(house: TokenEndpointHouse): TokenEndpoint {
  return {
    exchangeCode: (provider, { code, redirect_uri, code_verifier, repeated = {} }) => {
      const parameters = new URLSearchParams({ ...repeated, code, redirect_uri });
      if (code_verifier !== undefined) parameters.set('code_verifier', code_verifier);
      const secrets = [code, code_verifier ?? ''];
      return ask(house, provider, { what: 'code', secrets }, ({ oauth, server, client, auth, options }) =>
        oauth.genericTokenEndpointRequest(server, client, auth, 'authorization_code', parameters, options),
      );
    },
    refresh: async (provider, refreshToken, hidden = []) => {
      const call = { what: 'refresh_token', secrets: [refreshToken, ...hidden] } as const;
      const grant = await ask(house, provider, call, ({ oauth, server, client, auth, options }) =>
        oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, options),
      );
      // RFC 6749, 6: without a new one the old one stays.
      return grant.refresh_token === undefined ? { ...grant, refresh_token: refreshToken } : grant;
    },
  };
}

interface Prepared {
  readonly oauth: typeof OAuth;
  readonly server: OAuth.AuthorizationServer;
  readonly client: OAuth.Client;
  readonly auth: OAuth.ClientAuth;
  readonly options: OAuth.TokenEndpointRequestOptions;
}

async function ask(
  house: TokenEndpointHouse,
  provider: NamedProvider,
  asked: { readonly what: TokenCall['what']; readonly secrets: readonly string[] },
  request: (prepared: Prepared) => Promise<Response>,
): Promise<Grant> {
  const at = authorizationServer(provider, house.settings);
  if (!at) throw new TypeError(`${provider.name} declares no OAuth.`);
  if (!at.client) throw new GrantError('misconfigured', missingSettings(provider));
  const { client_id, client_secret } = at.client;
  // Before the clock is read: most gateways never need it, and its loading is no part of what the server takes.
  const oauth = await import('oauth4webapi');
  const sentAt = house.now();
  const call: TokenCall = {
    provider,
    oauth: at.oauth,
    what: asked.what,
    now: house.now,
    secrets: [client_secret, ...asked.secrets].filter((secret) => secret !== ''),
  };
  const server = { issuer: new URL(at.oauth.token_url).origin, token_endpoint: at.oauth.token_url };
  const client = { client_id };
  let answer: IncomingAnswer | undefined;
  const options: OAuth.TokenEndpointRequestOptions = {
    headers: { 'user-agent': house.user_agent },
    // The operator may have pointed it elsewhere, on this machine also in the clear; the library knows the declared URL.
    [oauth.customFetch]: async (_url, { headers, body }) => {
      const { origin, pathname: path } = new URL(at.token_url);
      const outgoing = { method: 'POST', origin, path, headers, body: body.toString() };
      answer = await house.exchange(provider)(outgoing);
      return responseOf(answer);
    },
  };
  try {
    const response = await request({ oauth, server, client, auth: oauth.ClientSecretPost(client_secret), options });
    const tokens = await oauth.processGenericTokenEndpointResponse(server, client, response);
    return grantOf(tokens, { sentAt, standardSeconds: at.oauth.access_seconds });
  } catch (error) {
    if (error instanceof ExchangeError) throw failureOfExchange(call, error);
    if (!answer) throw error;
    const failed = error instanceof oauth.ResponseBodyError || !isSuccess(answer);
    throw failed ? failureOfAnswer(call, answer, error) : unreadableGrant(call, answer, error);
  }
}

/** What the library reads of an answer; a challenge in a header would hide what the body says. */
function responseOf(answer: IncomingAnswer): Response {
  const { status, headers, text } = answer;
  const type = headers['content-type'];
  const refused = status >= 400 && status <= 499;
  return new Response(tidyAnswer(text), {
    status: isSuccess(answer) ? 200 : refused ? status : 500,
    headers: type === undefined ? {} : { 'content-type': type },
  });
}

/** Only 200 is foreseen; a pair that came with another success is not thrown away for that. */
function isSuccess({ status }: IncomingAnswer): boolean {
  return status >= 200 && status <= 299;
}

function missingSettings({ name, title }: NamedProvider): string {
  return `the operator of this gateway has not set ${clientSettingNames(name).join(' and ')}, which ${title} needs`;
}
