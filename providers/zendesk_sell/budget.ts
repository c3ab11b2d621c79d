import type { Budget } from '#provider';

/** 36,000 requests an hour and token; no header tells what is left. https://developer.zendesk.com/api-reference/sales-crm/rate-limits */
export const BUDGET = {
  shared_by: 'token',
  counted: 'together',
  unit: 'requests',
  windows: [{ name: 'hour', seconds: 3600, limit: 36_000, opens: 'with_first_call' }],
} as const satisfies Budget;
