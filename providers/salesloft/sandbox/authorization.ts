/** https://developers.salesloft.com/docs/platform/api-basics/oauth-authentication ; what is not told there is in `worlds.ts`. */
import { authorizationServer } from '#sandbox';
import type { AuthorizationServer } from '#sandbox';
import { ORIGIN } from './wire.ts';
import type { SalesloftWorld } from './worlds.ts';

const ACCOUNTS = 'https://accounts.salesloft.com';

/** What the sandbox's application is registered with, and what is granted to who asks for nothing. */
const REGISTERED = ['cadences:read', 'cadences:write', 'cadences:delete', 'emails:read', 'emails:write', 'team:read'];

/**
 * Which scope a call of the API needs is not known for steps and templates, so that none is asked for on any.
 * "When a new refresh token is received, every older one is revoked": not only those of the same grant.
 */
export function salesloftAuthorization(world: SalesloftWorld, now: () => number): AuthorizationServer {
  return authorizationServer(
    {
      client: { client_id: 'salesloft-sandbox-client', client_secret: 'salesloft-sandbox-client-secret' },
      api_origin: ORIGIN,
      authorize_url: `${ACCOUNTS}/oauth/authorize`,
      token_url: `${ACCOUNTS}/oauth/token`,
      bodies: ['form', 'json'],
      redirects: { https_only: false },
      grantedTo,
      repeats: (scope) => ({ context: 'sandbox-context', scope }),
      access_seconds: 7_200,
      refresh: {
        gives: 'another',
        old_refresh: 'dies',
        old_access: world.old_access_token === 'refused' ? 'dies' : 'lives',
        reach: 'person',
      },
      tokenOf: (kind, unique) => `salesloft-sandbox-${kind}-${unique}`,
      answer: { token_type: 'Bearer', created_at: true },
    },
    now,
  );
}

/** `<resource>:<read|write|delete>`: https://developers.salesloft.com/docs/platform/api-basics/scopes */
function grantedTo(scope: string): readonly string[] | undefined {
  if (scope === '') return REGISTERED;
  const scopes = [...new Set(scope.split(' '))];
  return scopes.every((each) => /^[a-z_]+:(read|write|delete)$/.test(each)) ? scopes : undefined;
}
