/** Reading Apollo's sequences: one call answers with the sequence, its steps, their touches and their templates. */
import { z } from 'zod';
import { unmodelled, type Read, type SequenceReading, type StepReading } from '#provider';
import { id, noError } from './responses.ts';
import { isEmail, isMetric, ofSequence, ofStep, visibilityOf } from './unmodelled.ts';

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
  const { attachments } = whole;
  const sequence = toSequence(whole.emailer_campaign);
  return {
    ...sequence,
    unmodelled: [...(sequence.unmodelled ?? []), ...unmodelled({ attachments }, [])],
    steps: steps.map((each) => toStep(each, whole)),
  };
}

export function toSequence(native: Campaign): SequenceReading {
  return {
    id: native.id,
    name: native.name,
    owner_id: text(native['user_id']),
    tags: texts(native['label_ids']),
    num_steps: typeof native['num_steps'] === 'number' ? native['num_steps'] : undefined,
    is_enabled: native.active,
    is_archived: native.archived,
    share_type: SHARED[String(visibilityOf(native))],
    metrics: Object.fromEntries(Object.entries(native).filter(([key]) => isMetric(key))),
    created_at: text(native['created_at']),
    updated_at: text(native['updated_at']),
    unmodelled: ofSequence(native),
    raw: native,
  };
}

const SHARED: Readonly<Record<string, 'team' | 'private'>> = { everyone: 'team', restricted: 'private' };

function toStep(native: z.infer<typeof step>, whole: Whole): StepReading {
  const messages = messagesOf(native, whole);
  const [{ touch: own, template: content } = {}] = messages;
  const { wait_time, wait_mode } = native;
  const exact = text(native['exact_datetime']);
  const unit = SECONDS[wait_mode ?? ''];
  const seconds = unit === undefined || typeof wait_time !== 'number' ? undefined : wait_time * unit;
  // An exact time, or a unit that nobody knows.
  const odd = exact !== undefined || (unit === undefined && Boolean(wait_mode));
  return {
    id: native.id,
    word: native.type,
    order: native.position,
    interval_seconds: seconds,
    ...(odd ? { native_interval: { exact_datetime: native['exact_datetime'] ?? null, wait_time, wait_mode } } : {}),
    is_reply: isEmail(native.type) && own ? own.type === 'reply_to_thread' : undefined,
    task_note: text(native['note']),
    template:
      content && hasContent(content)
        ? {
            id: content.id,
            name: text(content['name']),
            subject: filled(content.subject),
            body: filled(content.body_html),
          }
        : undefined,
    unmodelled: ofStep(native, messages),
    raw: { emailer_step: native, emailer_touch: own, emailer_template: content },
  };
}

/** More than one touch is an A/B test; the first is the one that is shown. */
function messagesOf({ id: stepId }: z.infer<typeof step>, whole: Whole) {
  const touches = (whole.emailer_touches ?? []).filter((each) => each.emailer_step_id === stepId);
  return touches.map((touch) => ({
    touch,
    template: (whole.emailer_templates ?? []).find((each) => each.id === touch.emailer_template_id),
  }));
}

/** The template that Apollo makes by itself is blank until somebody writes it. */
export function hasContent({ subject, body_html: body }: z.infer<typeof template>): boolean {
  return Boolean(subject) || Boolean(body);
}

function filled(value: string | null | undefined): string | undefined {
  return value ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
}
