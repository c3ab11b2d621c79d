/** Where providers and their authorisation servers are reached. */
import { isNone } from '../model/cell.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { OAuthSettings } from '../model/oauth.ts';
import { isPrivateLiteral } from '../upstream/addresses.ts';
import { OAUTH_ORIGIN_PREFIX, readOAuthClients, refuseOAuthOf } from './oauth-clients.ts';
import { ConfigError, readBaseUrl, readFlag, type Environment } from './settings.ts';

export interface UpstreamConfig {
  /** Where the operator points a provider, by provider. */
  readonly baseUrls: ReadonlyMap<string, string>;
  /** The gateway as a client of the providers' authorisation servers. */
  readonly oauth: OAuthSettings;
  /** Whether providers may be on this machine and its network. */
  readonly allowPrivateUpstreams: boolean;
}

/** What the settings of a provider hang on. */
export type Reached = Pick<NamedProvider, 'name' | 'oauth'>;

const BASE_URL_PREFIX = 'STEPGATE_BASE_URL_';
const ALLOW_PRIVATE = 'STEPGATE_ALLOW_PRIVATE_UPSTREAMS';

export function readUpstreams(env: Environment, providers: readonly Reached[]): UpstreamConfig {
  const allowPrivateUpstreams = readFlag(env, ALLOW_PRIVATE, false);
  const baseUrls = readUrls(
    env,
    BASE_URL_PREFIX,
    providers.map(({ name }) => name),
  );
  const [without, withOAuth] = [true, false].map((none) =>
    providers.flatMap(({ name, oauth }) => (isNone(oauth) === none ? [name] : [])),
  ) as [string[], string[]];
  refuseOAuthOf(env, without);
  const origins = readUrls(env, OAUTH_ORIGIN_PREFIX, withOAuth);
  for (const [prefix, urls] of [
    [BASE_URL_PREFIX, baseUrls],
    [OAUTH_ORIGIN_PREFIX, origins],
  ] as const) {
    if (!allowPrivateUpstreams) requirePublic(prefix, urls);
  }
  return { baseUrls, oauth: { clients: readOAuthClients(env, withOAuth), origins }, allowPrivateUpstreams };
}

/** Names are looked at when they are resolved: what they resolve to changes. */
function requirePublic(prefix: string, urls: ReadonlyMap<string, string>): void {
  for (const [name, url] of urls) {
    if (!isPrivateLiteral(new URL(url).hostname)) continue;
    throw new ConfigError(
      `${prefix}${name.toUpperCase()} is a private address, which the gateway does not call: a public one would be safe. Set ${ALLOW_PRIVATE}=true if it is meant.`,
    );
  }
}

/** The URL that each variable with the prefix gives to the provider that it names. */
function readUrls(env: Environment, prefix: string, providers: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map(providers.map((name) => [prefix + name.toUpperCase(), name]));
  const set = Object.keys(env).filter((variable) => variable.startsWith(prefix));
  return new Map(
    set.flatMap((variable) => {
      const name = names.get(variable);
      if (name === undefined)
        throw new ConfigError(`${variable} names no provider. Known: ${[...names.keys()].join(', ')}.`);
      // Like every setting: one that is empty is not set.
      const url = env[variable] ?? '';
      return url === '' ? [] : [[name, readBaseUrl(variable, url)]];
    }),
  );
}
