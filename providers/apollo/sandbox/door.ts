import type { Granted } from '#sandbox';
import { refuse } from './replies.ts';
import type { Reply } from './replies.ts';

export const API_KEY = 'apollo-sandbox-key';
export const ACCESS_TOKEN = 'apollo-sandbox-token';

export interface Knock {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

/** What a token that was given out may do. The sandbox's fixed token is none of those, and may do everything. */
export type GrantOf = (token: string) => Granted | undefined;

/** Whether the call is the team's, by any of its credentials. */
export function isOfTeam(header: Knock['header'], granted: GrantOf): boolean {
  const token = tokenOf(header('authorization') ?? '');
  return header('x-api-key') === API_KEY || token === ACCESS_TOKEN || granted(token) !== undefined;
}

/** Refuses what Apollo refuses before it looks at the endpoint; nothing for a caller who may come in. */
export function admit(knock: Knock, granted: GrantOf): Reply | undefined {
  // One client of 2026-03 reports it for a PUT or POST without User-Agent, with a valid key. It gives no status.
  if (['POST', 'PUT'].includes(knock.method) && !knock.header('user-agent')) return refuse(401, 'Api key required');
  // Until 2023 the key was sent there; the code is known from public clients, the wording is not.
  if ('api_key' in knock.query || hasKeyInBody(knock.text)) {
    return refuse(422, 'The API key must be sent in the x-api-key header.', 'INVALID_API_KEY_LOCATION');
  }
  const authorization = knock.header('authorization');
  if (authorization !== undefined) return admitToken(authorization, granted);
  if (knock.header('x-api-key') === API_KEY) return undefined;
  return unknownKey();
}

/** A key that was deleted is one that nobody knows. */
export function unknownKey(): Reply {
  return {
    status: 401,
    body: 'Invalid API key. See https://docs.apollo.io/reference/authentication for how to authenticate.',
  };
}

/** The code is documented for OAuth, the wording is the sandbox's own. */
export function deadToken(): Reply {
  return refuse(401, 'The access token is invalid or has expired.', 'INVALID_ACCESS_TOKEN');
}

/** OAuth reaches only what is in the public documentation (docs.apollo.io, OAuth 2.0 for partners, 2025-10-23). */
export function admitUndocumented(knock: Knock): Reply | undefined {
  if (knock.header('authorization') === undefined) return undefined;
  return inaccessible(knock);
}

/** A token has only the scopes that were asked for. */
export function admitScope(knock: Knock, scope: string, granted: GrantOf): Reply | undefined {
  const held = granted(tokenOf(knock.header('authorization') ?? ''));
  return held && !held.scopes.includes(scope) ? inaccessible(knock) : undefined;
}

/** The body as an object; an empty one counts as no parameters. */
export function readBody(knock: Knock): { readonly body: Readonly<Record<string, unknown>> } | Reply {
  if (knock.text === '') return { body: {} };
  if (!/^application\/json\s*(;|$)/i.test(knock.header('content-type') ?? '')) {
    return refuse(400, 'The request could not be parsed: its content type is not application/json.');
  }
  const body = parseObject(knock.text);
  return body ? { body } : refuse(400, 'The request could not be parsed: its body is not a JSON object.');
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An API key as a bearer is refused in plain text: https://github.com/oomol-lab/open-connector/issues/80, 2026-07-11. */
function admitToken(authorization: string, granted: GrantOf): Reply | undefined {
  const token = tokenOf(authorization);
  if (token === ACCESS_TOKEN || granted(token)) return undefined;
  if (token === '' || token === API_KEY) return { status: 401, body: 'Invalid access credentials.' };
  return deadToken();
}

function inaccessible({ path }: Knock): Reply {
  return refuse(403, `${path.slice(1)} is not accessible with this access token`, 'API_INACCESSIBLE');
}

function tokenOf(authorization: string): string {
  return /^Bearer (.+)$/i.exec(authorization)?.[1] ?? '';
}

function hasKeyInBody(text: string): boolean {
  return Object.hasOwn(parseObject(text) ?? {}, 'api_key');
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
