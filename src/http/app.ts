/** The HTTP door: every route, every error and the one log line of a request. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { ProblemError } from '../model/problem.ts';
import { isForBrowsers, keepFromLog } from './oauth/paths.ts';
import type { Env, Gateway, RequestContext } from './env.ts';
import { guardDevMode, mountDevRoutes } from './dev.ts';
import { openapiDocument } from './openapi.ts';
import { brokenPage } from './oauth/page.ts';
import { problemResponse } from './problem-response.ts';
import { actionRoutes } from './routes/actions.ts';
import { authorizeRoutes } from './routes/authorize.ts';
import { batchRoute } from './routes/batch.ts';
import { budgetRoute } from './routes/budget.ts';
import { connectionRoutes } from './routes/connections.ts';
import { createSequenceRoute } from './routes/create-sequence.ts';
import { mountDocuments } from './routes/documents.ts';
import { healthRoutes } from './routes/health.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { operationRoutes } from './routes/operations.ts';
import { providerRoutes } from './routes/providers.ts';
import { isRecommended, recommendedRoute } from './routes/recommended.ts';
import { mountRoutes, type Route } from './routes/route.ts';
import { readStepRoutes } from './routes/read-steps.ts';
import { sequenceStepRoutes } from './routes/sequence-steps.ts';
import { sequenceRoutes } from './routes/sequences.ts';
import { templateRoutes } from './routes/templates.ts';
import { updateRoutes } from './routes/updates.ts';

export type App = OpenAPIHono<Env>;

export function createApp(gateway: Gateway): App {
  const app: App = new OpenAPIHono<Env>();
  app.use(async (c, next) => {
    const started = gateway.clock.now();
    c.set('requestId', requestIdOf(c));
    c.set('line', { calls: 0, warnings: 0 });
    c.header('x-request-id', c.get('requestId'));
    await next();
    logRequest(c, gateway, started);
  });
  app.use(async (c, next) => {
    authorize(c, gateway);
    await next();
  });
  app.onError((error, c) => {
    const context = c as RequestContext;
    if (isStoreAway(error))
      gateway.log.error({ request_id: context.get('requestId'), error: String(error.cause) }, 'store away');
    if (!(error instanceof ProblemError))
      gateway.log.error({ request_id: context.get('requestId'), error: traceOf(error) }, 'unforeseen');
    if (isForBrowsers(c.req.path)) return brokenPage(context, error);
    return problemResponse(context, error);
  });
  app.notFound((c) => {
    const detail = `There is no ${c.req.method} ${c.req.path}. The paths are listed in /docs.`;
    return problemResponse(c as RequestContext, new ProblemError({ code: 'ROUTE_NOT_FOUND', detail }));
  });
  mountRoutes(app, routesOf(gateway));
  mountDocuments(app, () => openapiDocument(app));
  if (gateway.dev) mountDevRoutes(app, gateway.dev, gateway);
  return app;
}

function routesOf(gateway: Gateway): readonly Route[] {
  return [
    ...sequenceStepRoutes(gateway),
    batchRoute(gateway),
    ...readStepRoutes(gateway),
    recommendedRoute,
    createSequenceRoute(gateway),
    ...actionRoutes(gateway),
    ...updateRoutes(gateway),
    ...sequenceRoutes(gateway),
    ...templateRoutes(gateway),
    ...connectionRoutes(gateway),
    ...authorizeRoutes(gateway),
    ...oauthRoutes(gateway),
    budgetRoute(gateway),
    ...operationRoutes(gateway),
    ...providerRoutes(gateway),
    ...healthRoutes(gateway),
  ];
}

const REQUEST_ID = /^[A-Za-z0-9._:@+=/-]{1,128}$/;

function requestIdOf(c: RequestContext): string {
  const given = c.req.header('x-request-id');
  return given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

const OPEN = new Set(['/healthz', '/readyz']);
const DOCUMENTS = /^\/($|docs($|\/)|openapi\.(json|yaml)$)/;

/** @throws {ProblemError} 401 without a known key, 403 for a foreign host in development mode. */
function authorize(c: RequestContext, gateway: Gateway): void {
  const { path } = c.req;
  if (gateway.dev) {
    guardDevMode(c);
    if (path === '/dev' || path.startsWith('/dev/')) return;
  }
  if (OPEN.has(path) || isForBrowsers(path) || (gateway.openDocuments && DOCUMENTS.test(path))) return;
  const presented = presentedKey(c);
  if (presented === undefined) {
    const detail = 'Send the API key of this gateway in x-api-key, or as Authorization: Bearer.';
    throw new ProblemError({ code: 'API_KEY_MISSING', detail });
  }
  if (gateway.isApiKey(presented)) return;
  throw new ProblemError({ code: 'API_KEY_WRONG', detail: 'This gateway does not know the API key.' });
}

function presentedKey(c: RequestContext): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '');
  return c.req.header('x-api-key') ?? bearer?.[1] ?? (isRecommended(c) ? c.req.header('api-key') : undefined);
}

function logRequest(c: RequestContext, { log, clock }: Gateway, started: number): void {
  const { calls, warnings, ...line } = c.get('line');
  log.info(
    {
      request_id: c.get('requestId'),
      ...{
        method: c.req.method,
        path: keepFromLog(c.req.path),
        status: c.res.status,
        ms: Math.round(clock.now() - started),
      },
      ...{ ...line, calls, warnings },
    },
    'request',
  );
}

/** The database's own words hold no values of ours. */
function isStoreAway(error: Error): boolean {
  return error instanceof ProblemError && error.problems.some(({ code }) => code === 'STORE_UNAVAILABLE');
}

/** Name and stack only: a message may quote a value that came from outside. */
function traceOf(error: Error): object {
  const frames = (error.stack ?? '').split('\n').filter((frame) => frame.trimStart().startsWith('at '));
  return { name: error.name, frames: frames.slice(0, 12).map((frame) => frame.trim()) };
}
