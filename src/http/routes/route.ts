/** Routes: one object documents a path and mounts its handler, so that the document cannot know a path that is not there. */
import type { RouteConfig } from '@hono/zod-openapi';
import { Hono } from 'hono';
import type { Role } from '../../model/role.ts';
import { ALIAS_PREFIX } from '../alias.ts';
import type { Answering, Handler, Passing } from '../answering.ts';
import type { Env } from '../env.ts';
import { withHeaders } from '../response-headers.ts';
import { errorResponses } from './answers.ts';

/**
 * `request` and `responses` are functions, so that a start does not have to make what only the document needs. Without `security`, a route
 * takes an API key as most routes do; an empty list opens it to everybody.
 */
type Documented = Omit<RouteConfig, 'request' | 'responses'> & {
  readonly request?: () => NonNullable<RouteConfig['request']>;
  readonly responses: () => RouteConfig['responses'];
};

export interface Route {
  readonly config: Documented;
  readonly handler: Handler;
  /** Unified resources are also served under `/engagement/v2`. */
  readonly unified?: true;
  /** What the API key must be allowed; absent: `read` for GET, `write` for the others. */
  readonly role?: Role;
  /** Who may reach which accounts is changed: that is in the audit before it is answered. */
  readonly kept?: true;
  /** Asked for without a key where the documents are open: its handler may have no caller. */
  readonly likeDocuments?: true;
}

export function mountRoutes(app: Hono<Env>, routes: readonly Route[], answer: Answering): void {
  const alias = new Hono<Env>();
  for (const route of routes) {
    const { config, unified } = route;
    const path = config.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const handler = answer(route.handler, passing(route));
    app.on(config.method, path, handler);
    if (unified) alias.on(config.method, path, handler);
  }
  app.route(ALIAS_PREFIX, alias);
}

/** A route as the document shows it: with what all routes that need an API key have in common. */
export function documented(route: Route): RouteConfig {
  const { request, responses: answers, ...rest } = route.config;
  const config = { ...rest, ...(request ? { request: request() } : {}), responses: answers() };
  if (isOpen(route)) return { ...config, responses: withHeaders(config) };
  const role = roleOf(route);
  const { security = WITH_API_KEY } = config;
  const responses = {
    ...errorResponses(401, 500),
    ...(role === 'read' ? {} : errorResponses(403)),
    ...config.responses,
  };
  return { ...config, security, 'x-role': role, responses: withHeaders({ ...config, security, responses }) };
}

const WITH_API_KEY = [{ apiKey: [] }, { bearer: [] }];

/** Open to everybody, without an API key. */
function isOpen({ config }: Route): boolean {
  return config.security?.length === 0;
}

function roleOf({ config, role }: Route): Role {
  return role ?? (config.method === 'get' ? 'read' : 'write');
}

/** The role, and for a route that changes something the audit, which hears of a refusal too. */
function passing(route: Route): Passing {
  const { config, kept, likeDocuments } = route;
  const name = config.operationId ?? config.path;
  if (isOpen(route) || likeDocuments) return { name };
  const role = roleOf(route);
  if (config.method === 'get' || role === 'read') return { name, role };
  return { name, role, audited: { action: name, isKept: kept === true } };
}
