import { z } from 'zod';
import { count, dateTime, hexId, priority, stepType, touchStatus, touchType, waitMode } from './schemas.ts';

/** The sandbox holds no attachments, so that every id of one is unknown. */
const attachmentIds = z.array(hexId).max(0, 'there is no such attachment');

const content = { subject: z.string().exactOptional(), body_html: z.string().exactOptional() };

/** Apollo has its own words for a missing waiting time, which come after this check. */
const wait = { wait_time: count.nullable().exactOptional(), wait_mode: waitMode.nullable().exactOptional() };

/** A step of `POST /sequences`: its place in the array is its position, and there is no key for it. */
const createdStep = z.strictObject({
  type: stepType,
  ...wait,
  exact_datetime: dateTime.exactOptional(),
  priority: priority.exactOptional(),
  note: z.string().exactOptional(),
  max_emails_per_day: count.exactOptional(),
  auto_skip_in_x_days: count.exactOptional(),
  emailer_touches: z
    .array(
      z.strictObject({
        type: touchType.exactOptional(),
        status: touchStatus.exactOptional(),
        include_signature: z.boolean().exactOptional(),
        emailer_template: z.strictObject({ id: hexId.exactOptional(), ...content }).exactOptional(),
        attachment_ids: attachmentIds.exactOptional(),
      }),
    )
    .exactOptional(),
});

/** What both bodies have. `permissions` is taken and ignored since `sharing_permission` replaced it. */
const common = {
  active: z.boolean().exactOptional(),
  permissions: z.string().exactOptional(),
  emailer_schedule_id: hexId.exactOptional(),
  label_names: z.array(z.string().min(1)).exactOptional(),
  max_emails_per_day: count.exactOptional(),
  same_account_reply_delay_days: count.max(1000).exactOptional(),
};

/**
 * The body of `POST /sequences` (https://docs.apollo.io/reference/create-sequence, 2026-08). No key is documented as
 * required; a name is demanded here, since no source tells what a sequence without one is called. `user_id` is ignored.
 */
export const newSequence = z.strictObject({
  name: z.string().min(1),
  user_id: z.string().exactOptional(),
  ...common,
  folder_id: hexId.exactOptional(),
  sequence_ruleset_id: hexId.exactOptional(),
  sequence_by_exact_daytime: z.boolean().exactOptional(),
  mark_finished_if_reply: z.boolean().exactOptional(),
  mark_finished_if_click: z.boolean().exactOptional(),
  mark_finished_if_interested: z.boolean().exactOptional(),
  mark_paused_if_ooo: z.boolean().exactOptional(),
  days_to_wait_before_mark_as_response: count.exactOptional(),
  create_task_if_email_open: z.boolean().exactOptional(),
  email_open_trigger_task_threshold: count.exactOptional(),
  excluded_account_stage_ids: z.array(hexId).exactOptional(),
  excluded_contact_stage_ids: z.array(hexId).exactOptional(),
  ignore_apollo_global_email_bounce_list: z.boolean().exactOptional(),
  emailer_steps: z.array(createdStep).exactOptional(),
});

/** A step of `PUT /sequences/{id}`: it has neither note nor priority, and its touches neither type nor signature. */
const listedStep = z.strictObject({
  id: hexId.exactOptional(),
  position: z.int().min(1),
  type: stepType,
  ...wait,
  auto_skip_in_x_days: count.exactOptional(),
  emailer_touches: z
    .array(
      z.strictObject({
        id: hexId.exactOptional(),
        status: touchStatus.exactOptional(),
        attachment_ids: attachmentIds.exactOptional(),
        emailer_template: z.strictObject(content).exactOptional(),
        generation_options: z
          .array(
            z.strictObject({
              type: z.string().exactOptional(),
              additional_prompt: z.string().exactOptional(),
              signals: z.array(z.string()).exactOptional(),
              field_name: z.string().exactOptional(),
            }),
          )
          .exactOptional(),
        generation_tone: z
          .strictObject({ tone_type: z.string().exactOptional(), tone_sample: z.string().exactOptional() })
          .exactOptional(),
      }),
    )
    .exactOptional(),
});

const accessType = z.enum(['can_view', 'can_edit', 'full_access']);

const sharing = z.strictObject({
  visibility: z.enum(['restricted', 'everyone']).exactOptional(),
  access_type: accessType.exactOptional(),
  added_sharing_accesses: z
    .array(
      z.strictObject({
        user_or_team_id: hexId,
        user_or_team_type: z.enum(['user', 'team', 'subteam']),
        access_type: accessType,
      }),
    )
    .exactOptional(),
  updated_sharing_accesses: z
    .array(z.strictObject({ user_or_team_id: hexId, access_type: accessType }))
    .exactOptional(),
  deleted_sharing_accesses: z.array(z.strictObject({ user_or_team_id: hexId })).exactOptional(),
});

/** The body of `PUT /sequences/{id}` (https://docs.apollo.io/reference/update-sequence, 2026-08). */
export const sequenceChange = z.strictObject({
  name: z.string().min(1).exactOptional(),
  ...common,
  creation_type: z.enum(['draft', 'new', 'ai_assistant']).exactOptional(),
  sharing_permission: sharing.exactOptional(),
  user_id: hexId.exactOptional(),
  cc_emails: z.string().exactOptional(),
  bcc_emails: z.string().exactOptional(),
  emailer_steps: z.array(listedStep),
});

export type CreatedStep = z.output<typeof createdStep>;
export type ListedStep = z.output<typeof listedStep>;
export type SharingChange = z.output<typeof sharing>;
