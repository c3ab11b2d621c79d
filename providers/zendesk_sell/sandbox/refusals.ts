import type { ZendeskSellWorld } from './worlds.ts';

type Status = 400 | 401 | 403 | 404 | 429 | 500;

/** What is wrong, with the details for developers; several at once are one answer. */
export interface Refusal {
  readonly status: Status;
  readonly code: string;
  readonly details: readonly [string, ...string[]];
}

/** https://developer.zendesk.com/api-reference/sales-crm/errors/ : `logref` is the `X-Request-Id` of the answer. */
export function errorEnvelope({ status, code, details }: Refusal, logref: string): object {
  const message = REASONS[status];
  return {
    errors: details.map((each) => ({
      error: { code, message, details: each },
      meta: { type: 'error', links: { more_info: MORE_INFO } },
    })),
    meta: { type: 'errors', http_status: `${status} ${message}`, logref, links: { more_info: MORE_INFO } },
  };
}

/** A request without a User-Agent is refused outright. Only the code is documented. */
export function noUserAgent(): Refusal {
  return { status: 400, code: 'invalid_user_agent', details: ['User-Agent header is missing or empty.'] };
}

/** Seen live on 2026-08-13. */
export function unauthorized(): Refusal {
  const details = 'Required access token is missing, malformed, expired, or invalid.';
  return { status: 401, code: 'unauthorized', details: [details] };
}

/** Status and code are documented, the text is the sandbox's own. */
export function insufficientScope(): Refusal {
  return { status: 403, code: 'insufficient_scope', details: ["The access token lacks the scope 'read'."] };
}

/** The code for query and path parameters; the texts are the sandbox's own. */
export function invalidParams(details: Refusal['details']): Refusal {
  return { status: 400, code: 'invalid_param', details };
}

/** No record with this id. The text is not documented. */
export function noSuchSequence(): Refusal {
  return { status: 404, code: 'not_found', details: ['Requested sequence was not found.'] };
}

/** A route or a method that does not exist. Both texts have been seen live. */
export function unknownPath(code: ZendeskSellWorld['unknown_path'], method: string, path: string): Refusal {
  if (code === 'not_found') return { status: 404, code, details: ['Requested path was not found.'] };
  return { status: 404, code, details: [pathNotFound(method, path)] };
}

/** No header tells when to come back: https://developer.zendesk.com/api-reference/sales-crm/rate-limits */
export function throttled(as: ZendeskSellWorld['throttled_as'], method: string, limit: string): Refusal {
  if (as === '404') return { status: 404, code: 'incorrect_path', details: [pathNotFound(method, '/429.json')] };
  return { status: 429, code: 'rate_limit_exceeded', details: [`Rate limit of ${limit} exceeded.`] };
}

/** Status and code are documented, the text is the sandbox's own. */
export function serverError(): Refusal {
  return { status: 500, code: 'server_error', details: ['An internal error occurred.'] };
}

const MORE_INFO = 'https://developer.zendesk.com/api-reference/sales-crm/errors/';

const REASONS: Readonly<Record<Status, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};

function pathNotFound(method: string, path: string): string {
  return `Requested path at '${path}' was not found using the HTTP method '${method}'.`;
}
