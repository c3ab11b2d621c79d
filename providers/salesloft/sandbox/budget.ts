import type { Refusals } from '#sandbox';
import { refusal } from './errors.ts';
import { callCost } from './lists.ts';
import type { SalesloftWorld } from './worlds.ts';

/**
 * Cost units a minute, shared by a whole team.
 * https://developers.salesloft.com/docs/platform/api-basics/rate-limits
 */
export const LIMITS = { cost_per_minute: 600 } as const;

export interface Budget {
  /** Takes the cost of one call, if it is still there; a call that is refused costs nothing. */
  readonly take: (url: string) => { readonly taken: boolean; readonly headers: Readonly<Record<string, string>> };
  readonly reset: () => void;
}

/** That the minute is the clock's is not documented. */
export function minuteBudget(now: () => number, limit: () => number): Budget {
  let spent = { minute: 0, cost: 0 };
  return {
    take: (url) => {
      const cost = callCost(url);
      const minute = Math.floor(now() / 60_000);
      if (spent.minute !== minute) spent = { minute, cost: 0 };
      const taken = spent.cost + cost <= limit();
      if (taken) spent = { minute, cost: spent.cost + cost };
      return { taken, headers: headersOf(cost, limit() - spent.cost) };
    },
    reset: () => {
      spent = { minute: 0, cost: 0 };
    },
  };
}

/** The status of a spent budget is documented and its body is not; nor is any header that says when to come back. */
export function throttledBody(as: SalesloftWorld['throttled_body']): object | string {
  return as === 'empty' ? '' : refusal(429, 'Too Many Requests').body;
}

/**
 * What Salesloft is known to say to a call that would otherwise have been in order. The text of the 500 is one that
 * https://github.com/amp-labs/connectors reads (common/errorclass_test.go). How an expired or revoked token is told from
 * an unknown one is not known: the text is that of an unknown one.
 */
export function refusalsOf(world: SalesloftWorld): Refusals {
  const unauthorized = () => refusal(401, INVALID_TOKEN);
  return {
    rate_limited: () => ({ status: 429, headers: headersOf(1, 0), body: throttledBody(world.throttled_body) }),
    server_error: () => refusal(500, 'Unexpected server error occurred. Please try again.'),
    expired_token: unauthorized,
    revoked_token: unauthorized,
  };
}

export const INVALID_TOKEN = 'Invalid Bearer token';

function headersOf(cost: number, left: number): Readonly<Record<string, string>> {
  return {
    'x-ratelimit-endpoint-cost': String(cost),
    'x-ratelimit-remaining-minute': String(Math.max(0, left)),
  };
}
