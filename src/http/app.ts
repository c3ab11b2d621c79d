/** The HTTP door: every route, every error and the one log line of a request. */
import { Hono } from 'hono';
import { ProblemError } from '../model/problem.ts';
import { isForBrowsers, keepFromLog } from './oauth/paths.ts';
import type { Env, Gateway, RequestContext } from './env.ts';
import { hideKeys } from '../access/key-text.ts';
import { authorize } from './caller.ts';
import { mountDevRoutes } from './dev.ts';
import { behindDoor } from './door.ts';
import { openapiDocument } from './openapi.ts';
import { brokenPage } from './oauth/page.ts';
import { noteProblem, problemResponse } from './problem-response.ts';
import { requestIdOf } from './request-id.ts';
import { actionRoutes } from './routes/actions.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditRoute } from './routes/audit.ts';
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
import { recommendedRoute } from './routes/recommended.ts';
import { mountRoutes, type Route } from './routes/route.ts';
import { readStepRoutes } from './routes/read-steps.ts';
import { sequenceStepRoutes } from './routes/sequence-steps.ts';
import { sequenceRoutes } from './routes/sequences.ts';
import { templateRoutes } from './routes/templates.ts';
import { sayTheRest } from './answer.ts';
import { updateRoutes } from './routes/updates.ts';

export type App = Hono<Env>;

export function createApp(gateway: Gateway): App {
  const app: App = new Hono<Env>();
  app.use(async (c, next) => {
    const started = gateway.clock.now();
    c.set('requestId', requestIdOf(c.req.header('x-request-id')));
    c.set('line', { calls: 0, warnings: 0 });
    c.set('telling', { headers: { 'x-request-id': c.get('requestId') } });
    await next();
    sayTheRest(c);
    logRequest(c, gateway, started);
  });
  app.use((c, next) => {
    const looking = authorize(c, gateway);
    return looking === undefined ? next() : looking.then(next);
  });
  app.onError((error, c) => {
    const context = c as RequestContext;
    if (isStoreAway(error))
      gateway.log.error({ request_id: context.get('requestId'), error: String(error.cause) }, 'store away');
    if (!(error instanceof ProblemError))
      gateway.log.error({ request_id: context.get('requestId'), error: traceOf(error) }, 'unforeseen');
    noteProblem(context, error);
    if (isForBrowsers(c.req.path)) return brokenPage(context, error);
    return problemResponse(context, error);
  });
  app.notFound((c) => {
    const detail = `There is no ${c.req.method} ${hideKeys(keepFromLog(c.req.path))}. The paths are listed in /docs.`;
    const error = new ProblemError({ code: 'ROUTE_NOT_FOUND', detail });
    noteProblem(c as RequestContext, error);
    return problemResponse(c as RequestContext, error);
  });
  const routes = routesOf(gateway);
  mountRoutes(app, routes, gateway.audit);
  mountDocuments(app, () => openapiDocument(routes));
  if (gateway.dev) mountDevRoutes(app, gateway.dev, gateway);
  app.fetch = behindDoor(gateway.door, app.fetch);
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
    ...apiKeyRoutes(gateway),
    auditRoute(gateway),
    ...providerRoutes(gateway),
    ...healthRoutes(gateway),
  ];
}

function logRequest(c: RequestContext, { log, clock }: Gateway, started: number): void {
  const { provider, customer_id, refused, code, origin, calls, warnings } = c.get('line');
  log[c.res.status >= 500 ? 'warn' : 'info'](
    {
      request_id: c.get('requestId'),
      ...{
        method: c.req.method,
        path: hideKeys(keepFromLog(c.req.path)),
        status: c.res.status,
        ms: Math.round(clock.now() - started),
      },
      ...{ key_id: c.get('caller')?.id, provider, customer_id, refused, code, origin, calls, warnings },
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
