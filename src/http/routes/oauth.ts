/**
 * The person's side of connecting an account by OAuth: the only routes for browsers. They need no API key, because what
 * opens them cannot be guessed, and they answer pages and redirects.
 */
import { z } from 'zod';
import { authorizeUrl, CALLBACK_PATH, callbackUrl } from '../../connections/authorize-url.ts';
import type { NamedProvider } from '../../model/declaration.ts';
import type { AuthorizationRow } from '../../store/tables.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { pathParam } from '../input.ts';
import { cookieReader, giveCookie, isOfAnotherSite, redirect, refuse, sendBack } from '../oauth/browser.ts';
import { exchangeCallback, readCallback } from '../oauth/exchange.ts';
import { startPage, troublePage } from '../oauth/page.ts';
import { findProvider } from '../tenant.ts';
import type { Route } from './route.ts';

const START = '/oauth/start/{start_id}';

export function oauthRoutes(gateway: Gateway): readonly Route[] {
  const params = z.object({ start_id: z.string() });
  const shared = { tags: ['Connections'], security: [] };
  const page = (description: string) => ({ description, content: { 'text/html': { schema: z.string() } } });
  const refused = page('A page that says what is wrong and what to do. Nothing was connected.');
  const refusals = { 400: refused, 403: refused, 410: refused, 500: refused, 503: refused };
  return [
    {
      config: {
        method: 'get',
        path: START,
        operationId: 'showAuthorization',
        ...shared,
        summary: 'For browsers: what is about to be connected',
        description: 'Sets a cookie and changes nothing else, so that a program which looks at links uses nothing up.',
        request: () => ({ params }),
        responses: () => ({ 200: page('A page that names customer and provider, with a button.'), ...refusals }),
      },
      handler: (c) => showStart(c, gateway),
    },
    {
      config: {
        method: 'post',
        path: START,
        operationId: 'startAuthorization',
        ...shared,
        summary: 'For browsers: to the provider',
        request: () => ({ params }),
        responses: () => ({ 303: { description: "To the provider's own page." }, ...refusals }),
      },
      handler: (c) => goToProvider(c, gateway),
    },
    {
      config: {
        method: 'get',
        path: CALLBACK_PATH,
        operationId: 'finishAuthorization',
        ...shared,
        summary: 'For browsers: back from the provider',
        description:
          'Takes the state together with the cookie of the browser that went to the provider, once, and exchanges the code.',
        request: () => ({
          query: z.object({ state: z.string(), code: z.string().optional(), error: z.string().optional() }),
        }),
        responses: () => ({ 303: { description: 'To the return URL.' }, ...refusals }),
      },
      handler: (c) => comeBack(c, gateway),
    },
  ];
}

async function showStart(c: RequestContext, gateway: Gateway): Promise<Response> {
  const step = await gateway.authorizations.look(pathParam(c, 'start_id'), cookieReader(c, gateway));
  if (typeof step === 'string') return refuse(c, step);
  const { id, return_url, customer_id } = step.row;
  const { title } = providerOf(c, gateway, step.row);
  giveCookie(c, gateway, id, step.secrets.browser);
  return startPage(c, { provider: title, customer: customer_id, host: new URL(return_url).host });
}

async function goToProvider(c: RequestContext, gateway: Gateway): Promise<Response> {
  if (isOfAnotherSite(c, gateway)) return refuse(c, 'other_site');
  const step = await gateway.authorizations.start(pathParam(c, 'start_id'), cookieReader(c, gateway));
  if (typeof step === 'string') return refuse(c, step);
  const provider = providerOf(c, gateway, step.row);
  const server = gateway.authorizationServer(provider);
  if (!server?.client)
    return troublePage(c, `This gateway is not set up for ${provider.title} any more.`, 'Tell its operator.', 503);
  const { state, code_verifier } = step.secrets;
  const asked = { client_id: server.client.client_id, redirect_uri: redirectUri(gateway), state, code_verifier };
  return redirect(c, authorizeUrl({ ...server.oauth, authorize_url: server.authorize_url }, asked));
}

async function comeBack(c: RequestContext, gateway: Gateway): Promise<Response> {
  const values = readCallback(c);
  const step = await gateway.authorizations.comeBack(values('state') ?? '', cookieReader(c, gateway));
  if (typeof step === 'string') return refuse(c, step);
  const { row, secrets } = step;
  const provider = providerOf(c, gateway, row);
  const { code_verifier } = secrets;
  const came = await exchangeCallback(gateway, provider, values, { redirect_uri: redirectUri(gateway), code_verifier });
  if ('error' in came) {
    await gateway.authorizations.fail(row, came.error);
    const { customer_id } = row;
    const whose = { request_id: c.get('requestId'), provider: provider.name, customer_id };
    gateway.log.warn({ ...whose, ...came }, 'an account was not connected');
    return sendBack(c, row, { error: came.error });
  }
  const confirmation = await gateway.authorizations.keepGrant(row, came.grant);
  return confirmation === undefined ? refuse(c, 'expired') : sendBack(c, row, { confirmation });
}

/** Also for the one log line of the request. */
function providerOf(c: RequestContext, gateway: Gateway, row: AuthorizationRow): NamedProvider {
  Object.assign(c.get('line'), { provider: row.provider, customer_id: row.customer_id });
  return findProvider(gateway, row.provider);
}

function redirectUri({ consent }: Gateway): string {
  return callbackUrl(consent.publicUrl ?? '');
}
