import type { Budget } from '#provider';

/**
 * 600 cost units a minute and team, shared by every integration of that team; deep pages cost more.
 * https://developers.salesloft.com/docs/platform/api-basics/rate-limits/
 */
export const BUDGET = {
  shared_by: 'team',
  counted: 'together',
  unit: 'cost-units',
  windows: [
    {
      name: 'minute',
      seconds: 60,
      limit: 600,
      // No header tells when it ends: full minutes are an inference.
      opens: 'on_the_clock',
      headers: { remaining: ['x-ratelimit-remaining-minute'] },
    },
  ],
  cost: {
    parameter: 'page',
    steps: [
      { from: 1, cost: 1 },
      { from: 101, cost: 3 },
      { from: 151, cost: 8 },
      { from: 251, cost: 10 },
      { from: 501, cost: 30 },
    ],
  },
} as const satisfies Budget;
