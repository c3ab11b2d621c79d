/** Routes: one object documents a path and mounts its handler, so that the document cannot know a path that is not there. */
import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import { Hono } from 'hono';
import type { Env, RequestContext } from '../env.ts';
import { ALIAS_PREFIX } from '../alias.ts';
import { ERROR_RESPONSES, type ErrorStatus } from '../schemas.ts';

export type Handler = (c: RequestContext) => Promise<Response> | Response;

export interface Route {
  readonly config: RouteConfig;
  readonly handler: Handler;
  /** Unified resources are also served under `/engagement/v2`. */
  readonly unified?: true;
}

export function mountRoutes(app: OpenAPIHono<Env>, routes: readonly Route[]): void {
  const alias = new Hono<Env>();
  for (const { config, handler, unified } of routes) {
    app.openAPIRegistry.registerPath(config);
    const path = config.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(config.method, path, handler);
    if (unified) alias.on(config.method, path, handler);
  }
  app.route(ALIAS_PREFIX, alias);
}

/** The error answers of a route, by status, for its document. */
export function errorResponses(...statuses: readonly ErrorStatus[]): RouteConfig['responses'] {
  return Object.fromEntries(
    statuses.flatMap((status) => (ERROR_RESPONSES[status] ? [[status, ERROR_RESPONSES[status]]] : [])),
  );
}
