/** Apollo's authorisation server for partners: docs.apollo.io, "Use OAuth 2.0 authorization flow", 2025-10-23. */
import { authorizationServer } from '#sandbox';
import type { AuthorizationServer } from '#sandbox';
import { SCOPES } from './scopes.ts';

export const ORIGIN = 'https://api.apollo.io';

interface Setting {
  readonly now: () => number;
  /** Whether http is taken on loopback: Apollo wants https and is not known to except anything. */
  readonly loopback: boolean;
}

/** What a refresh token's own life is, is not documented: here it has no end. */
export function apolloAuthorization({ now, loopback }: Setting): AuthorizationServer {
  return authorizationServer(
    {
      client: { client_id: 'apollo-sandbox-client', client_secret: 'apollo-sandbox-client-secret' },
      api_origin: ORIGIN,
      authorize_url: 'https://app.apollo.io/#/oauth/authorize',
      token_url: 'https://app.apollo.io/api/v1/oauth/token',
      bodies: ['form'],
      redirects: { https_only: !loopback, most: 4 },
      grantedTo,
      access_seconds: 2_592_000,
      refresh: { gives: 'another', old_refresh: 'dies', old_access: 'dies', reach: 'grant' },
      tokenOf: (kind, unique) => `apollo-sandbox-${kind}-${unique}`,
      answer: { token_type: 'Bearer', created_at: true },
    },
    now,
  );
}

/** A token has what the authorize URL asked for, whatever is registered, and these two. */
const AUTOMATIC = ['read_user_profile', 'app_scopes'];

function grantedTo(scope: string): readonly string[] | undefined {
  const asked = scope.split(' ').filter((each) => each !== '');
  const isKnown = asked.every((each) => [...SCOPES, ...AUTOMATIC].includes(each));
  return isKnown ? [...new Set([...asked, ...AUTOMATIC])] : undefined;
}
