import type { Budget } from '#provider';

/** 10,000 requests an hour and user, in a fixed window: https://developers.outreach.io/api/making-requests/ */
export const BUDGET = {
  shared_by: 'user',
  counted: 'together',
  unit: 'requests',
  windows: [
    {
      name: 'hour',
      seconds: 3600,
      limit: 10_000,
      opens: 'with_first_call',
      headers: {
        limit: ['x-ratelimit-limit'],
        remaining: ['x-ratelimit-remaining'],
        // Seconds or a timestamp: both have been described.
        resets: ['x-ratelimit-reset'],
      },
    },
  ],
} as const satisfies Budget;
