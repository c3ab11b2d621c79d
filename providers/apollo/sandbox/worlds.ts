import type { World } from '#sandbox';

/** Where public sources disagree about Apollo, or are silent; each is named beside the code that a switch changes. */
export const worlds = {
  priority_on_auto_email: ['refused', 'accepted'],
  touch_put: ['works', 'fails'],
  touch_for_call: ['null', 'present'],
  touch_for_bare_step: ['blank', 'none'],
  daily_headers: ['24-hour', 'daily'],
  page_as: ['number', 'string'],
  search_rows: ['plain', 'with_steps'],
  put_keeps_unlisted: ['yes', 'no'],
  put_keeps_unsent: ['yes', 'no'],
  after_delete: ['close_up', 'gap'],
  body_wrapped: ['no', 'yes'],
  counters: ['null', 'loading'],
} as const;

export type ApolloWorld = World<typeof worlds>;
