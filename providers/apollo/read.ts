/** Reading Apollo's sequences: one call answers with the sequence, its steps, their touches and their templates. */
import { z } from 'zod';
import { unmodelled, type Read, type SequenceReading, type StepReading } from '#provider';
import { noError } from './responses.ts';

const id = z.string().regex(/^[0-9a-f]{24}$/i);
const campaign = z.looseObject({
  id,
  name: z.string().nullish(),
  active: z.boolean().nullish(),
  archived: z.boolean().nullish(),
});
const step = z.looseObject({
  id,
  position: z.int(),
  type: z.string(),
  wait_time: z.number().nullish(),
  wait_mode: z.string().nullish(),
});
const touch = z.looseObject({ id, emailer_step_id: id, emailer_template_id: id.nullish(), type: z.string().nullish() });
const template = z.looseObject({ id, subject: z.string().nullish(), body_html: z.string().nullish() });

export const wholeAnswer = z.object({
  ...noError,
  emailer_campaign: campaign,
  emailer_steps: z.array(step),
  emailer_touches: z.array(touch).nullish(),
  emailer_templates: z.array(template).nullish(),
  attachments: z.array(z.unknown()).nullish(),
});

export type Whole = z.infer<typeof wholeAnswer>;
export type Campaign = z.infer<typeof campaign>;

export const searchedAnswer = z.object({
  ...noError,
  emailer_campaigns: z.array(campaign),
  // An empty result has 0 pages.
  pagination: z.object({ total_pages: z.number(), total_entries: z.number().nullish() }),
});

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3_600, day: 86_400 };

export async function readSequence(sequenceId: string, read: Read): Promise<SequenceReading> {
  const whole = await read.get(['emailer_campaigns', sequenceId], { response: wholeAnswer });
  const steps = whole.emailer_steps.toSorted((a, b) => a.position - b.position);
  return { ...toSequence(whole.emailer_campaign), steps: steps.map((each) => toStep(each, whole)) };
}

export function toSequence(native: Campaign): SequenceReading {
  const metrics = Object.fromEntries(Object.entries(native).filter(([key]) => METRIC.test(key)));
  const sharing = sharingOf(native['sharing_permission']);
  return {
    id: native.id,
    name: native.name,
    owner_id: text(native['user_id']),
    tags: texts(native['label_ids']),
    num_steps: typeof native['num_steps'] === 'number' ? native['num_steps'] : undefined,
    is_enabled: native.active,
    is_archived: native.archived,
    share_type: sharing === undefined ? undefined : sharing === 'everyone' ? 'team' : 'private',
    metrics,
    created_at: text(native['created_at']),
    updated_at: text(native['updated_at']),
    unmodelled: unmodelled(native, [...SEQUENCE_KEYS, ...Object.keys(metrics)], SEQUENCE_DEFAULTS),
    raw: native,
  };
}

/** Counters and rates; each is a number, null or the word "loading". */
const METRIC = /^unique_|_rate$/;
const SEQUENCE_KEYS = [
  ...[
    'id',
    'name',
    'user_id',
    'object_owner_id',
    'label_ids',
    'num_steps',
    'active',
    'archived',
    'created_at',
    'updated_at',
  ],
  ...[
    'last_used_at',
    'loaded_stats',
    'contact_statuses',
    'sharing_permission',
    'starred_by_user_ids',
    'is_performing_poorly',
  ],
  ...[
    'creation_type',
    'status_reason',
    'permissions',
    'num_contacts_email_status_extrapolated',
    'underperforming_touches_count',
  ],
  ...['emailer_steps'],
];
const SEQUENCE_DEFAULTS = {
  mark_finished_if_reply: true,
  mark_finished_if_click: false,
  mark_finished_if_interested: true,
  mark_paused_if_ooo: false,
  create_task_if_email_open: false,
  email_open_trigger_task_threshold: 3,
  days_to_wait_before_mark_as_response: 5,
  remind_ab_test_results: false,
  prioritized_by_user: false,
  ignore_apollo_global_email_bounce_list: false,
  sequence_by_exact_daytime: false,
  auto_pause_enabled: false,
};

function toStep(native: z.infer<typeof step>, whole: Whole): StepReading {
  const own = (whole.emailer_touches ?? []).find((each) => each.emailer_step_id === native.id);
  const content = (whole.emailer_templates ?? []).find((each) => each.id === own?.emailer_template_id);
  const exact = text(native['exact_datetime']);
  const unit = SECONDS[native.wait_mode ?? ''];
  const seconds = unit === undefined || typeof native.wait_time !== 'number' ? undefined : native.wait_time * unit;
  return {
    id: native.id,
    word: native.type,
    order: native.position,
    interval_seconds: seconds,
    ...(exact === undefined
      ? {}
      : { native_interval: { exact_datetime: exact, wait_time: native.wait_time, wait_mode: native.wait_mode } }),
    is_reply: EMAIL.test(native.type) && own ? own.type === 'reply_to_thread' : undefined,
    task_note: text(native['note']),
    template:
      content && hasContent(content)
        ? { id: content.id, subject: filled(content.subject), body: filled(content.body_html) }
        : undefined,
    unmodelled: [
      ...unmodelled(native, STEP_KEYS),
      ...(own ? unmodelled({ status: own['status'] }, [], { status: 'approved' }, '/emailer_touch') : []),
    ],
    raw: { emailer_step: native, emailer_touch: own, emailer_template: content },
  };
}

const EMAIL = /^(auto|manual)_email$/;
const STEP_KEYS = [
  ...['id', 'emailer_campaign_id', 'position', 'type', 'wait_time', 'wait_mode', 'exact_datetime', 'note', 'note_text'],
  ...[
    'counts',
    'ab_test_details',
    'outcomes',
    'unique_scheduled',
    'unique_skipped',
    'unique_completed',
    'created_at',
    'updated_at',
  ],
];

/** The template that Apollo makes by itself is blank until somebody writes it. */
export function hasContent({ subject, body_html: body }: z.infer<typeof template>): boolean {
  return Boolean(subject) || Boolean(body);
}

function filled(value: string | null | undefined): string | undefined {
  return value ? value : undefined;
}

function sharingOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'visibility' in value ? value.visibility : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
}
