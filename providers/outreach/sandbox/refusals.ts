import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import { READ_ONLY } from './attributes.ts';

export const MEDIA_TYPE = 'application/vnd.api+json';

/** `id` is a stable code and not one occurrence's id: https://developers.outreach.io/api/making-requests#error-responses */
export interface ErrorObject {
  readonly id?: string;
  readonly title: string;
  readonly detail?: string;
  readonly details?: string;
  readonly source?: { readonly pointer: string };
}

/**
 * A 401 comes from the gateway in front of the API and is not JSON:API. Both bodies as api.outreach.io sent them on
 * 2026-09-11, on known and unknown paths alike.
 */
export const unauthorized = (header: string | undefined): Response => {
  const body =
    header === undefined
      ? {
          error: 'No Authorization header.',
          description: 'You must provide an Authorization header with a valid access token.',
        }
      : INVALID_TOKEN;
  return Response.json(body, { status: 401 });
};

export const INVALID_TOKEN = { error: 'Invalid JWT token.', description: 'The JWT token could not be decoded.' };

/** The published 415 spells `details`: https://developers.outreach.io/api/making-requests#content-negotiation */
export const unsupportedMediaType = (): HTTPException =>
  refusal(415, {
    id: 'unsupportedMediaType',
    title: 'Unsupported Media Type',
    details: `Expected Content-Type header to be '${MEDIA_TYPE}'.`,
  });

export const rateLimitError = (limit: number, until: Date): ErrorObject => ({
  id: 'rateLimitExceeded',
  title: 'Rate Limit Exceeded',
  detail: `You have exceeded your permitted rate limit of ${limit.toLocaleString('en-US')}; please try again at ${until.toISOString().slice(0, 19)}.`,
});

export const rateLimitExceeded = (limit: number, until: Date): HTTPException =>
  refusal(429, rateLimitError(limit, until));

export const unauthorizedScope = (scope: string): HTTPException =>
  refusal(403, {
    id: 'unauthorizedOauthScope',
    title: 'Unauthorized OAuth Scope',
    detail: `Your authorization does not include the required scope '${scope}'.`,
  });

/** A 400 is documented without an `id`. */
export const badRequest = (detail: string): HTTPException => refusal(400, { title: 'Bad Request', detail });

export const resourceNotFound = (type: string, id: string | number): HTTPException =>
  refusal(404, {
    id: 'resourceNotFound',
    title: 'Resource Not Found',
    detail: `Could not find '${type}' with ID '${id}'.`,
  });

/** The row with this id, or the provider's 404 (JSON:API 1.0 asks for it also where a body names what does not exist). */
export function found<T>(rows: ReadonlyMap<number, T>, type: string, id: number): T {
  const row = rows.get(id);
  if (row === undefined) throw resourceNotFound(type, id);
  return row;
}

export const routeNotFound = (): HTTPException =>
  refusal(404, {
    id: 'routeNotFound',
    title: 'Route Not Found',
    detail: 'The request path does not match any known resource endpoints.',
  });

export const validationError = (detail: string, pointer?: string): ErrorObject => ({
  id: 'validationError',
  title: 'Validation Error',
  detail,
  ...(pointer === undefined ? {} : { source: { pointer } }),
});

export const unprocessable = (...errors: readonly ErrorObject[]): HTTPException => refusal(422, ...errors);

/** What is wrong with a request document, each with the JSON Pointer of the offending member. */
export function documentErrors(issues: readonly z.core.$ZodIssue[], document: unknown): ErrorObject[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => validationError(unknownKey(key), pointerTo([...issue.path, key])))
      : [validationError(wrongValue(issue, document), pointerTo(issue.path))],
  );
}

function refusal(status: 400 | 403 | 404 | 415 | 422 | 429, ...errors: readonly ErrorObject[]): HTTPException {
  const res = new Response(JSON.stringify({ errors }), { status, headers: { 'content-type': MEDIA_TYPE } });
  return new HTTPException(status, { res });
}

const unknownKey = (key: string): string =>
  READ_ONLY.has(key) ? `'${key}' is a private attribute.` : `'${key}' is not a known property.`;

function wrongValue(issue: z.core.$ZodIssue, document: unknown): string {
  const name = inWords(issue.path);
  const value = valueAt(document, issue.path);
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) return `${name} can't be blank.`;
  return `${name} is invalid. ${issue.message}.`;
}

function inWords(path: readonly PropertyKey[]): string {
  const name = path.findLast((part) => typeof part === 'string') ?? 'document';
  const words = name.replaceAll(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document);
}

const isRecord = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === 'object' && value !== null;

const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
