/** What is created and fits is read back equal: every type, delay and field that is declared native. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellFor, isNone, stanceOnType, wordFor, type FlatCell } from '../../src/model/cell.ts';
import type { CreateSequence } from '../../src/model/create-sequence.ts';
import type { StepFacts } from '../../src/model/create-steps.ts';
import type { SequenceView, StepView } from '../../src/model/reading.ts';
import type { SequenceRecord } from '../../src/model/sequence.ts';
import { applies, isEmail, STEP_TYPES, type StepField, type StepRecord, type StepType } from '../../src/model/step.ts';
import { CUSTOMER } from '../support/house.ts';
import { makeSequence, sampleOf } from './make-sequence.ts';
import { create, hasSeed, sequenceFor, type Stage, type Warning } from './stage.ts';

interface Exclusion {
  readonly because: string;
  /** What is read in place of a text, where that can be foreseen. */
  readonly reads?: (written: string) => string;
}

/**
 * What fits and is nevertheless not read back as it was written: all of it, by the native key that the declaration names.
 * A row without `reads` must differ, so that it cannot outlive its reason.
 */
const EXCLUSIONS: Readonly<Record<string, Exclusion>> = {
  'emailer_campaign.label_names': { because: 'Labels are written by their names and read by their ids.' },
  'settings.cadence_owner': { because: 'The owner is written as an email address and read as an id.' },
  'emailer_template.body_html': {
    because: 'Bodies were seen to come back as whole documents.',
    reads: (written) => `<html><head></head><body>${written}</body></html>`,
  },
};

/** For each provider in each world 20 + 16 * (1 + ... + 6) = 356 steps: over three providers in two worlds more than 2,000. */
const STEPS = 20;
const SEQUENCES = 16;
const LENGTHS = [1, 2, 3, 4, 5, 6];
const DAY = 86_400;

export function roundTripTests(stage: () => Stage): void {
  test.each(['empty', 'date_based'] as const)('round trip: a step in a sequence that is %s', async (seed) => {
    const { create_steps: facts, get_sequence: reading } = stage().provider.can;
    if (isNone(facts) || isNone(reading) || !hasSeed(stage().sandbox, seed)) return;
    const options = { byDate: seed === 'date_based', existing: stage().sandbox.templates[0] };
    await fc.assert(
      fc.asyncProperty(draftOf(facts), async (draft) => {
        const records = fitting(facts, [draft], options);
        const made = await create(stage(), records[0], { seed });
        expect(made.status, made.answer.text).toBe(201);
        const sequence = await read(stage(), sequenceFor(stage().sandbox, seed));
        expectStep(facts, records[0], sequence.steps[0], { index: 0, warnings: made.warnings, at: '/record' });
      }),
      { numRuns: STEPS },
    );
  });

  test.each(LENGTHS)('round trip: a sequence of %i steps', async (length) => {
    const { create_sequence: operation, get_sequence: reading } = stage().provider.can;
    if (isNone(operation) || isNone(reading)) return;
    const { steps: facts } = operation;
    const drafts = fc.array(draftOf(facts), { minLength: length, maxLength: length });
    const canDate = cellFor(facts.fields.date, 'call').support === 'native';
    await fc.assert(
      fc.asyncProperty(drafts, sequenceOf(operation), fc.boolean(), async (asked, own, dated) => {
        const options = { byDate: dated && canDate, existing: stage().sandbox.templates[0] };
        const steps = fitting(facts, asked, options);
        const made = await makeSequence(stage(), { ...own, steps });
        expect(made.status, made.answer.text).toBe(201);
        const sequence = await read(stage(), made.id);
        expect(sequence.num_steps).toBe(length);
        expect(sequence.steps.map(({ id }) => id)).toEqual(made.step_ids);
        for (const [index, step] of steps.entries()) {
          const at = `/record/steps/${index}`;
          expectStep(facts, step, sequence.steps[index], { index, warnings: made.warnings, at });
        }
        expectSequence(operation, own, sequence);
      }),
      { numRuns: SEQUENCES },
    );
  });
}

type Read = SequenceView & { readonly steps: readonly StepView[] };

/** Both ways of reading say the same, and there is nothing to warn of. */
async function read({ house, name }: Stage, id: string): Promise<Read> {
  const headers = { 'x-customer-id': CUSTOMER, 'x-provider-name': name };
  const whole = await house.ask(`/sequences/${id}`, { headers });
  const listed = await house.ask(`/sequences/${id}/sequence_steps`, { headers });
  expect([whole.status, listed.status], whole.text).toEqual([200, 200]);
  const sequence = whole.json as Read;
  expect((listed.json as { readonly records: unknown }).records).toEqual(sequence.steps);
  expect([whole, listed].map((answer) => answer.headers.get('x-warning-count') ?? '0')).toEqual(['0', '0']);
  return sequence;
}

interface Written {
  readonly index: number;
  readonly warnings: readonly Warning[];
  /** Where the step stands in the request. */
  readonly at: string;
}

function expectStep(
  facts: StepFacts,
  record: StepRecord | undefined,
  view: StepView | undefined,
  { index, warnings, at }: Written,
): void {
  if (!record || !view) throw new Error('A step is missing.');
  const own = warnings.filter(({ source }) => source.pointer.startsWith(`${at}/`));
  const { type, template, name, task_note: note } = record;
  const stance = stanceOnType(facts.types[type]);
  const filled = (pointer: string): unknown => own.find(({ source }) => source.pointer === at + pointer)?.to;
  const told = own.filter(({ problem_type: problem }) => problem !== 'VALUE_DEFAULTED');
  expect(told.map(({ problem_type: problem }) => problem)).toEqual(stance ? ['TYPE_SUBSTITUTED'] : []);
  // A message that shares its native text with the note is read back as part of it.
  const inNote = template !== undefined && keyOf(facts, 'template.body', type) === keyOf(facts, 'task_note', type);
  const content = template && !inNote && template.id === undefined;
  const expected = {
    type: readAs(facts, type),
    order: index + 1,
    date: record.date,
    interval_seconds: record.date === undefined ? (record.interval_seconds ?? 0) : undefined,
    name: name ?? filled('/name'),
    task_note: inNote ? [note, template.body].filter((part) => part !== undefined).join('\n\n') : note,
    is_reply: record.is_reply ?? false,
    template: content ? { name: filled('/template/name'), ...template } : inNote ? undefined : template,
  };
  const { id, subject, to, cc, bcc } = view.template ?? {};
  const excluded = exclusionOf(cellFor(facts.fields['template.body'], type))?.reads?.(template?.body ?? '');
  const body = view.template?.body === excluded ? template?.body : view.template?.body;
  const seen = content ? { name: view.template?.name, subject, body, to, cc, bcc } : view.template && { id };
  expect({
    ...{ type: view.type, order: view.order, date: view.date, interval_seconds: view.interval_seconds },
    ...{ name: view.name, task_note: view.task_note, is_reply: view.is_reply ?? false },
    template: seen,
  }).toEqual(expected);
}

/** A type that something else stands in for is read as the type of that word. */
function readAs({ types }: StepFacts, type: StepType): StepType | undefined {
  if (!stanceOnType(types[type])) return type;
  const word = JSON.stringify(wordFor(types[type]));
  return STEP_TYPES.find((each) => !stanceOnType(types[each]) && JSON.stringify(wordFor(types[each])) === word);
}

function keyOf({ fields }: StepFacts, field: StepField, type: StepType): string | undefined {
  const cell = cellFor(fields[field], type);
  return cell.support === 'native' ? cell.at : undefined;
}

type Own = Omit<SequenceRecord, 'steps' | 'from_recommended'>;

function expectSequence({ sequence: cells }: CreateSequence, own: Own, view: Read): void {
  expect(view).toMatchObject({ name: own.name, is_enabled: false, share_type: own.type ?? 'private' });
  for (const field of ['tags', 'owner_id'] as const) {
    if (own[field] === undefined) continue;
    if (exclusionOf(cells[field])) expect(view[field]).not.toEqual(own[field]);
    else expect(view[field]).toEqual(own[field]);
  }
}

function exclusionOf(cell: FlatCell): Exclusion | undefined {
  return cell.support === 'none' ? undefined : EXCLUSIONS[(cell.support === 'native' ? cell.at : undefined) ?? ''];
}

/** Any text that shows; a variable in it would be a warning. */
const text = fc.oneof(
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    .filter((value) => value.trim() !== '' && !value.includes('{{')),
  fc.constantFrom('<p>Hi &amp; bye</p>', 'One\n\ntwo', '"quoted" \\ and {braces}', ' padded ', '0', 'null'),
);
/** Absent as often as not. */
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 2 });
const recipients = fc.array(text, { minLength: 1, maxLength: 2 });
const seconds = fc.oneof(
  fc.constantFrom(0, 60, 43_200, DAY),
  fc.nat(2 * DAY),
  fc.nat(400).map((days) => days * DAY),
);

function draftOf({ types }: StepFacts) {
  return fc.record({
    type: fc.constantFrom(...STEP_TYPES.filter((type) => wordFor(types[type]) !== undefined)),
    ...{ seconds, name: maybe(text), task_note: maybe(text), is_reply: fc.boolean(), ordered: fc.boolean() },
    ...{ bare: fc.boolean(), by_id: fc.boolean(), subject: maybe(text), body: text },
    content: fc.record({ name: maybe(text), to: maybe(recipients), cc: maybe(recipients), bcc: maybe(recipients) }),
  });
}

type Draft = ReturnType<typeof draftOf> extends fc.Arbitrary<infer D> ? D : never;

function sequenceOf(operation: CreateSequence): fc.Arbitrary<Own> {
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

interface FitOptions {
  readonly byDate: boolean;
  /** The id of a template that exists. */
  readonly existing: string | undefined;
}

/** The drafts without whatever the declaration says does not fit. */
function fitting(facts: StepFacts, drafts: readonly Draft[], { byDate, existing }: FitOptions): readonly StepRecord[] {
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
