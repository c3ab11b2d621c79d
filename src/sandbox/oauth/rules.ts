/** What tells one authorisation server from another; the rest is RFC 6749, in its strictest reading. */
import type { ForcedAnswer } from '../faults.ts';

/** The one application that is registered with a sandbox. */
export interface OAuthClient {
  readonly client_id: string;
  readonly client_secret: string;
}

export interface OAuthRules {
  readonly client: OAuthClient;
  /** Where the API is, which may be another host. */
  readonly api_origin: string;
  /** As the provider writes them. Where the first has a `#`, its query stands after it. */
  readonly authorize_url: string;
  readonly token_url: string;
  /** How the token endpoint takes its fields. */
  readonly bodies: readonly ('form' | 'json')[];
  /** Whether the client may name itself in the Authorization header too; in the body it always may. */
  readonly basic?: boolean;
  readonly redirects: RedirectRules;
  /** What is granted to who asks for this; undefined for what the server does not know. Nothing asked for is ''. */
  readonly grantedTo: (scope: string) => readonly string[] | undefined;
  /** More parameters of the callback, which the exchange must repeat. */
  readonly repeats?: (scope: string) => Readonly<Record<string, string>>;
  readonly access_seconds: number;
  /** For ever if it is left out. */
  readonly refresh_seconds?: number;
  readonly refresh: RefreshRules;
  /** Of more than one access token for a person in so many seconds, the second is refused like this. */
  readonly mint?: { readonly seconds: number; readonly refusal: () => ForcedAnswer };
  /** A token of its own, made from 36 characters that no other has. */
  readonly tokenOf: (kind: 'access' | 'refresh', unique: string) => string;
  /** `created_at` of the answer is left out where it is not documented. */
  readonly answer: { readonly token_type: string; readonly created_at: boolean };
}

export interface RedirectRules {
  /** Whether http is refused on loopback too. */
  readonly https_only: boolean;
  readonly most?: number;
}

export interface RefreshRules {
  /** What the answer to a refresh has: another refresh token, the same, or none. */
  readonly gives: 'another' | 'same' | 'none';
  /** Whether the refresh token before goes on, where another is given. */
  readonly old_refresh: 'dies' | 'lives';
  readonly old_access: 'dies' | 'lives';
  /** Whose older tokens those are: the grant's, or all that the person has given this client. */
  readonly reach: 'grant' | 'person';
}
