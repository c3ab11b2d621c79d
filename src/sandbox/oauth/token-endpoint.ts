/** Codes and refresh tokens against access tokens: RFC 6749, 3.2, 4.1.3, 5 and 6. */
import type { ForcedAnswer } from '../faults.ts';
import { PKCE, type ConsentDesk } from './consent.ts';
import type { GrantBook, Minted } from './grants.ts';
import type { OAuthRules } from './rules.ts';

export interface TokenRequest {
  readonly contentType: string;
  readonly authorization: string | undefined;
  readonly text: string;
}

export interface TokenEndpoint {
  readonly rules: OAuthRules;
  readonly desk: ConsentDesk;
  readonly book: GrantBook;
  readonly now: () => number;
}

type Fields = ReadonlyMap<string, string>;

export function answerToken(endpoint: TokenEndpoint, request: TokenRequest): ForcedAnswer {
  const { rules } = endpoint;
  const fields = readFields(request, rules.bodies);
  if (typeof fields === 'string') return refused('invalid_request', fields);
  const pkce = PKCE.find((name) => fields.has(name));
  if (pkce !== undefined) return refused('invalid_request', `${pkce} is not a known parameter.`);
  if (!isClient(rules, request.authorization, fields)) return wrongClient(request.authorization);
  switch (fields.get('grant_type')) {
    case undefined:
      return refused('invalid_request', 'grant_type is missing.');
    case 'authorization_code':
      return exchangeCode(endpoint, fields);
    case 'refresh_token':
      return refreshTokens(endpoint, fields);
    default:
      return refused('unsupported_grant_type', 'This grant_type is not supported.');
  }
}

function exchangeCode({ rules, desk, book, now }: TokenEndpoint, fields: Fields): ForcedAnswer {
  const missing = ['code', 'redirect_uri', ...Object.keys(rules.repeats?.('') ?? {})].find((name) => !fields.get(name));
  if (missing !== undefined) return refused('invalid_request', `${missing} is missing.`);
  const text = fields.get('code') ?? '';
  const code = desk.code(text);
  if (!code) return refused('invalid_grant', 'The code is unknown, has expired or was used before.');
  const bound = { redirect_uri: code.redirect_uri, ...code.repeats };
  const other = Object.entries(bound).find(([name, value]) => fields.get(name) !== value);
  if (other) return refused('invalid_grant', `${other[0]} is another than the code was given out with.`);
  const minted = book.open(code);
  if (minted === 'too_soon') return tooSoon(rules);
  desk.spend(text);
  return tokenAnswer(rules, minted, now());
}

function refreshTokens({ rules, book, now }: TokenEndpoint, fields: Fields): ForcedAnswer {
  const token = fields.get('refresh_token');
  if (!token) return refused('invalid_request', 'refresh_token is missing.');
  const minted = book.refresh(token);
  if (minted === 'unknown')
    return refused('invalid_grant', 'The refresh token is unknown, has expired or was revoked.');
  if (minted === 'too_soon') return tooSoon(rules);
  return tokenAnswer(rules, minted, now());
}

function tokenAnswer(rules: OAuthRules, minted: Minted, now: number): ForcedAnswer {
  const { token_type, created_at } = rules.answer;
  const { access_token, refresh_token, expires_in, scopes } = minted;
  return {
    status: 200,
    headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
    body: {
      access_token,
      token_type,
      expires_in,
      ...(refresh_token === undefined ? {} : { refresh_token }),
      scope: scopes.join(' '),
      ...(created_at ? { created_at: Math.floor(now / 1000) } : {}),
    },
  };
}

function tooSoon({ mint }: OAuthRules): ForcedAnswer {
  if (!mint) throw new Error('This server has no limit for new tokens.');
  return mint.refusal();
}

function refused(error: string, error_description: string, status = 400): ForcedAnswer {
  return { status, headers: { 'cache-control': 'no-store' }, body: { error, error_description } };
}

function wrongClient(authorization: string | undefined): ForcedAnswer {
  const answer = refused('invalid_client', 'The client is unknown, or its secret is wrong.', 401);
  if (authorization === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Basic realm="sandbox"' } };
}

/** In the body or in the header, and not in both: RFC 6749, 2.3. */
function isClient({ client, basic }: OAuthRules, authorization: string | undefined, fields: Fields): boolean {
  const [id, secret] = [fields.get('client_id'), fields.get('client_secret')];
  if (authorization === undefined) return id === client.client_id && secret === client.client_secret;
  if (!basic || secret !== undefined || (id !== undefined && id !== client.client_id)) return false;
  const encoded = /^Basic (\S+)$/i.exec(authorization)?.[1] ?? '';
  const named = [client.client_id, client.client_secret].map((each) => encodeURIComponent(each)).join(':');
  return decodedBase64(encoded) === named;
}

function decodedBase64(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}

/** What is wrong with the body, in words, or its fields. */
function readFields({ contentType, text }: TokenRequest, bodies: OAuthRules['bodies']): Fields | string {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  const isForm = type === 'application/x-www-form-urlencoded' && bodies.includes('form');
  const isJson = type === 'application/json' && bodies.includes('json');
  if (!isForm && !isJson) return 'The content type of the request is not one that is taken here.';
  const entries = isForm ? [...new URLSearchParams(text)] : entriesOf(text);
  if (!entries) return 'The body is not a JSON object of strings.';
  const fields = new Map(entries);
  return fields.size === entries.length ? fields : 'A parameter is there twice.';
}

function entriesOf(text: string): [string, string][] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    const entries = Object.entries(parsed);
    return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string') ? entries : undefined;
  } catch {
    return undefined;
  }
}
