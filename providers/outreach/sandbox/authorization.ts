/** Outreach's authorisation server: https://developers.outreach.io/api/oauth . What is not told there is in `worlds.ts`. */
import { authorizationServer } from '#sandbox';
import type { AuthorizationServer } from '#sandbox';
import { MEDIA_TYPE } from './refusals.ts';
import type { OutreachWorld } from './worlds.ts';

export const ORIGIN = 'https://api.outreach.io';

/** One new access token for a user and an application in so many seconds. */
const MINT_SECONDS = 60;

export const outreachAuthorization = (world: OutreachWorld, now: () => number): AuthorizationServer =>
  authorizationServer(
    {
      client: { client_id: 'outreach-sandbox-client', client_secret: 'outreach-sandbox-client-secret' },
      api_origin: ORIGIN,
      authorize_url: `${ORIGIN}/oauth/authorize`,
      token_url: `${ORIGIN}/oauth/token`,
      bodies: ['form', 'json'],
      redirects: { https_only: false },
      grantedTo,
      access_seconds: 7_200,
      refresh_seconds: 14 * 86_400,
      refresh: {
        gives: 'another',
        old_refresh: world.old_refresh_token === 'refused' ? 'dies' : 'lives',
        old_access: world.old_access_token === 'refused' ? 'dies' : 'lives',
        reach: 'grant',
      },
      mint: { seconds: MINT_SECONDS, refusal: tooManyTokens },
      tokenOf: (kind, unique) => `outreach-sandbox-${kind}-${unique}`,
      answer: { token_type: 'Bearer', created_at: true },
    },
    now,
  );

/** `<pluralResource>.<read|write|delete|all>`; what is granted to who asks for nothing is not known, so nobody may. */
function grantedTo(scope: string): readonly string[] | undefined {
  const scopes = [...new Set(scope.split(' '))];
  return scopes.every((each) => /^[a-z][A-Za-z]*s\.(read|write|delete|all)$/.test(each)) ? scopes : undefined;
}

/** The status is documented; body and headers are not, nor that anything says when to come back. */
const tooManyTokens = () => ({
  status: 429,
  headers: { 'content-type': MEDIA_TYPE },
  body: {
    errors: [
      {
        id: 'rateLimitExceeded',
        title: 'Rate Limit Exceeded',
        detail: `More than one access token per user and application within ${MINT_SECONDS} seconds.`,
      },
    ],
  },
});
