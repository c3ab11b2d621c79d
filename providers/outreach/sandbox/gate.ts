import type { MiddlewareHandler } from 'hono';
import { MEDIA_TYPE, rateLimitExceeded, unauthorized, unsupportedMediaType } from './refusals.ts';
import type { OutreachWorld } from './worlds.ts';

/** 10,000 requests an hour and user, in a fixed window: https://developers.outreach.io/api/getting-started#rate-limiting */
const LIMIT = 10_000;
const WINDOW_MS = 3_600_000;

/** Before routing, as the real gateway does: an unknown path without a token is a 401 there. */
export const requireToken =
  (token: string): MiddlewareHandler =>
  async (c, next) => {
    const header = c.req.header('authorization');
    if (header !== `Bearer ${token}`) return unauthorized(header);
    await next();
  };

export interface Budget {
  readonly middleware: MiddlewareHandler;
  readonly reset: () => void;
}

/** Counts every call that carries a user's token; the four headers are on every answer to one. */
export function hourlyBudget(spelling: OutreachWorld['retry_after'], now: () => number): Budget {
  let current = { window: 0, used: 0 };
  const middleware: MiddlewareHandler = async (c, next) => {
    const window = Math.floor(now() / WINDOW_MS);
    if (current.window !== window) current = { window, used: 0 };
    const until = new Date((window + 1) * WINDOW_MS);
    const exhausted = current.used >= LIMIT;
    if (!exhausted) current.used += 1;

    if (exhausted) c.res = rateLimitExceeded(LIMIT, until).getResponse();
    else await next();

    const resetsAt = spelling === 'iso8601' ? until.toISOString() : String(Math.ceil((until.getTime() - now()) / 1000));
    c.header('X-RateLimit-Limit', String(LIMIT));
    c.header('X-RateLimit-Remaining', String(LIMIT - current.used));
    c.header('X-RateLimit-Reset', resetsAt);
    c.header('Retry-After', resetsAt);
  };
  const reset = (): void => {
    current = { window: 0, used: 0 };
  };
  return { middleware, reset };
}

/** JSON:API 1.0 lets no media type parameter pass: https://jsonapi.org/format/1.0/#content-negotiation-servers */
export const requireMediaType =
  (scope: OutreachWorld['content_type']): MiddlewareHandler =>
  async (c, next) => {
    const needed = scope === 'every_request' || (await c.req.text()) !== '';
    if (needed && c.req.header('content-type')?.trim().toLowerCase() !== MEDIA_TYPE) throw unsupportedMediaType();
    await next();
  };
