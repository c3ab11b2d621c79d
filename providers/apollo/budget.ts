import type { Budget } from '#provider';

/**
 * Fixed windows for each team and endpoint. The numbers are those of the free plan for "all other endpoints"; paid plans
 * have up to 200, 600 and 6,000, which the headers tell, and an unlimited window an empty one: https://docs.apollo.io/reference/rate-limits (2026-07-28).
 */
export const BUDGET = {
  shared_by: 'team',
  counted: 'by_endpoint',
  unit: 'requests',
  windows: [
    {
      name: 'minute',
      seconds: 60,
      limit: 50,
      opens: 'with_first_call',
      headers: { limit: ['x-rate-limit-minute'], remaining: ['x-minute-requests-left'] },
    },
    {
      name: 'hour',
      seconds: 3600,
      limit: 200,
      opens: 'with_first_call',
      headers: { limit: ['x-rate-limit-hourly'], remaining: ['x-hourly-requests-left'] },
    },
    {
      name: 'day',
      seconds: 86_400,
      limit: 600,
      opens: 'with_first_call',
      // An older copy of the page names them `daily`.
      headers: {
        limit: ['x-rate-limit-24-hour', 'x-rate-limit-daily'],
        remaining: ['x-24-hour-requests-left', 'x-daily-requests-left'],
      },
    },
  ],
} as const satisfies Budget;
