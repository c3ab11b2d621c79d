import { z } from 'zod';

export const STEP_TYPES = [
  'auto_email',
  'manual_email',
  'call',
  'action_item',
  'linkedin_step_connect',
  'linkedin_step_message',
  'linkedin_step_view_profile',
  'linkedin_step_interact_post',
] as const;

export const TOUCH_TYPES = ['new_thread', 'reply_to_thread'] as const;
export const TOUCH_STATUSES = ['to_be_reviewed', 'approved'] as const;

/** Apollo's ids. */
export const hexId = z.string().regex(/^[0-9a-f]{24}$/);

/**
 * The body of `POST /emailer_steps`. The documented step has neither a subject nor a template: clients that put content
 * here lose it (supaglue, packages/core/remotes/impl/apollo, 2023-10). `second` was a wait mode in 2023 and is not in the
 * documented list (https://docs.apollo.io/reference/create-sequence, 2026-08).
 */
export const newStep = z.strictObject({
  emailer_campaign_id: hexId,
  position: z.int().min(1),
  type: z.enum(STEP_TYPES),
  wait_mode: z.enum(['minute', 'hour', 'day']),
  wait_time: z.int().min(0),
  exact_datetime: z.iso.datetime({ offset: true }).nullable().exactOptional(),
  priority: z.enum(['high', 'medium', 'low']).nullable().exactOptional(),
  note: z.string().nullable().exactOptional(),
  max_emails_per_day: z.int().min(0).nullable().exactOptional(),
  auto_skip_in_x_days: z.int().min(0).nullable().exactOptional(),
});

/** `body_text` is taken and not kept: Apollo derives it from `body_html`, as two public clients report. */
const templateKeys = {
  name: z.string().nullable().exactOptional(),
  subject: z.string().nullable().exactOptional(),
  body_html: z.string().exactOptional(),
  body_text: z.string().nullable().exactOptional(),
  creation_type: z.string().exactOptional(),
  folder_id: hexId.nullable().exactOptional(),
  label_ids: z.array(hexId).exactOptional(),
  description: z.string().nullable().exactOptional(),
};

/** The body of `PUT /emailer_templates/{id}`: flat. */
export const templateChange = z.strictObject(templateKeys);

/** The body of `PUT /emailer_touches/{id}`, once it is known to hold a template object. */
export const touchChange = z.strictObject({
  id: hexId.exactOptional(),
  emailer_step_id: hexId.exactOptional(),
  type: z.enum(TOUCH_TYPES).exactOptional(),
  status: z.enum(TOUCH_STATUSES).exactOptional(),
  include_signature: z.boolean().exactOptional(),
  emailer_template: z.strictObject({ id: hexId.exactOptional(), ...templateKeys }),
});

/** `POST /emailer_touches/{id}/approve` takes nothing. */
export const nothing = z.strictObject({});

const wholeNumber = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]);

/**
 * The documentation lists these as query strings, Apollo's own CLI sends them as strings in the JSON body and supaglue
 * as numbers there; all are taken (https://docs.apollo.io/reference/search-for-sequences, github.com/apolloio/apollo-io-cli).
 * 100 as the maximum is not documented; two clients found it.
 */
export const searchParams = z.strictObject({
  page: wholeNumber.pipe(z.int().min(1)).exactOptional(),
  per_page: wholeNumber.pipe(z.int().min(1).max(100)).exactOptional(),
  q_name: z.string().exactOptional(),
});

export type NewStep = z.output<typeof newStep>;
export type TemplateChange = z.output<typeof templateChange>;
export type TouchChange = z.output<typeof touchChange>;

export type Checked<T> = { readonly value: T; readonly error?: undefined } | { readonly error: string };

/** Checks against a closed schema; the error names every key that is unknown, missing or of the wrong form. */
export function check<S extends z.ZodType>(schema: S, input: unknown): Checked<z.output<S>> {
  const result = schema.safeParse(input);
  if (result.success) return { value: result.data };
  return { error: result.error.issues.map(describeIssue).join(', ') };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${path} is invalid: ${issue.message}`;
  return issue.keys.map((key) => `${path ? `${path}.` : ''}${key} is not a permitted parameter`).join(', ');
}
