/** The headers of answers, for the document: which answers of which route may carry them. */
import type { RouteConfig } from '@hono/zod-openapi';

const text = (description: string, example: string) => ({ description, example, schema: { type: 'string' } }) as const;
const count = (description: string, example: number) =>
  ({ description, example, schema: { type: 'integer' } }) as const;

/** By the name under which the document keeps them; each is described once. */
export const HEADER_COMPONENTS = {
  RequestId: text("The request's id: the caller's own `x-request-id` where it can be used.", 'request-7'),
  RetryAfter: count('Seconds to wait before the request is sent again.', 1),
  WarningCount: count('How many warnings the answer has.', 0),
  PreferenceApplied: text('The preferences that were applied (RFC 7240).', 'handling=strict, wait=30'),
  IdempotentReplayed: text('`true`: answered as before, and nothing was sent.', 'true'),
  RateLimit: text(
    "What is left of the provider's budget (draft-ietf-httpapi-ratelimit-headers-10).",
    '"minute";r=49;t=20',
  ),
  RateLimitPolicy: text("The windows of the provider's budget, as named policies.", '"minute";q=50;w=60'),
  WwwAuthenticate: text('How a key can be sent, beside `x-api-key`.', 'Bearer'),
  Location: text('Where the browser goes next.', 'https://app.example.com/connected'),
} as const;

const NAMES = {
  RequestId: 'x-request-id',
  RetryAfter: 'retry-after',
  WarningCount: 'x-warning-count',
  PreferenceApplied: 'preference-applied',
  IdempotentReplayed: 'idempotent-replayed',
  RateLimit: 'ratelimit',
  RateLimitPolicy: 'ratelimit-policy',
  WwwAuthenticate: 'www-authenticate',
  Location: 'location',
} as const satisfies Record<keyof typeof HEADER_COMPONENTS, string>;

type Component = keyof typeof NAMES;

/** Those that say when it is worth a try. */
const RETRIED: ReadonlySet<number> = new Set([409, 429, 502, 503, 504]);
/** Refused before a provider is thought of. */
const EARLY: ReadonlySet<number> = new Set([401, 403, 413, 415]);

/** The responses of a route with the headers that they may have. */
export function withHeaders(config: RouteConfig): RouteConfig['responses'] {
  const found: RouteConfig['responses'] = {};
  for (const [status, response] of Object.entries(config.responses)) {
    const headers = componentsOf(config, Number(status)).map((component): [string, ReferenceObject] => [
      NAMES[component],
      { $ref: `#/components/headers/${component}` },
    ]);
    found[status] = '$ref' in response ? response : { ...response, headers: Object.fromEntries(headers) };
  }
  return found;
}

interface ReferenceObject {
  readonly $ref: string;
}

function componentsOf(config: RouteConfig, status: number): readonly Component[] {
  const takes = headerNames(config);
  const isResume = config.path.endsWith('/actions/resume');
  const reaches = takes.has('x-customer-id') || isResume || config.path.endsWith('/actions/test');
  const warns = reaches || (config.method !== 'get' && config.security?.length !== 0);
  const isLater = !EARLY.has(status);
  return [
    'RequestId',
    ...(RETRIED.has(status) ? (['RetryAfter'] as const) : []),
    ...(warns && (status === 200 || status === 201) ? (['WarningCount'] as const) : []),
    ...((takes.has('prefer') || reaches) && isLater ? (['PreferenceApplied'] as const) : []),
    ...((takes.has('idempotency-key') || isResume) && isLater ? (['IdempotentReplayed'] as const) : []),
    ...(reaches && isLater ? (['RateLimit', 'RateLimitPolicy'] as const) : []),
    ...(status === 401 ? (['WwwAuthenticate'] as const) : []),
    ...(status === 303 ? (['Location'] as const) : []),
  ];
}

function headerNames({ request }: RouteConfig): ReadonlySet<string> {
  const headers = request?.headers;
  return new Set(headers !== undefined && 'shape' in headers ? Object.keys(headers.shape) : []);
}
