/** The HTTP door: every route. */
import { Hono } from 'hono';
import { ProblemError } from '../model/problem.ts';
import { answering, failed } from './answering.ts';
import { keepFromLog } from './oauth/paths.ts';
import type { Env, Gateway, RequestContext } from './env.ts';
import { hideKeys } from '../access/key-text.ts';
import { mountDevRoutes } from './dev.ts';
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
import { metricsRoute } from './routes/metrics.ts';
import { mountRoutes, type Route } from './routes/route.ts';
import { readStepRoutes } from './routes/read-steps.ts';
import { sequenceStepRoutes } from './routes/sequence-steps.ts';
import { sequenceRoutes } from './routes/sequences.ts';
import { templateRoutes } from './routes/templates.ts';
import { updateRoutes } from './routes/updates.ts';

export type App = Hono<Env>;

export function createApp(gateway: Gateway): App {
  const app: App = new Hono<Env>();
  const answer = answering(gateway);
  const routes = routesOf(gateway);
  app.notFound(answer(noRoute, { name: 'unknown' }));
  // What stands around the handlers can fail too, such as the log.
  app.onError((error, c) => failed(c as RequestContext, gateway, error));
  mountRoutes(app, routes, answer);
  mountDocuments(app, answer, async () => {
    const { openapiDocument } = await import('./openapi.ts');
    return openapiDocument(routes);
  });
  if (gateway.dev) mountDevRoutes(app, answer, gateway.dev, gateway);
  return app;
}

function noRoute(c: RequestContext): never {
  const detail = `There is no ${c.req.method} ${hideKeys(keepFromLog(c.req.path))}. The paths are listed in /docs.`;
  throw new ProblemError({ code: 'ROUTE_NOT_FOUND', detail });
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
    metricsRoute(gateway),
  ];
}
