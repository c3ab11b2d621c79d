/** The tokens that a sandbox has given out, and what has become of them. */
import type { OAuthRules } from './rules.ts';

export interface Granted {
  readonly person: string;
  readonly scopes: readonly string[];
}

/** How many tokens are alive, and how many access tokens were ever given out. */
export interface TokenCount {
  readonly access: number;
  readonly refresh: number;
  readonly minted: number;
}

export interface Minted {
  readonly access_token: string;
  readonly refresh_token?: string;
  /** Seconds that the access token is good for. */
  readonly expires_in: number;
  readonly scopes: readonly string[];
}

export interface GrantBook {
  /** A new grant with its first pair, or `too_soon`. */
  readonly open: (granted: Granted) => Minted | 'too_soon';
  readonly refresh: (refreshToken: string) => Minted | 'too_soon' | 'unknown';
  /** What a live access token may do. */
  readonly access: (token: string) => Granted | undefined;
  readonly count: (person?: string) => TokenCount;
  readonly expireAccess: (person?: string) => void;
  readonly revoke: (person?: string) => void;
  readonly clear: () => void;
}

interface Token extends Granted {
  readonly grant: number;
  readonly until: number;
}

type Tokens = Map<string, Token>;

export function grantBook(rules: OAuthRules, now: () => number, accessSeconds: () => number): GrantBook {
  const { refresh_seconds = Infinity, tokenOf } = rules;
  const access: Tokens = new Map();
  const refresh: Tokens = new Map();
  const mints = new Map<string, { readonly times: number; readonly last: number }>();
  let grants = 0;

  const live = (tokens: Tokens, token: string): Token | undefined => {
    const found = tokens.get(token);
    return found && now() < found.until ? found : undefined;
  };
  const isTooSoon = (person: string): boolean => {
    return now() < (mints.get(person)?.last ?? -Infinity) + (rules.mint?.seconds ?? 0) * 1000;
  };

  function put(tokens: Tokens, kind: 'access' | 'refresh', token: Omit<Token, 'until'>, seconds: number): string {
    for (const [each, { until }] of tokens) if (until <= now()) tokens.delete(each);
    const text = tokenOf(kind, crypto.randomUUID());
    tokens.set(text, { ...token, until: now() + seconds * 1000 });
    return text;
  }

  function mint(granted: Omit<Token, 'until'>): Omit<Minted, 'refresh_token'> {
    mints.set(granted.person, { times: (mints.get(granted.person)?.times ?? 0) + 1, last: now() });
    const expires_in = accessSeconds();
    return { access_token: put(access, 'access', granted, expires_in), expires_in, scopes: granted.scopes };
  }

  /** What goes when a new pair comes. */
  function retire(grant: number, person: string): void {
    const { reach, old_access, old_refresh, gives } = rules.refresh;
    const isOlder = (each: Token): boolean => (reach === 'grant' ? each.grant === grant : each.person === person);
    if (old_access === 'dies') drop(access, isOlder);
    if (gives === 'another' && old_refresh === 'dies') drop(refresh, isOlder);
  }

  return {
    open: ({ person, scopes }) => {
      if (isTooSoon(person)) return 'too_soon';
      grants += 1;
      const granted = { person, scopes, grant: grants };
      retire(grants, person);
      return { ...mint(granted), refresh_token: put(refresh, 'refresh', granted, refresh_seconds) };
    },
    refresh: (refreshToken) => {
      const held = live(refresh, refreshToken);
      if (!held) return 'unknown';
      if (isTooSoon(held.person)) return 'too_soon';
      const { person, scopes, grant } = held;
      retire(grant, person);
      const minted = mint({ person, scopes, grant });
      const { gives } = rules.refresh;
      if (gives === 'none') return minted;
      if (gives === 'same') return { ...minted, refresh_token: refreshToken };
      return { ...minted, refresh_token: put(refresh, 'refresh', { person, scopes, grant }, refresh_seconds) };
    },
    access: (token) => live(access, token),
    count: (person) => {
      const alive = (tokens: Tokens): number =>
        [...tokens.values()].filter((each) => isOf(each, person) && now() < each.until).length;
      return {
        access: alive(access),
        refresh: alive(refresh),
        minted: [...mints].reduce((sum, [each, { times }]) => (isOf({ person: each }, person) ? sum + times : sum), 0),
      };
    },
    expireAccess: (person) => {
      drop(access, (each) => isOf(each, person));
    },
    revoke: (person) => {
      for (const tokens of [access, refresh]) drop(tokens, (each) => isOf(each, person));
    },
    clear: () => {
      access.clear();
      refresh.clear();
      mints.clear();
    },
  };
}

function isOf(each: { readonly person: string }, person: string | undefined): boolean {
  return person === undefined || each.person === person;
}

function drop(tokens: Tokens, which: (token: Token) => boolean): void {
  for (const [each, token] of tokens) if (which(token)) tokens.delete(each);
}
