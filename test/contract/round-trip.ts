/** What is created and fits is read back equal: every type, delay and field that is declared native. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellFor, isNone, stanceOnType, wordFor, type FlatCell } from '../../src/model/cell.ts';
import type { CreateSequence } from '../../src/model/create-sequence.ts';
import type { StepFacts } from '../../src/model/create-steps.ts';
import type { SequenceView, StepView } from '../../src/model/reading.ts';
import { STEP_TYPES, type StepField, type StepRecord, type StepType } from '../../src/model/step.ts';
import { CUSTOMER } from '../support/house.ts';
import { draftOf, fitting, sequenceOf, type Own } from './drafts.ts';
import { makeSequence } from './make-sequence.ts';
import { create, hasSeed, sequenceFor, type Stage, type Warning } from './stage.ts';

/** For each provider in each world 20 + 16 * (1 + ... + 6) = 356 steps: over three providers in two worlds more than 2,000. */
const STEPS = 20;
const SEQUENCES = 16;
const LENGTHS = [1, 2, 3, 4, 5, 6];

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

export type Read = SequenceView & { readonly steps: readonly StepView[] };

/** Both ways of reading say the same, and there is nothing to warn of. */
export async function read({ house, name }: Stage, id: string): Promise<Read> {
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
  const excluded = readBackOf(cellFor(facts.fields['template.body'], type))?.as?.(template?.body ?? '');
  const body = view.template?.body === excluded ? template?.body : view.template?.body;
  const seen = content ? { name: view.template?.name, subject, body, to, cc, bcc } : view.template && { id };
  expect({
    type: view.type,
    order: view.order,
    date: view.date,
    interval_seconds: view.interval_seconds,
    name: view.name,
    task_note: view.task_note,
    is_reply: view.is_reply ?? false,
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

function expectSequence({ sequence: cells }: CreateSequence, own: Own, view: Read): void {
  expect(view).toMatchObject({ name: own.name, is_enabled: false, share_type: own.type ?? 'private' });
  for (const field of ['tags', 'owner_id'] as const) {
    if (own[field] === undefined) continue;
    // An exception that is no longer one must not outlive its reason.
    if (readBackOf(cells[field])) expect(view[field]).not.toEqual(own[field]);
    else expect(view[field]).toEqual(own[field]);
  }
}

export function readBackOf(cell: FlatCell) {
  return cell.support === 'native' ? cell.read_back : undefined;
}
