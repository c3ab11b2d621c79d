/** The authorisation server of a sandbox: what a test controls, and what its app serves. */
import type { Hono } from 'hono';
import { consentDesk, RefusedInBrowser, type ConsentOptions } from './consent.ts';
import { grantBook, type Granted, type TokenCount } from './grants.ts';
import { addOAuthRoutes, placeOf, type Place } from './routes.ts';
import type { OAuthClient, OAuthRules } from './rules.ts';

/** The authorisation server as its operator, the person at the browser and a test see it. */
export interface Authorization {
  /** The hosts of the real server that are not the API's. */
  readonly origins: readonly string[];
  /** The application that is registered. */
  readonly client: OAuthClient;
  /**
   * Registers a redirect URI, which is then compared as it is. A reset does not forget it.
   * @throws {TypeError} for an address that the provider's own form would refuse.
   */
  readonly register: (uri: string) => void;
  /**
   * What a person does at the browser: takes the address where the gateway sent it, on the provider's host or on
   * loopback, and answers where it is sent back to.
   * @throws {RefusedInBrowser} where the server shows an error instead: another address, client or redirect URI.
   */
  readonly consent: (authorizeUrl: string, options?: ConsentOptions) => string;
  /** All access tokens, or those of one person, have run out. */
  readonly expireAccess: (person?: string) => void;
  /** The person, or everybody, has withdrawn the grant: no token of either kind is good any more. */
  readonly revoke: (person?: string) => void;
  readonly tokens: (person?: string) => TokenCount;
  /** Until a reset, new access tokens live for so many seconds, and say so. */
  readonly changeLifetime: (seconds: number) => void;
}

export interface AuthorizationServer {
  readonly authorization: Authorization;
  /** To be called before the sandbox's own routes are added. */
  readonly mount: (app: Hono) => void;
  /** What a live access token may do. */
  readonly access: (token: string) => Granted | undefined;
  /** Forgets tokens and codes. */
  readonly reset: () => void;
}

/** @param now milliseconds since the epoch: codes and tokens live by it */
export function authorizationServer(rules: OAuthRules, now: () => number): AuthorizationServer {
  const life = { seconds: rules.access_seconds };
  const desk = consentDesk(rules, now);
  const book = grantBook(rules, now, () => life.seconds);
  const place = placeOf(rules.authorize_url);
  const hosts = [place.origin, new URL(rules.token_url).origin];
  const origins = [...new Set(hosts)].filter((each) => each !== rules.api_origin);

  return {
    authorization: {
      origins,
      client: rules.client,
      register: desk.register,
      consent: (url, options) => desk.decide(queryOf(url, place), options),
      expireAccess: book.expireAccess,
      revoke: book.revoke,
      tokens: book.count,
      changeLifetime: (seconds) => {
        life.seconds = seconds;
      },
    },
    mount: (app) => {
      addOAuthRoutes(app, { rules, desk, book, now }, origins);
    },
    access: book.access,
    reset: () => {
      life.seconds = rules.access_seconds;
      desk.clear();
      book.clear();
    },
  };
}

/** What the authorize page reads of its address. */
function queryOf(url: string, { origin, path, route }: Place): URLSearchParams {
  const asked = new URL(url);
  const isLoopback = asked.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(asked.hostname);
  const [, behind = '', query = ''] = /^#?([^?]*)\??(.*)$/s.exec(asked.hash) ?? [];
  const isThere = (asked.origin === origin || isLoopback) && asked.pathname === path && behind === (route ?? '');
  if (!isThere) throw new RefusedInBrowser('The page that asks for consent is not there.');
  if (route === undefined) return asked.searchParams;
  if (asked.search !== '') throw new RefusedInBrowser('The page reads only what stands behind its hash route.');
  return new URLSearchParams(query);
}
