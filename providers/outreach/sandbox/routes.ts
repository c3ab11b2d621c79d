import type { Hono } from 'hono';
import { routesOf } from './http.ts';
import type { RouteContext } from './http.ts';
import { addLinkRoutes } from './links.ts';
import { addSequenceRoutes } from './sequences.ts';
import { addStepRoutes } from './steps.ts';
import { addTemplateRoutes } from './templates.ts';

export function addRoutes(app: Hono, context: RouteContext): void {
  const routes = routesOf(app);
  addSequenceRoutes(routes, context);
  addStepRoutes(routes, context);
  addTemplateRoutes(routes, context);
  addLinkRoutes(routes, context);
}
