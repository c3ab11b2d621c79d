/** What the routes say in the API document about their bodies, answers and errors. */
import type { RouteConfig } from '@hono/zod-openapi';
import type { z } from 'zod';
import { ERROR_RESPONSES, type ErrorStatus } from '../error-schemas.ts';

export function jsonBody(schema: z.ZodType, example?: object) {
  return { required: true, content: { 'application/json': { schema, ...(example ? { example } : {}) } } };
}

export function jsonAnswer(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

/** `route.ts` adds 401, 403 and 500 wherever a route can answer with them. */
export function errorResponses(...statuses: readonly ErrorStatus[]): RouteConfig['responses'] {
  return Object.fromEntries(
    statuses.flatMap((status) => (ERROR_RESPONSES[status] ? [[status, ERROR_RESPONSES[status]]] : [])),
  );
}

/** The errors of a route that reads in a provider. */
export function providerReadErrors(): RouteConfig['responses'] {
  return errorResponses(400, 404, 424, 429, 501, 502, 503, 504);
}

/** The errors of a route that takes a body and writes in a provider. */
export function providerWriteErrors(): RouteConfig['responses'] {
  return errorResponses(400, 402, 404, 409, 413, 415, 422, 424, 429, 501, 502, 503, 504);
}
