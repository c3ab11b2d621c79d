/** The gateway as a client of the authorisation servers: what the operator has registered, and where the servers are. */
import { isNone } from '../model/cell.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { OAuth, OAuthClient, OAuthSettings } from '../model/oauth.ts';

export const NO_OAUTH: OAuthSettings = { clients: new Map(), origins: new Map() };

/** A provider's authorisation server with the operator's settings; URLs are where the operator has pointed them. */
export interface AuthorizationServer {
  readonly oauth: OAuth;
  readonly authorize_url: string;
  readonly token_url: string;
  /** Absent where the operator has registered none. */
  readonly client: OAuthClient | undefined;
}

/** Undefined where the provider has no OAuth. */
export function authorizationServer(
  { name, oauth }: NamedProvider,
  { clients, origins }: OAuthSettings,
): AuthorizationServer | undefined {
  if (isNone(oauth)) return undefined;
  const moved = (url: string): string => {
    const origin = origins.get(name);
    // By hand: what stands behind the # of a hash route stays where it is.
    return origin === undefined ? url : origin + url.slice(new URL(url).origin.length);
  };
  const [authorize_url, token_url] = [moved(oauth.authorize_url), moved(oauth.token_url)];
  return { oauth, authorize_url, token_url, client: clients.get(name) };
}

/** The names of the two settings that register the gateway with a provider's authorisation server. */
export function clientSettingNames(provider: string): readonly [id: string, secret: string] {
  const name = provider.toUpperCase();
  return [`STEPGATE_OAUTH_${name}_CLIENT_ID`, `STEPGATE_OAUTH_${name}_CLIENT_SECRET`];
}
