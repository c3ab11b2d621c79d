/** Changing what exists: what was asked for is read back, everything else is as it was, and what cannot be is refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellFor, isNone, stanceOnType } from '../../src/model/cell.ts';
import type { SequenceField } from '../../src/model/sequence.ts';
import { applies, isEmail, type StepField, type StepType } from '../../src/model/step.ts';
import type { StepView } from '../../src/model/reading.ts';
import type { UpdateSequence, UpdateStep } from '../../src/model/update.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, writesAmong } from '../support/house.ts';
import { draftOf, fitting, maybe, text } from './drafts.ts';
import { makeSequence } from './make-sequence.ts';
import { read, readBackOf, type Read } from './round-trip.ts';
import type { Stage, Warning } from './stage.ts';

const RUNS = 40;
const TOLD = new Set(['TEMPLATE_REPLACED', 'TEMPLATE_MAY_BE_SHARED']);

export function changeTests(stage: () => Stage): void {
  test('change: a step reads back as it was, with what was changed', async () => {
    const operations = operationsOf(stage());
    if (!operations) return;
    const { create, update } = operations;
    const drafts = fc.array(draftOf(create.steps), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(drafts, fc.nat(3), changeOf(), async (asked, at, wanted) => {
        const steps = fitting(create.steps, asked, { byDate: false, existing: stage().sandbox.templates[0] });
        const made = await makeSequence(stage(), { name: 'Changed', steps });
        const before = await read(stage(), made.id);
        const index = at % steps.length;
        const step = before.steps[index];
        const type = steps[index]?.type;
        if (!step || !type) throw new Error('A step is missing.');
        const record = fit(update, type, step, wanted);
        const answer = await patch(stage(), `/sequences/${made.id}/sequence_steps/${step.id ?? ''}`, record);
        if (Object.keys(record).length === 0) {
          expect(codes(answer)).toEqual(['INVALID_VALUE /record']);
          expect(await read(stage(), made.id)).toEqual(before);
          return;
        }
        expect(answer.status, `${answer.text} for ${JSON.stringify(record)}`).toBe(200);
        expect(told(answer).filter((each) => !TOLD.has(each))).toEqual([]);
        expectChanged(update, type, record, before, await read(stage(), made.id), index);
      }),
      { numRuns: RUNS },
    );
  });

  test('change: a sequence reads back as it was, with what was changed', async () => {
    const operations = operationsOf(stage());
    if (!operations) return;
    const { create, own } = operations;
    const drafts = fc.array(draftOf(create.steps), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(drafts, sequenceChangeOf(own), async (asked, record) => {
        const steps = fitting(create.steps, asked, { byDate: false, existing: stage().sandbox.templates[0] });
        const made = await makeSequence(stage(), { name: 'Changed', steps });
        const before = await read(stage(), made.id);
        const answer = await patch(stage(), `/sequences/${made.id}`, record);
        const after = await read(stage(), made.id);
        if (codes(answer).join() === 'PROVIDER_CHANGED_MORE undefined') {
          // Told, with the values that are lost; and something is lost.
          expect(comparable(after, ['name', 'tags', 'share_type', 'owner_id'])).not.toEqual(
            comparable(before, ['name', 'tags', 'share_type', 'owner_id']),
          );
          return;
        }
        expect(answer.status, answer.text).toBe(200);
        expect(told(answer)).toEqual([]);
        const { type, ...fields } = record;
        const views = { ...fields, ...(type === undefined ? {} : { share_type: type }) };
        const excepted = own.sequence.tags.support === 'native' && readBackOf(own.sequence.tags) ? ['tags'] : [];
        expect(comparable(after, excepted)).toEqual(comparable({ ...before, ...views }, excepted));
      }),
      { numRuns: RUNS },
    );
  });

  test('change: what the provider lacks is left out and told, or refused where nothing else is asked', async () => {
    const operations = operationsOf(stage());
    if (!operations) return;
    const { update } = operations;
    const { id, steps } = await twoSteps(stage());
    const path = `/sequences/${id}/sequence_steps/${steps[0]?.id ?? ''}`;
    const before = await read(stage(), id);
    for (const [field, value] of [
      ['name', 'A name'],
      ['order', 1],
    ] as const) {
      const cell = cellFor(update.fields[field], 'call');
      if (cell.support !== 'none') continue;
      const alone = await patch(stage(), path, { [field]: value });
      expect(codes(alone)).toEqual(['UNSUPPORTED_VALUE /record']);
      expect(alone.text).toContain(JSON.stringify(cell.because).slice(1, -1));
      const strict = await patch(stage(), path, { [field]: value, interval_seconds: 60 }, 'handling=strict');
      expect(codes(strict)).toEqual([`STRICT_HANDLING /record/${field}`]);
      expect(await read(stage(), id)).toEqual(before);
      const beside = await patch(stage(), path, { [field]: value, interval_seconds: 0 });
      expect(beside.status, beside.text).toBe(200);
      expect(told(beside)).toEqual(['FIELD_NOT_SUPPORTED']);
    }
  });

  test('change: refused before any write, with the pointer', async () => {
    const operations = operationsOf(stage());
    if (!operations) return;
    const { sandbox } = stage();
    const { id, steps } = await twoSteps(stage());
    const [call, email] = steps.map((step) => `/sequences/${id}/sequence_steps/${step.id ?? ''}`) as [string, string];
    const before = await read(stage(), id);
    const calls = sandbox.calls().length;
    const refused: readonly (readonly [path: string, record: object, expected: string])[] = [
      [call, { template: { body: '<p>Hi</p>' } }, 'UNSUPPORTED_VALUE /record/template'],
      [call, { type: 'task', interval_seconds: 60 }, 'UNSUPPORTED_VALUE /record/type'],
      [call, {}, 'INVALID_VALUE /record'],
      [call, { custom_fields: {} }, 'INVALID_VALUE /record'],
      [call, { template: { custom_fields: {} } }, 'INVALID_VALUE /record'],
      [email, { template: { custom_fields: {} } }, 'INVALID_VALUE /record'],
      [email, { template: { custom_fields: {} }, custom_fields: {} }, 'INVALID_VALUE /record'],
      [call, { custom_fields: { id: 1 } }, 'FORBIDDEN_CUSTOM_FIELD /record/custom_fields/id'],
      [call, { interval_seconds: -1 }, 'INVALID_VALUE /record/interval_seconds'],
      [call, { interval_seconds: '1' }, 'WRONG_TYPE /record/interval_seconds'],
      [call, { template_update: 'in_place' }, 'INVALID_VALUE /record/template_update'],
      [email, { template: { body: ' ' } }, 'INVALID_VALUE /record/template/body'],
      [email, { template: {} }, 'INVALID_VALUE /record/template'],
      [email, { template: { subject: ' ' } }, 'SUBJECT_REQUIRED /record/template/subject'],
      [email, { template: { id: 'no id' } }, 'INVALID_VALUE /record/template/id'],
      [`/sequences/${id}`, {}, 'INVALID_VALUE /record'],
      [`/sequences/${id}`, { custom_fields: {} }, 'INVALID_VALUE /record'],
      [`/sequences/${id}`, { steps: [] }, 'UNSUPPORTED_VALUE /record/steps'],
      [`/sequences/${id}`, { name: '' }, 'INVALID_VALUE /record/name'],
      [`/sequences/${id}`, { custom_fields: { id: 1 } }, 'FORBIDDEN_CUSTOM_FIELD /record/custom_fields/id'],
    ];
    for (const [path, record, expected] of refused) {
      const answer = await patch(stage(), path, record);
      expect(codes(answer), JSON.stringify(record)).toEqual([expected]);
    }
    const [other] = sandbox.sequences().filter(({ seed }) => seed === 'with_steps');
    const elsewhere = await patch(
      stage(),
      `/sequences/${id}/sequence_steps/${sandbox.steps(other?.id ?? '')[0]?.id ?? ''}`,
      {
        interval_seconds: 60,
      },
    );
    expect([elsewhere.status, codes(elsewhere)]).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND undefined']]);
    expect(writesAmong(sandbox.calls().slice(calls))).toEqual([]);
    expect(await read(stage(), id)).toEqual(before);
  });

  test('change: where nothing is left to change, it is said what was left out', async () => {
    if (!operationsOf(stage())) return;
    const { id, steps } = await twoSteps(stage());
    for (const path of [`/sequences/${id}`, `/sequences/${id}/sequence_steps/${steps[0]?.id ?? ''}`]) {
      const answer = await patch(stage(), path, { nam: 'x', tag: 'y' });
      expect(codes(answer)).toEqual(['INVALID_VALUE /record']);
      expect(answer.text).toContain('Nothing is left to change');
      expect(answer.text).toContain('/record/nam: ');
      expect(answer.text).toContain('/record/tag: ');
    }
  });

  test('change: a dry run writes nothing and shows what is written', async () => {
    const operations = operationsOf(stage());
    if (!operations) return;
    const { sandbox } = stage();
    const { id, steps } = await twoSteps(stage());
    const email = `/sequences/${id}/sequence_steps/${steps[1]?.id ?? ''}`;
    const asked: readonly (readonly [string, object])[] = [
      [email, { interval_seconds: 120, template: { body: '<p>New</p>' } }],
      [`/sequences/${id}`, { name: 'Another' }],
    ];
    for (const [path, record] of asked) {
      const before = await read(stage(), id);
      const shown = await patch(stage(), `${path}?dry_run=true`, record);
      expect(shown.status, shown.text).toBe(200);
      expect(await read(stage(), id)).toEqual(before);
      const calls = sandbox.calls().length;
      const answer = await patch(stage(), path, record);
      expect(answer.status, answer.text).toBe(200);
      const { requests } = shown.json as { requests: { method: string; when?: string }[] };
      const planned = requests.filter(({ method }) => method !== 'GET');
      const sent = writesAmong(sandbox.calls().slice(calls)).map(({ method }) => method);
      const sure = planned.filter(({ when }) => when === undefined);
      expect(planned.map(({ method }) => method)).toEqual(expect.arrayContaining(sent));
      expect(sent.length).toBeGreaterThanOrEqual(sure.length);
    }
  });
}

function operationsOf({ provider: { can } }: Stage) {
  const { create_sequence: create, update_step: update, update_sequence: own } = can;
  return isNone(create) || isNone(update) || isNone(own) ? undefined : { create, update, own };
}

async function twoSteps(stage: Stage): Promise<Read> {
  const template = { subject: 'Subject', body: '<p>Body</p>' };
  const made = await makeSequence(stage, {
    name: 'Changed',
    steps: [{ type: 'call' }, { type: 'auto_email', template }],
  });
  return read(stage, made.id);
}

function patch({ house, name }: Stage, path: string, record: object, prefer = ''): Promise<Answer> {
  return house.ask(path, {
    method: 'PATCH',
    headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name, prefer },
    body: { record },
  });
}

/** Code and pointer of each error. */
function codes({ json }: Answer): readonly string[] {
  const { errors = [] } = json as { errors?: { code: string; source?: { pointer?: string } }[] };
  return errors.map(({ code, source }) => `${code} ${String(source?.pointer)}`);
}

function told({ json }: Answer): readonly string[] {
  return (json as { warnings: readonly Warning[] }).warnings.map(({ problem_type }) => problem_type);
}

function changeOf() {
  return fc.record({
    interval_seconds: maybe(fc.nat(9 * 86_400)),
    task_note: maybe(text),
    is_reply: maybe(fc.boolean()),
    body: maybe(text),
    subject: maybe(text),
  });
}

type Wanted = ReturnType<typeof changeOf> extends fc.Arbitrary<infer W> ? W : never;

interface Change {
  interval_seconds?: number;
  task_note?: string;
  is_reply?: boolean;
  template?: { body?: string; subject?: string };
}

/** What of the change fits the step, by the declaration. */
function fit(update: UpdateStep, type: StepType, step: StepView, wanted: Wanted): Change {
  const has = (field: StepField): boolean =>
    applies(field, type) && cellFor(update.fields[field], type).support === 'native';
  const { timing } = update;
  const granularity = timing.measure === 'from_previous' ? timing.granularity : 86_400;
  const interval = wanted.interval_seconds;
  const message = step.template !== undefined && !stanceOnType(update.types[type]);
  // Becoming a reply needs a thread, and becoming a thread a subject.
  const isReply = message && isEmail(type) && wanted.is_reply === false && wanted.subject !== null ? false : undefined;
  const staysReply = (isReply ?? step.is_reply) === true;
  const subject = staysReply ? (has('reply_subject') ? wanted.subject : null) : wanted.subject;
  const content = {
    ...(wanted.body === null ? {} : { body: wanted.body }),
    ...(subject === null || !isEmail(type) ? {} : { subject }),
  };
  return {
    ...(interval === null ? {} : { interval_seconds: interval - (interval % granularity) }),
    ...(wanted.task_note !== null && has('task_note') ? { task_note: wanted.task_note } : {}),
    ...(isReply === undefined ? {} : { is_reply: isReply }),
    ...(message && has('template.body') && Object.keys(content).length > 0 ? { template: content } : {}),
  };
}

function expectChanged(
  update: UpdateStep,
  type: StepType,
  change: Change,
  before: Read,
  after: Read,
  index: number,
): void {
  const { template, ...plain } = change;
  const wrapped = readBackOf(cellFor(update.fields['template.body'], type))?.as;
  const steps = before.steps.map((step, at) => {
    if (at !== index) return step;
    const merged = template ? { ...step.template, ...template } : step.template;
    return { ...step, ...plain, ...(merged ? { template: merged } : {}) };
  });
  const seen = after.steps[index]?.template?.body;
  const body = steps[index]?.template?.body;
  const unwrapped = body !== undefined && seen === wrapped?.(body) ? body : seen;
  const shown = (step: StepView | undefined, text: string | undefined) => {
    const { template: own, unmodelled: _unmodelled, ...rest } = step ?? ({} as StepView);
    const { id: _id, updated_at: _at, ...content } = own ?? {};
    return { ...rest, template: own && { ...content, body: text } };
  };
  expect(shown(after.steps[index], unwrapped)).toEqual(shown(steps[index], body));
  const others = (all: readonly StepView[]) => all.filter((_, at) => at !== index);
  expect(others(after.steps)).toEqual(others(before.steps));
  expect(comparable({ ...after, steps: [] }, [])).toEqual(comparable({ ...before, steps: [] }, []));
}

function sequenceChangeOf({ sequence }: UpdateSequence) {
  const has = (field: SequenceField): boolean => sequence[field].support === 'native';
  return fc
    .record(
      {
        name: text,
        ...(has('tags') ? { tags: fc.uniqueArray(fc.constantFrom('One', 'Two', 'Three'), { minLength: 1 }) } : {}),
        ...(has('type') ? { type: fc.constantFrom('team' as const, 'private' as const) } : {}),
      },
      { requiredKeys: [] },
    )
    .filter((record) => Object.keys(record).length > 0)
    .map((record): { name?: string; tags?: string[]; type?: 'team' | 'private' } => record);
}

/** Without the time of the change, and what comes of the change by itself. */
function comparable(sequence: Read, without: readonly string[]): object {
  const left = new Set(['updated_at', 'unmodelled', ...without]);
  return Object.fromEntries(Object.entries(sequence).filter(([key]) => !left.has(key)));
}
