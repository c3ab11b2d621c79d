/** Arbitrary steps and sequences, and what of them fits a provider by its declaration. */
import fc from 'fast-check';
import { cellFor, stanceOnType, wordFor } from '../../src/model/cell.ts';
import type { CreateSequence } from '../../src/model/create-sequence.ts';
import type { StepFacts } from '../../src/model/create-steps.ts';
import type { SequenceRecord } from '../../src/model/sequence.ts';
import { applies, isEmail, STEP_TYPES, type StepField, type StepRecord } from '../../src/model/step.ts';
import { sampleOf } from './make-sequence.ts';

const DAY = 86_400;

/** The sequence itself, without its steps. */
export type Own = Omit<SequenceRecord, 'steps' | 'from_recommended'>;

/** Any text that shows; a variable in it would be a warning. */
export const text = fc.oneof(
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    .filter((value) => value.trim() !== '' && !value.includes('{{')),
  fc.constantFrom('<p>Hi &amp; bye</p>', 'One\n\ntwo', '"quoted" \\ and {braces}', ' padded ', '0', 'null'),
);
/** Absent as often as not. */
export const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 2 });
export const recipients = fc.array(text, { minLength: 1, maxLength: 2 });
export const seconds = fc.oneof(
  fc.constantFrom(0, 60, 43_200, DAY),
  fc.nat(2 * DAY),
  fc.nat(400).map((days) => days * DAY),
);

export function draftOf({ types }: StepFacts) {
  return fc.record({
    type: fc.constantFrom(...STEP_TYPES.filter((type) => wordFor(types[type]) !== undefined)),
    seconds,
    name: maybe(text),
    task_note: maybe(text),
    is_reply: fc.boolean(),
    ordered: fc.boolean(),
    bare: fc.boolean(),
    by_id: fc.boolean(),
    subject: maybe(text),
    body: text,
    content: fc.record({ name: maybe(text), to: maybe(recipients), cc: maybe(recipients), bcc: maybe(recipients) }),
  });
}

export type Draft = ReturnType<typeof draftOf> extends fc.Arbitrary<infer D> ? D : never;

export function sequenceOf(operation: CreateSequence): fc.Arbitrary<Own> {
  const { tags, type, owner_id: owner } = operation.sequence;
  const tag = text.map((value) => value.replaceAll(',', '').trim()).filter((value) => value !== '');
  return fc
    .record(
      {
        name: text,
        ...(tags.support === 'native' ? { tags: fc.uniqueArray(tag, { minLength: 1, maxLength: 3 }) } : {}),
        type: fc.constantFrom(...(type.support === 'native' ? (['team', 'private'] as const) : (['private'] as const))),
        ...(owner.support === 'native' ? { owner_id: fc.constant(String(sampleOf('owner_id', operation))) } : {}),
      },
      { requiredKeys: ['name'] },
    )
    .map((own) => own);
}

export interface FitOptions {
  readonly byDate: boolean;
  /** The id of a template that exists. */
  readonly existing: string | undefined;
}

/** The drafts without whatever the declaration says does not fit. */
export function fitting(
  facts: StepFacts,
  drafts: readonly Draft[],
  { byDate, existing }: FitOptions,
): readonly StepRecord[] {
  let start = 0;
  return drafts.map((draft, index): StepRecord => {
    const { type } = draft;
    const has = (field: StepField): boolean =>
      applies(field, type) && cellFor(facts.fields[field], type).support === 'native';
    const earlier = drafts.slice(0, index).some((each) => isEmail(each.type));
    const reply = draft.is_reply && has('is_reply') && (earlier || facts.preconditions.earlier_email === undefined);
    const previous = start;
    start = startOf(facts, draft, previous);
    const template = templateOf(draft, {
      has,
      reply,
      existing: stanceOnType(facts.types[type]) ? undefined : existing,
    });
    return {
      type,
      ...(byDate
        ? { date: `20${31 + index}-02-28` }
        : start === previous
          ? {}
          : { interval_seconds: start - previous }),
      ...(draft.name !== null && has('name') ? { name: draft.name } : {}),
      ...(draft.task_note !== null && has('task_note') ? { task_note: draft.task_note } : {}),
      ...(draft.ordered && has('order') ? { order: index + 1 } : {}),
      ...(template ? { template } : {}),
      ...(reply ? { is_reply: true } : {}),
    };
  });
}

/** The next time that the provider can keep for a step of this type, in seconds from the start. */
function startOf({ timing }: StepFacts, { type, seconds: wait }: Draft, previous: number): number {
  if (timing.measure === 'from_previous') return previous + wait - (wait % timing.granularity);
  const { max, granularity } = timing.into_day[type] ?? { max: 0, granularity: 1 };
  const into = Math.min(max, (wait % DAY) - (wait % granularity));
  const start = (Math.floor(previous / DAY) + Math.floor(wait / DAY)) * DAY + into;
  return start < previous ? start + DAY : start;
}

interface TemplateOptions {
  readonly has: (field: StepField) => boolean;
  readonly reply: boolean;
  readonly existing: string | undefined;
}

function templateOf(draft: Draft, { has, reply, existing }: TemplateOptions): StepRecord['template'] {
  if (!has('template.body') || (draft.bare && has('without_content') && !reply)) return undefined;
  if (draft.by_id && has('template.id') && existing !== undefined) return { id: existing };
  // A thread needs a subject; a message can have one, and a reply where it is not its thread's.
  const needed = has('is_reply') || isEmail(draft.type);
  const subject = reply
    ? has('reply_subject') && draft.subject
    : has('template.subject') && (draft.subject ?? (needed && 'Subject'));
  const more = Object.entries(draft.content).filter(
    ([key, value]) => value !== null && has(`template.${key}` as StepField),
  );
  return { body: draft.body, ...(typeof subject === 'string' ? { subject } : {}), ...Object.fromEntries(more) };
}
