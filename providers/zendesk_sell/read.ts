/** Reading Zendesk Sell's sequences: collections are nested, and positions count from 0. */
import { z } from 'zod';
import { unmodelled, type SequenceReading, type StepReading } from '#provider';

const id = z.int().positive();

const step = z.looseObject({
  id,
  position: z.int(),
  // Missing from the documented table, present in its example.
  action_type: z.string(),
  delay_from_previous_step: z.number(),
  delay_from_previous_step_unit: z.string(),
  action_properties: z
    .looseObject({
      email_template_id: id.nullish(),
      is_reply: z.boolean().nullish(),
      task_content: z.string().nullish(),
    })
    .nullish(),
});

const sequence = z.looseObject({
  id,
  name: z.string().nullish(),
  steps_total: z.int().nullish(),
  created_at: z.string().nullish(),
  updated_at: z.string().nullish(),
  steps: z.looseObject({ items: z.array(z.looseObject({ data: step })) }).nullish(),
});

export const listAnswer = z.object({
  items: z.array(z.object({ data: sequence })),
  meta: z.object({ links: z.object({ next_page: z.string().nullish() }).nullish() }),
});

export function toSequence(native: z.infer<typeof sequence>): SequenceReading {
  const steps = (native.steps?.items ?? []).map(({ data }) => data).toSorted((a, b) => a.position - b.position);
  return {
    id: native.id,
    name: native.name,
    num_steps: native.steps_total,
    created_at: native.created_at,
    updated_at: native.updated_at,
    steps: steps.map(toStep),
    unmodelled: unmodelled(native, ['id', 'name', 'steps_total', 'steps', 'created_at', 'updated_at']),
    raw: native,
  };
}

const SECONDS: Readonly<Record<string, number>> = { hours: 3_600, weekdays: 86_400 };

function toStep(native: z.infer<typeof step>): StepReading {
  const { delay_from_previous_step, delay_from_previous_step_unit, action_properties: properties } = native;
  const seconds = SECONDS[delay_from_previous_step_unit];
  const nominal = delay_from_previous_step_unit !== 'hours' && delay_from_previous_step !== 0;
  const email = native.action_type === 'automated_email';
  return {
    id: native.id,
    word: native.action_type,
    order: native.position + 1,
    interval_seconds: seconds === undefined ? undefined : Math.max(0, delay_from_previous_step * seconds),
    ...(nominal ? { native_interval: { delay_from_previous_step, delay_from_previous_step_unit } } : {}),
    is_reply: email ? properties?.is_reply : undefined,
    template: properties?.email_template_id ? { id: properties.email_template_id } : undefined,
    task_note: properties?.task_content,
    unmodelled: [
      ...unmodelled(native, STEP_KEYS),
      ...unmodelled(
        properties ?? {},
        ['email_template_id', 'task_content', ...(email ? ['is_reply'] : [])],
        { is_reply: false },
        '/action_properties',
      ),
    ],
    raw: native,
  };
}

const STEP_KEYS = [
  ...['id', 'position', 'action_type', 'action_properties'],
  ...['delay_from_previous_step', 'delay_from_previous_step_unit', 'created_at', 'updated_at'],
];
