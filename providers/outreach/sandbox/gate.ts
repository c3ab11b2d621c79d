import type { MiddlewareHandler } from 'hono';
import type { ForcedAnswer } from '#sandbox';
import { MEDIA_TYPE, rateLimitError, rateLimitExceeded, unauthorized, unsupportedMediaType } from './refusals.ts';
import type { OutreachWorld } from './worlds.ts';

/** 10,000 requests an hour and user, in a fixed window: https://developers.outreach.io/api/getting-started#rate-limiting */
export const LIMITS = { per_hour: 10_000 } as const;
const WINDOW_MS = 3_600_000;

/** Before routing, as the real gateway does: an unknown path without a token is a 401 there. */
export const requireToken =
  (isGood: (authorization: string) => boolean): MiddlewareHandler =>
  async (c, next) => {
    const header = c.req.header('authorization');
    if (!isGood(header ?? '')) return unauthorized(header);
    await next();
  };

export type Spelling = OutreachWorld['retry_after'];

export interface Budget {
  readonly middleware: MiddlewareHandler;
  /** The same answer as that to a call for which the hour has nothing left, in either spelling. */
  readonly refuse: (spelling: Spelling) => ForcedAnswer;
  readonly reset: () => void;
}

/** Counts every call that carries a user's token; the four headers are on every answer to one. */
export function hourlyBudget(spelling: Spelling, now: () => number, limit: () => number): Budget {
  let current = { window: 0, used: 0 };
  const end = (): Date => new Date((Math.floor(now() / WINDOW_MS) + 1) * WINDOW_MS);
  const headersOf = (left: number, as: Spelling): Readonly<Record<string, string>> => {
    const resetsAt = as === 'iso8601' ? end().toISOString() : String(Math.ceil((end().getTime() - now()) / 1000));
    return {
      'X-RateLimit-Limit': String(limit()),
      'X-RateLimit-Remaining': String(Math.max(0, left)),
      'X-RateLimit-Reset': resetsAt,
      'Retry-After': resetsAt,
    };
  };
  const middleware: MiddlewareHandler = async (c, next) => {
    const window = Math.floor(now() / WINDOW_MS);
    if (current.window !== window) current = { window, used: 0 };
    const exhausted = current.used >= limit();
    if (!exhausted) current.used += 1;

    if (exhausted) c.res = rateLimitExceeded(limit(), end()).getResponse();
    else await next();

    for (const [name, value] of Object.entries(headersOf(limit() - current.used, spelling))) c.header(name, value);
  };
  const refuse: Budget['refuse'] = (as) => ({
    status: 429,
    headers: { 'content-type': MEDIA_TYPE, ...headersOf(0, as) },
    body: { errors: [rateLimitError(limit(), end())] },
  });
  const reset = (): void => {
    current = { window: 0, used: 0 };
  };
  return { middleware, refuse, reset };
}

/** JSON:API 1.0 lets no media type parameter pass: https://jsonapi.org/format/1.0/#content-negotiation-servers */
export const requireMediaType =
  (scope: OutreachWorld['content_type']): MiddlewareHandler =>
  async (c, next) => {
    const needed = scope === 'every_request' || (await c.req.text()) !== '';
    if (needed && c.req.header('content-type')?.trim().toLowerCase() !== MEDIA_TYPE) throw unsupportedMediaType();
    await next();
  };
