/** Where the owner of an account is sent to give consent (RFC 6749, 4.1.1). */
import { createHash } from 'node:crypto';
import type { OAuth } from '../model/oauth.ts';

export const CALLBACK_PATH = '/oauth/callback';

/** What has to be registered with each provider's application. */
export function callbackUrl(publicUrl: string): string {
  return `${publicUrl}${CALLBACK_PATH}`;
}

export interface ConsentRequest {
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly state: string;
  /** Sent as its challenge only, and only where the server takes one. */
  readonly code_verifier: string;
}

/** The URL for the browser. Of a hash route the query stands after the `#`, where the page at the provider looks for it. */
export function authorizeUrl(
  { authorize_url, scopes, pkce }: Pick<OAuth, 'authorize_url' | 'scopes' | 'pkce'>,
  { client_id, redirect_uri, state, code_verifier }: ConsentRequest,
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri,
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
    state,
    ...(pkce ? { code_challenge: challengeOf(code_verifier), code_challenge_method: 'S256' } : {}),
  });
  const route = authorize_url.slice(authorize_url.indexOf('#') + 1);
  // A space as %20 is read alike by whoever decodes a form and whoever decodes a URI; a plus is not.
  return `${authorize_url}${route.includes('?') ? '&' : '?'}${query.toString().replaceAll('+', '%20')}`;
}

/** RFC 7636, 4.2. */
function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
