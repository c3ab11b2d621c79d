import type { Refusals } from '#sandbox';
import type { Budget, Spelling } from './gate.ts';
import { INVALID_TOKEN, MEDIA_TYPE } from './refusals.ts';

/** A maintenance of ten minutes. */
const MAINTENANCE_MS = 600_000;

/**
 * What Outreach is known to say to a call that would otherwise have been in order.
 *
 * - `Retry-After` of a 429 is documented as an alias of `X-RateLimit-Reset`, in seconds or as a timestamp: `rate_limited`
 *   is as the world has it. https://developers.outreach.io/api/getting-started#rate-limiting
 * - The title of `maintenance` and its text are the sandbox's own; id and the timestamp in `Retry-After` are documented.
 * - How a dead token is told from an unknown one is not known: both are what api.outreach.io said on 2026-09-11.
 * - The body of a 500 is not known either: it is plain text here.
 */
export function refusalsOf(budget: Budget, spelling: Spelling, now: () => number): Refusals {
  const unauthorized = () => ({ status: 401, body: INVALID_TOKEN });
  return {
    rate_limited: () => budget.refuse(spelling),
    rate_limited_seconds: () => budget.refuse('seconds'),
    rate_limited_timestamp: () => budget.refuse('iso8601'),
    maintenance: () => ({
      status: 503,
      headers: { 'content-type': MEDIA_TYPE, 'retry-after': new Date(now() + MAINTENANCE_MS).toISOString() },
      body: { errors: [{ id: 'scheduledServerMaintenance', title: 'Scheduled Server Maintenance' }] },
    }),
    server_error: () => ({ status: 500, body: 'Internal Server Error' }),
    expired_token: unauthorized,
    revoked_token: unauthorized,
  };
}
