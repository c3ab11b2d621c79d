import type { SandboxSequence, Seed, StoredStep } from '#sandbox';
import type { ZendeskSellWorld } from './worlds.ts';

export interface Item<Data> {
  readonly data: Data;
  readonly meta: { readonly type: string };
}

/** Even the steps inside a sequence are one of these, although the table of the reference says array. */
export interface Collection<Data> {
  readonly items: readonly Item<Data>[];
  readonly meta: { readonly type: 'collection'; readonly count: number };
}

/** A step waits `delay_from_previous_step` hours, or weekdays from Monday to Friday; `position` counts from 0. */
export type Step = {
  readonly id: number;
  readonly action_type: 'automated_email' | 'task';
  readonly delay_from_previous_step: number;
  readonly delay_from_previous_step_unit: 'hours' | 'weekdays';
  readonly position: number;
  readonly action_properties:
    { readonly email_template_id: number; readonly is_reply: boolean } | { readonly task_content: string };
};

/** https://developer.zendesk.com/api-reference/sales-crm/resources/sequences ; an older text has no `unsubscribe_settings`. */
export type Sequence = {
  readonly id: number;
  readonly name: string;
  readonly steps_total: number;
  readonly creator_id: number;
  readonly updated_at: string;
  readonly created_at: string;
  readonly steps: Collection<Step>;
  readonly unsubscribe_settings?: { readonly enabled: boolean; readonly locale: string };
};

export function collection<Data>(type: string, rows: readonly Data[]): Collection<Data> {
  const items = rows.map((data) => ({ data, meta: { type } }));
  return { items, meta: { type: 'collection', count: items.length } };
}

/** As the API answers it. */
export function sequenceView(sequence: Sequence, order: ZendeskSellWorld['step_items']): Sequence {
  if (order === 'by_position') return sequence;
  return { ...sequence, steps: { ...sequence.steps, items: sequence.steps.items.toReversed() } };
}

export function sandboxSequence(sequence: Sequence, seed: Seed | undefined): SandboxSequence {
  const { id, name, steps_total } = sequence;
  return { id: String(id), name, num_steps: steps_total, native: sequence, ...(seed ? { seed } : {}) };
}

export function storedSteps(sequence: Sequence): StoredStep[] {
  return sequence.steps.items.map(({ data: step }) => ({
    id: String(step.id),
    type: step.action_type,
    delay_seconds: step.delay_from_previous_step * UNIT_SECONDS[step.delay_from_previous_step_unit],
    live: true,
    native: { step },
  }));
}

/** Nominal: five weekdays take a week. */
const UNIT_SECONDS = { hours: 3_600, weekdays: 86_400 } as const;
