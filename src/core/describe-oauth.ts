/** The authorization of accounts as data for `GET /providers` and the documents, and the mistakes that a declaration of it can have. */
import { isNone, type None } from '../model/cell.ts';
import type { Provider } from '../model/declaration.ts';
import type { OAuth } from '../model/oauth.ts';

export function describeOAuth(oauth: OAuth | None) {
  return isNone(oauth) ? { support: 'none', because: oauth.because } : { support: 'native', ...oauth };
}

/** A row for each fact: its name, and what each declaration says. */
export function oauthRows(declared: readonly (OAuth | None)[]): readonly (readonly string[])[] {
  return Object.entries(ROWS).map(([name, say]) => [
    name,
    ...declared.map((oauth) => (isNone(oauth) ? 'no' : say(oauth))),
  ]);
}

/** The mistakes, each a sentence; empty when it is whole. */
export function checkOAuth({ credentials }: Pick<Provider, 'credentials'>, oauth: OAuth): readonly string[] {
  const { authorize_url: page, token_url: endpoint, scopes, repeats = [], access_seconds: access } = oauth;
  const { idle_days: idle = 1, mint_seconds: mint = 1 } = oauth;
  const words = [...scopes, ...repeats];
  return [
    ...(isHttps(page) ? [] : ['oauth.authorize_url must be https without a query or a user.']),
    ...(isHttps(endpoint) && !endpoint.includes('#')
      ? []
      : ['oauth.token_url must be https without a query, a fragment or a user.']),
    ...(words.every((word) => SCOPE.test(word))
      ? []
      : ['oauth.scopes and oauth.repeats are words without spaces, quotes and backslashes.']),
    ...(new Set(scopes).size < scopes.length ? ['oauth.scopes has a scope twice.'] : []),
    ...(repeats.some((name) => NEVER_REPEATED.has(name)) ? ['oauth.repeats has what the exchange sends anyway.'] : []),
    ...([access, idle, mint].every((each) => Number.isSafeInteger(each) && each > 0)
      ? []
      : ['oauth.access_seconds, idle_days and mint_seconds are whole numbers above 0.']),
    ...(credentials.access_token === undefined ? ['oauth needs a header for access_token.'] : []),
  ];
}

const ROWS: Readonly<Record<string, (oauth: OAuth) => string>> = {
  scopes: ({ scopes }) => scopes.map((scope) => `\`${scope}\``).join(' ') || 'those of the application',
  'access token': ({ access_seconds: seconds }) => spanOf(seconds),
  'refresh token': ({ idle_days: days, refresh_token: what }) =>
    `${days === undefined ? 'no end known' : `dies after ${String(days)} d unused`}, ${what === 'rotates' ? 'new with each refresh' : 'stays the same'}`,
  'one access token in': ({ mint_seconds: seconds }) =>
    seconds === undefined ? 'no limit known' : `${String(seconds)} s`,
  PKCE: ({ pkce }) => (pkce ? 'yes' : 'not known to be taken'),
};

/** RFC 6749, 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const NEVER_REPEATED = new Set(['code', 'state', 'grant_type', 'client_id', 'client_secret', 'redirect_uri']);

function isHttps(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, username, hash } = new URL(text);
  return protocol === 'https:' && search === '' && username === '' && !hash.includes('?') && !text.endsWith('/');
}

function spanOf(seconds: number): string {
  if (seconds % 86_400 === 0) return `${String(seconds / 86_400)} d`;
  return seconds % 3_600 === 0 ? `${String(seconds / 3_600)} h` : `${String(seconds)} s`;
}
