/** What happens in the browser: who asks, for what, where the answer goes, and the codes that are given out. */
import type { OAuthRules } from './rules.ts';

export interface ConsentOptions {
  /** The person says no. */
  readonly deny?: boolean;
  /** Who is at the browser; `somebody` if it is left out. The tokens are that person's. */
  readonly as?: string;
}

/** A code that is not exchanged yet, with what it is bound to. */
export interface Code {
  readonly person: string;
  readonly scopes: readonly string[];
  readonly redirect_uri: string;
  readonly repeats: Readonly<Record<string, string>>;
  readonly until: number;
}

export interface ConsentDesk {
  /** @throws {TypeError} for an address that the provider's own form would refuse. */
  readonly register: (uri: string) => void;
  /**
   * Where the browser is sent.
   * @throws {RefusedInBrowser} where the server shows an error and sends it nowhere.
   */
  readonly decide: (asked: URLSearchParams, options?: ConsentOptions) => string;
  readonly code: (code: string) => Code | undefined;
  /** A code is good once. */
  readonly spend: (code: string) => void;
  readonly clear: () => void;
}

export class RefusedInBrowser extends Error {
  override readonly name = 'RefusedInBrowser';
}

/** The most that RFC 6749, 4.1.2 recommends. */
const CODE_MS = 600_000;

const ONCE = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state'];

/** None of the providers is known to take RFC 7636, so that nothing may depend on it. */
export const PKCE = ['code_challenge', 'code_challenge_method', 'code_verifier'];

export function consentDesk(rules: OAuthRules, now: () => number): ConsentDesk {
  const registered = new Set<string>();
  const codes = new Map<string, Code>();

  function refusalOf(asked: URLSearchParams, scopes: readonly string[] | undefined): string | undefined {
    if (ONCE.some((name) => asked.getAll(name).length > 1)) return 'invalid_request';
    if (PKCE.some((name) => asked.has(name))) return 'invalid_request';
    if (!asked.has('response_type')) return 'invalid_request';
    if (asked.get('response_type') !== 'code') return 'unsupported_response_type';
    return scopes === undefined ? 'invalid_scope' : undefined;
  }

  return {
    register: (uri) => {
      const { https_only, most = Infinity } = rules.redirects;
      if (!isSafe(uri, https_only))
        throw new TypeError(`A redirect URI is https${https_only ? '' : ' or on loopback'}, without a fragment.`);
      if (!registered.has(uri) && registered.size >= most)
        throw new TypeError(`At most ${most} redirect URIs can be registered.`);
      registered.add(uri);
    },
    decide: (asked, { deny = false, as: person = 'somebody' } = {}) => {
      // Whoever these two do not prove must not be sent anything: RFC 6749, 4.1.2.1.
      if (asked.get('client_id') !== rules.client.client_id)
        throw new RefusedInBrowser('There is no application with this client_id.');
      const redirect_uri = asked.get('redirect_uri') ?? '';
      if (!registered.has(redirect_uri))
        throw new RefusedInBrowser('This redirect_uri is not registered with the application.');

      const back = new URL(redirect_uri);
      const scopes = rules.grantedTo(asked.get('scope') ?? '');
      const refused = refusalOf(asked, scopes) ?? (deny ? 'access_denied' : undefined);
      const answer = refused === undefined ? grant(person, scopes ?? [], redirect_uri) : { error: refused };
      for (const [name, value] of Object.entries(answer)) back.searchParams.append(name, value);
      const state = asked.get('state');
      if (state !== null) back.searchParams.append('state', state);
      return back.href;
    },
    code: (code) => {
      const found = codes.get(code);
      return found && now() < found.until ? found : undefined;
    },
    spend: (code) => {
      codes.delete(code);
    },
    clear: () => {
      codes.clear();
    },
  };

  function grant(person: string, scopes: readonly string[], redirect_uri: string): Readonly<Record<string, string>> {
    for (const [each, { until }] of codes) if (until <= now()) codes.delete(each);
    const code = `sandbox-code-${crypto.randomUUID()}`;
    const repeats = rules.repeats?.(scopes.join(' ')) ?? {};
    codes.set(code, { person, scopes, redirect_uri, repeats, until: now() + CODE_MS });
    return { code, ...repeats };
  }
}

function isSafe(uri: string, httpsOnly: boolean): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, hash } = new URL(uri);
  if (hash !== '' || uri.includes('#')) return false;
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback && !httpsOnly);
}
