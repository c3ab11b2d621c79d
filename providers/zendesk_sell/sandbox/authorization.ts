/** The addresses, lifetimes and scopes are reported; the rest is RFC 6749 or in `worlds.ts`. */
import { authorizationServer } from '#sandbox';
import type { AuthorizationServer, RefreshRules } from '#sandbox';
import { ORIGIN } from './listing.ts';
import type { ZendeskSellWorld } from './worlds.ts';

const GIVES: Readonly<Record<ZendeskSellWorld['refresh_token'], RefreshRules['gives']>> = {
  rotates: 'another',
  same: 'same',
  left_out: 'none',
};

/** `/oauth2/revoke` and `/oauth2/token/info` exist; their form is not known and they are not served. */
export function zendeskSellAuthorization(world: ZendeskSellWorld, now: () => number): AuthorizationServer {
  return authorizationServer(
    {
      client: { client_id: 'zendesk-sell-sandbox-client', client_secret: 'zendesk-sell-sandbox-client-secret' },
      api_origin: ORIGIN,
      authorize_url: `${ORIGIN}/oauth2/authorize`,
      token_url: `${ORIGIN}/oauth2/token`,
      bodies: ['form'],
      // How the client names itself is not known; a server has to take the header: RFC 6749, 2.3.1.
      basic: true,
      redirects: { https_only: false },
      grantedTo,
      access_seconds: 3_600,
      refresh: {
        gives: GIVES[world.refresh_token],
        old_refresh: 'dies',
        old_access: world.old_access_token === 'refused' ? 'dies' : 'lives',
        reach: 'grant',
      },
      // The official clients refuse a token that has not 64 characters: https://github.com/zendesk/basecrm-ruby
      tokenOf: (kind, unique) => `zendesk-sell-${kind}-${unique}`.padEnd(64, 'x'),
      answer: { token_type: 'bearer', created_at: false },
    },
    now,
  );
}

/** What is granted to who asks for nothing is not known, so nobody may. */
function grantedTo(scope: string): readonly string[] | undefined {
  const scopes = [...new Set(scope.split(' '))];
  return scopes.every((each) => ['read', 'write', 'profile'].includes(each)) ? scopes : undefined;
}
