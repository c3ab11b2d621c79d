/** How an account is connected by its owner's consent: the authorization code grant of OAuth 2.0 (RFC 6749, 4.1). */

export interface OAuth {
  /** Where the owner's browser is sent. A hash route stays one: the query is put after it. */
  readonly authorize_url: string;
  /** Where codes and refresh tokens are exchanged. */
  readonly token_url: string;
  /** What the operations of the adapter need, each with its reason in the provider's README. Empty where none is asked for. */
  readonly scopes: readonly string[];
  /** Whether the server takes a code challenge (RFC 7636, S256). */
  readonly pkce: boolean;
  /** Parameters of the callback that the exchange must repeat. */
  readonly repeats?: readonly string[];
  /** What a refresh does to the pair before it: `rotates` revokes it or may, `keeps` leaves the refresh token as it is. */
  readonly refresh_token: 'rotates' | 'keeps';
  /** Whether a 400 to a refresh means that the grant is dead, whatever its body says of it; else only `invalid_grant` does. */
  readonly dead_grant: 'invalid_grant' | 'any_400';
  /** How long an access token is good for where the answer does not say. */
  readonly access_seconds: number;
  /** A refresh token that is not used for so long is refused. */
  readonly idle_days?: number;
  /** The server mints one access token for an account in so many seconds, and answers 429 to a second one. */
  readonly mint_seconds?: number;
}

/** The gateway as the operator has registered it with an authorisation server. */
export interface OAuthClient {
  readonly client_id: string;
  readonly client_secret: string;
}

export interface OAuthSettings {
  /** By provider. */
  readonly clients: ReadonlyMap<string, OAuthClient>;
  /** Where the operator points an authorisation server instead of at its own origin, by provider. */
  readonly origins: ReadonlyMap<string, string>;
}
