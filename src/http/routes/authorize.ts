/** The backend's side of connecting an account by OAuth: it asks for an authorization, and confirms what came back. */
import { z } from 'zod';
import { isNone } from '../../model/cell.ts';
import type { NamedProvider } from '../../model/declaration.ts';
import { ProblemError } from '../../model/problem.ts';
import { warningSchema } from '../../model/warning.ts';
import { clientSettingNames } from '../../upstream/oauth-clients.ts';
import { answerJson, sayHeader } from '../answer.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { refuseIdempotencyKey } from '../idempotency-key.ts';
import { CONSENT_WORDS } from '../oauth/words.ts';
import { bodyReader, pathParam, readQuery, unknownFieldWarnings } from '../input.ts';
import { readJson } from '../json.ts';
import { connectionAnswer, connectionParams, noQuery } from '../schemas.ts';
import { keyOf, readTenantPath } from '../tenant.ts';
import { answerWithWarnings } from '../warnings.ts';
import { errorResponses, jsonAnswer, jsonBody } from './answers.ts';
import type { Route } from './route.ts';

const PATH = '/customers/{customer_id}/connections/{provider}/authorize';

const authorizeBody = z
  .object({
    return_url: z.string().meta({
      description: 'Where the person is sent in the end: exactly one of the return URLs that the operator has set.',
      example: 'https://app.example.com/connected',
    }),
  })
  .meta({ id: 'Authorize' });

const confirmBody = z
  .object({
    authorization_id: z.string(),
    confirmation: z.string().meta({ description: 'The code that came with the person to the return URL.' }),
  })
  .meta({ id: 'ConfirmAuthorization' });

const asked = z
  .lazy(() =>
    z.object({
      record: z.object({
        id: z.string(),
        url: z.string().meta({ description: 'For the browser of the person whose account it is, and nobody else.' }),
        expires_at: z.string(),
      }),
      warnings: z.array(warningSchema),
    }),
  )
  .meta({ id: 'AuthorizeAnswer' });

const authorization = z
  .lazy(() =>
    z.object({
      id: z.string(),
      status: z.enum(['pending', 'granted', 'confirmed', 'failed', 'expired']).meta({
        description: '`granted`: it waits to be confirmed.',
      }),
      error: z
        .string()
        .optional()
        .meta({
          description: `The word that the return URL was told, or \`confirmed_for_another\`. ${CONSENT_WORDS.confirmed_for_another.what}`,
        }),
      created_at: z.string(),
      expires_at: z.string(),
    }),
  )
  .meta({ id: 'Authorization' });

const readAuthorize = bodyReader(authorizeBody);
const readConfirm = bodyReader(confirmBody);

export function authorizeRoutes(gateway: Gateway): readonly Route[] {
  const params = () => connectionParams(gateway.registry);
  const bodied = (schema: z.ZodType) => ({ params: params(), body: jsonBody(schema) });
  return [
    {
      config: {
        method: 'post',
        path: PATH,
        operationId: 'authorizeConnection',
        summary: 'Connect by OAuth',
        tags: ['Connections'],
        description:
          'Answers a link for the browser of the person whose account it is; good for 10 minutes. The provider asks the person, whom the gateway then sends to the return URL with `authorization_id` and `confirmation`, or with `authorization_id` and `error`. The connection is made when both are sent to `…/authorize/actions/confirm`.',
        request: () => bodied(authorizeBody),
        responses: () => ({
          201: jsonAnswer('Send the person to `url`.', asked),
          ...errorResponses(400, 404, 413, 415, 422, 501, 503),
        }),
      },
      kept: true,
      handler: (c) => authorizeConnection(c, gateway),
    },
    {
      config: {
        method: 'get',
        path: `${PATH}/{authorization_id}`,
        operationId: 'getAuthorization',
        tags: ['Connections'],
        summary: 'Look at an authorization',
        description: 'What became of it, for 24 hours.',
        request: () => ({ params: params().extend({ authorization_id: z.string() }) }),
        responses: () => ({
          200: jsonAnswer('The authorization.', authorization),
          ...errorResponses(400, 404, 503),
        }),
      },
      handler: async (c) => {
        readQuery(c, noQuery);
        const key = keyOf(readTenantPath(c, gateway));
        return answerJson(c, await gateway.authorizations.get(key, pathParam(c, 'authorization_id')));
      },
    },
    {
      config: {
        method: 'post',
        path: `${PATH}/actions/confirm`,
        operationId: 'confirmAuthorization',
        tags: ['Connections'],
        summary: 'Confirm an authorization',
        description:
          'Makes the connection. Confirm for the customer who is signed in where the person came back, not for one that a URL names: it is 404 where the authorization was made for another customer, and what was granted is then dropped (`confirmed_for_another`). For another provider it is 404 too, and nothing is dropped. The same confirmation again is answered with the connection as it is.',
        request: () => bodied(confirmBody),
        responses: () => ({
          200: jsonAnswer('Connected in place of other credentials.', connectionAnswer),
          201: jsonAnswer('Connected.', connectionAnswer),
          ...errorResponses(400, 404, 413, 415, 422, 501, 503),
        }),
      },
      kept: true,
      handler: (c) => confirmAuthorization(c, gateway),
    },
  ];
}

async function authorizeConnection(c: RequestContext, gateway: Gateway): Promise<Response> {
  readQuery(c, noQuery);
  refuseIdempotencyKey(c);
  const tenant = readTenantPath(c, gateway);
  const publicUrl = requireSettings(gateway, tenant.provider);
  const { value, unknown } = readAuthorize(await readJson(c));
  if (!gateway.consent.returnUrls.includes(value.return_url)) {
    const detail =
      'The return URL is not one of those that the operator has set in STEPGATE_RETURN_URLS; it must be exactly the same.' +
      // What a real gateway is set up for is not told.
      (gateway.dev ? ` Development mode allows: ${gateway.consent.returnUrls.join(' ')}` : '');
    throw new ProblemError({ code: 'RETURN_URL_NOT_ALLOWED', detail, pointer: '/return_url' });
  }
  const { authorization, startId } = await gateway.authorizations.ask(keyOf(tenant), value.return_url);
  const { id, expires_at } = authorization;
  const record = { id, url: `${publicUrl}/oauth/start/${startId}`, expires_at };
  sayHeader(c, 'cache-control', 'no-store');
  return answerWithWarnings(c, gateway, { record }, unknownFieldWarnings(unknown, tenant.provider.name), 201);
}

async function confirmAuthorization(c: RequestContext, gateway: Gateway): Promise<Response> {
  readQuery(c, noQuery);
  const tenant = readTenantPath(c, gateway);
  requireOAuth(tenant.provider);
  const { value, unknown } = readConfirm(await readJson(c));
  const key = keyOf(tenant);
  const made = await gateway.authorizations.confirm(key, value.authorization_id, value.confirmation);
  if (made.isReplayed) c.get('line').replayed = true;
  else await gateway.limits.forget(tenant.customer_id, tenant.provider);
  const warnings = unknownFieldWarnings(unknown, tenant.provider.name);
  return answerWithWarnings(c, gateway, { record: made.connection }, warnings, made.isNew ? 201 : 200);
}

/** @throws {ProblemError} 501, with what the provider takes instead. */
function requireOAuth(provider: NamedProvider): void {
  if (!isNone(provider.oauth)) return;
  const instead = Object.keys(provider.credentials).join(' or ');
  const detail = `${provider.oauth.because} ${provider.title} takes ${instead}: PUT /customers/{customer_id}/connections/${provider.name}.`;
  throw new ProblemError({ code: 'OPERATION_NOT_SUPPORTED', detail, provider: provider.name });
}

/**
 * @returns the gateway's own URL as browsers reach it.
 * @throws {ProblemError} 501 without OAuth at the provider, 503 that names the settings which the operator has not made.
 */
function requireSettings({ consent, authorizationServer }: Gateway, provider: NamedProvider): string {
  requireOAuth(provider);
  const { publicUrl, returnUrls } = consent;
  const missing = [
    ...(publicUrl === undefined ? ['STEPGATE_PUBLIC_URL'] : []),
    ...(returnUrls.length === 0 ? ['STEPGATE_RETURN_URLS'] : []),
    ...(authorizationServer(provider)?.client ? [] : clientSettingNames(provider.name)),
  ];
  if (publicUrl !== undefined && missing.length === 0) return publicUrl;
  const detail = `The operator of this gateway has not set it up for OAuth with ${provider.title}: ${missing.join(', ')} must be set.`;
  throw new ProblemError({ code: 'OAUTH_MISCONFIGURED', detail, provider: provider.name });
}
