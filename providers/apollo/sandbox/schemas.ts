import { z } from 'zod';

export const stepType = z.enum([
  'auto_email',
  'manual_email',
  'call',
  'action_item',
  'linkedin_step_connect',
  'linkedin_step_message',
  'linkedin_step_view_profile',
  'linkedin_step_interact_post',
]);
/** `second` was one in 2023 and is not documented (https://docs.apollo.io/reference/create-sequence, 2026-08). */
export const waitMode = z.enum(['minute', 'hour', 'day']);
export const priority = z.enum(['high', 'medium', 'low']);
export const touchType = z.enum(['new_thread', 'reply_to_thread']);
export const touchStatus = z.enum(['to_be_reviewed', 'approved']);
export const count = z.int().min(0);
export const dateTime = z.iso.datetime({ offset: true });

/** Apollo's ids. */
export const hexId = z.string().regex(/^[0-9a-f]{24}$/);

export type StepType = z.output<typeof stepType>;
export type WaitMode = z.output<typeof waitMode>;
export type Priority = z.output<typeof priority>;
export type TouchType = z.output<typeof touchType>;
export type TouchStatus = z.output<typeof touchStatus>;

const stepSettings = {
  exact_datetime: dateTime.nullable().exactOptional(),
  priority: priority.nullable().exactOptional(),
  note: z.string().nullable().exactOptional(),
  max_emails_per_day: count.nullable().exactOptional(),
  auto_skip_in_x_days: count.nullable().exactOptional(),
};

/**
 * The body of `POST /emailer_steps`. The documented step has neither a subject nor a template: clients that put content
 * here lose it (supaglue, packages/core/remotes/impl/apollo, 2023-10).
 */
export const newStep = z.strictObject({
  emailer_campaign_id: hexId,
  position: z.int().min(1),
  type: stepType,
  wait_mode: waitMode,
  wait_time: count,
  ...stepSettings,
});

/**
 * The body of `PUT /emailer_steps/{id}`. Public clients send id, position and waiting time; the other keys are those
 * that a step is made with.
 */
export const stepChange = z.strictObject({
  id: hexId.exactOptional(),
  emailer_campaign_id: hexId.exactOptional(),
  position: z.int().min(1).exactOptional(),
  type: stepType.exactOptional(),
  wait_mode: waitMode.exactOptional(),
  wait_time: count.exactOptional(),
  ...stepSettings,
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
  type: touchType.exactOptional(),
  status: touchStatus.exactOptional(),
  include_signature: z.boolean().exactOptional(),
  emailer_template: z.strictObject({ id: hexId.exactOptional(), ...templateKeys }),
});

/** The body of a call that takes nothing. */
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
