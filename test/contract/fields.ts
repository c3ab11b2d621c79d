/** Fields: native ones reach the sandbox's own state, lossy ones warn, and those that there are none of change nothing. */
import { expect, test } from 'vitest';
import type { NamedProvider } from '../../src/model/declaration.ts';
import { cellFor, stanceOnType, wordFor, type Native } from '../../src/model/cell.ts';
import { applies, pointerOf, STEP_FIELDS, STEP_TYPES, type StepField, type StepType } from '../../src/model/step.ts';
import type { Seed, StoredStep } from '../../src/sandbox.ts';
import {
  create,
  createStepsOf,
  hasSeed,
  minimalRecord,
  pairs,
  sequenceFor,
  wire,
  type Outcome,
  type Stage,
  typeFor,
} from './stage.ts';

interface Sample {
  readonly record: Readonly<Record<string, unknown>>;
  /** The record without the field, that it is compared with. */
  readonly plain: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  readonly seed?: Seed;
}

/** Fields that a cell alone does not decide; time, goldens and preconditions have tests of their own. */
const APART: readonly StepField[] = ['interval_seconds', 'date', 'custom_fields', 'template.custom_fields'];

export function fieldTests(stage: () => Stage): void {
  const cases = STEP_FIELDS.filter((field) => !APART.includes(field)).flatMap((field) =>
    STEP_TYPES.map((type) => ({ field, type })),
  );
  test.each(cases)('field $field on $type', async ({ field, type }) => {
    const { types, fields } = createStepsOf(stage().provider);
    if (wordFor(types[type]) === undefined) return;
    const sample = sampleFor(field, type, stage());
    if (!sample) return;
    const { seed = 'empty' } = sample;
    const plain = await create(stage(), sample.plain, { seed });
    const outcome = await create(stage(), sample.record, { seed });
    if (!applies(field, type)) {
      const where = `NOT_APPLICABLE ${pointerWhereNotApplicable(field)}`;
      expectLeftOut(outcome, plain, where);
      await expectStrictRefuses(stage(), sample);
      if (field !== 'is_reply') return;
      const denied = { ...sample, record: { ...sample.record, is_reply: false } };
      expectLeftOut(await create(stage(), denied.record, { seed }), plain, where);
      await expectStrictRefuses(stage(), denied);
      return;
    }
    const cell = cellFor(fields[field], type);
    if (cell.support === 'none' || (field === 'is_reply' && !canReply(stage().provider, type)))
      await expectNone(stage(), sample, field, outcome, plain);
    else if (cell.support === 'lossy') await expectLossy(stage(), sample, field, outcome, plain);
    else expectNative(cell, sample, field, outcome, plain, stanceOnType(types[type]) !== undefined);
  });

  test.each([true, false])(
    'is_reply %s on an email without content is told, as the email has no thread',
    async (is_reply) => {
      const { fields } = createStepsOf(stage().provider);
      if (cellFor(fields.without_content, 'auto_email').support === 'none') return;
      const plain = await create(stage(), { type: 'auto_email' });
      const outcome = await create(stage(), { type: 'auto_email', is_reply });
      expectLeftOut(outcome, plain, 'NOT_APPLICABLE /record/is_reply');
    },
  );

  test('a text of the greatest length is taken, one character more is refused before any call', async () => {
    const { fields, types } = createStepsOf(stage().provider);
    for (const field of STEP_FIELDS) {
      const type = STEP_TYPES.find((each) => applies(field, each) && wordFor(types[each]) !== undefined);
      const cell = type && cellFor(fields[field], type);
      // A longer one does not fit through the door, whose bodies have at most 1 MiB.
      if (!type || cell?.support !== 'native' || cell.max_length === undefined || cell.max_length > 500_000) continue;
      const fits = await create(stage(), withField(type, field, 'x'.repeat(cell.max_length)));
      expect(fits.status, fits.answer.text).toBe(201);
      const over = await create(stage(), withField(type, field, 'x'.repeat(cell.max_length + 1)));
      expect(over.errors).toMatchObject([{ code: 'VALUE_TOO_LONG', pointer: `/record${pointerOf(field)}` }]);
      expect(over.calls).toEqual([]);
    }
  });

  test('custom fields may not decide identity, kind, owner or activation', async () => {
    const { fields } = createStepsOf(stage().provider);
    for (const field of ['custom_fields', 'template.custom_fields'] as const) {
      const type = typeFor(stage().provider, 'auto_email');
      const cell = cellFor(fields[field], type);
      if (!applies(field, type) || cell.support === 'none') continue;
      const { refuses = [] } = cell as Native;
      for (const key of [...refuses, '__proto__', 'constructor', 'prototype']) {
        const outcome = await create(
          stage(),
          JSON.parse(JSON.stringify(withField(type, field, 'CUSTOM')).replace('"CUSTOM"', nest(key))),
        );
        const pointer = `/record${pointerOf(field)}/${key.replaceAll('.', '/')}`;
        expect(outcome.errors).toMatchObject([{ code: 'FORBIDDEN_CUSTOM_FIELD', pointer }]);
        expect(outcome.calls).toEqual([]);
      }
    }
  });
}

async function expectNone(
  stage: Stage,
  sample: Sample,
  field: StepField,
  outcome: Outcome,
  plain: Outcome,
): Promise<void> {
  if (field === 'without_content') {
    expect(outcome.errors).toMatchObject([{ code: 'TEMPLATE_REQUIRED', pointer: '/record/template' }]);
    expect(outcome.calls).toEqual([]);
    return;
  }
  const type = field === 'is_reply' ? 'REPLY_AS_NEW_THREAD' : 'FIELD_NOT_SUPPORTED';
  expectLeftOut(outcome, plain, `${type} /record${pointerOf(field)}`);
  await expectStrictRefuses(stage, sample);
}

async function expectLossy(
  stage: Stage,
  sample: Sample,
  field: StepField,
  outcome: Outcome,
  plain: Outcome,
): Promise<void> {
  expect(outcome.status, outcome.answer.text).toBe(201);
  expect(wire(outcome)).not.toBe(wire(plain));
  const extra = pairs(outcome.warnings).filter((pair) => !pairs(plain.warnings).includes(pair));
  expect(extra).toEqual([
    `${field === 'without_content' ? 'STEP_WITHOUT_CONTENT' : 'TEMPLATE_INLINED'} /record${pointerOf(field)}`,
  ]);
  if (field === 'without_content') expect(outcome.added.map(({ live }) => live)).toEqual([false]);
  await expectStrictRefuses(stage, sample);
}

function expectNative(
  cell: Native,
  { value }: Sample,
  field: StepField,
  outcome: Outcome,
  plain: Outcome,
  substituted: boolean,
): void {
  expect(outcome.status, outcome.answer.text).toBe(201);
  const extra = pairs(outcome.warnings).filter(
    (pair) => !pairs(plain.warnings).includes(pair) && !pair.includes('VALUE_DEFAULTED'),
  );
  expect(extra).toEqual([]);
  if (field === 'without_content') return;
  // Where only the next position is possible, asking for it changes nothing.
  if (field !== 'order') expect(wire(outcome)).not.toBe(wire(plain));
  const [stored] = outcome.added;
  if (field === 'template.id') {
    // A substitute carries the text of the template, which its own warning says; elsewhere the step points at it.
    if (!substituted) expect(JSON.stringify(stored?.native)).toMatch(new RegExp(`"id":"?${String(value)}"?[,}]`));
    return;
  }
  const expected = cell.words?.[String(value)] ?? value;
  const found = stored && valueAt(stored, cell.at ?? '');
  // The text of a substitute may hold several fields, such as its instructions.
  if (substituted && typeof found === 'string' && typeof expected === 'string') expect(found).toContain(expected);
  else expect(found, `${cell.at ?? ''} of ${JSON.stringify(stored)}`).toEqual(expected);
}

function expectLeftOut(outcome: Outcome, plain: Outcome, warning: string): void {
  expect(outcome.status, outcome.answer.text).toBe(201);
  expect(wire(outcome)).toBe(wire(plain));
  expect(pairs(outcome.warnings)).toEqual([...pairs(plain.warnings), warning].toSorted());
}

async function expectStrictRefuses(stage: Stage, { record, seed = 'empty' }: Sample): Promise<void> {
  const strict = await create(stage, record, { seed, strict: true });
  expect(strict.status).toBe(422);
  expect(strict.errors.map(({ code }) => code)).toContain('STRICT_HANDLING');
  expect(strict.writes).toEqual([]);
}

/** A record with the field and the same one without it; undefined where the pair cannot be made. */
function sampleFor(field: StepField, type: StepType, stage: Stage): Sample | undefined {
  const plain = minimalRecord(type);
  const { provider, sandbox } = stage;
  if (field === 'without_content') return plain.template && { record: { type }, plain, value: true };
  if (field === 'is_reply') return replySample(type, stage);
  if (field === 'reply_subject') return subjectOnReplySample(type, stage);
  if (field === 'order') return orderSample(type, stage);
  if (field === 'template.id') {
    const [id] = sandbox.templates;
    if (id === undefined && cellFor(createStepsOf(provider).fields[field], type).support === 'none') return undefined;
    return { record: { type, template: { id: id ?? '' } }, plain, value: id };
  }
  if (field === 'template.subject' && !applies(field, type)) return undefined;
  const value = VALUES[field];
  if (value === undefined) return undefined;
  if (!applies('template.body', type) && field.startsWith('template.') && field !== 'template.body') return undefined;
  return { record: withField(type, field, value), plain, value };
}

const VALUES: Partial<Readonly<Record<StepField, unknown>>> = {
  name: 'A name of its own',
  'template.body': '<p>Another body</p>',
  'template.subject': 'Another subject',
  'template.name': 'A template name',
  'template.to': ['to@example.com'],
  'template.cc': ['cc@example.com', 'Cy <cy@example.com>'],
  'template.bcc': ['bcc@example.com'],
  task_note: 'A note',
};

function replySample(type: StepType, { sandbox, provider }: Stage): Sample {
  const plain = minimalRecord(type);
  const { preconditions } = createStepsOf(provider);
  const native = canReply(provider, type);
  const seed =
    native && preconditions.earlier_email !== undefined && hasSeed(sandbox, 'with_email') ? 'with_email' : 'empty';
  const bare: Readonly<Record<string, unknown>> =
    native && applies('is_reply', type) ? { type, template: { body: '<p>Body</p>' } } : plain;
  return { record: { ...bare, is_reply: true }, plain, value: true, seed };
}

/** A step that only an empty sequence takes has no email before it. */
function canReply(provider: NamedProvider, type: StepType): boolean {
  const { fields, preconditions } = createStepsOf(provider);
  return cellFor(fields.is_reply, type).support === 'native' && preconditions.sequence_empty === undefined;
}

function subjectOnReplySample(type: StepType, stage: Stage): Sample | undefined {
  const reply = replySample(type, stage);
  if (!applies('is_reply', type) || !canReply(stage.provider, type)) return undefined;
  const template = { body: '<p>Body</p>' };
  return {
    record: { type, is_reply: true, template: { ...template, subject: 'A subject' } },
    plain: { type, is_reply: true, template },
    value: 'A subject',
    seed: reply.seed ?? 'empty',
  };
}

/** The first position where steps can be put between others, else the one after the last. */
function orderSample(type: StepType, { sandbox, provider }: Stage): Sample {
  sandbox.reset();
  const { fields, preconditions } = createStepsOf(provider);
  const native = cellFor(fields.order, type).support === 'native';
  const seed = native ? 'with_steps' : 'empty';
  const last = sandbox.steps(sequenceFor(sandbox, seed)).length;
  const plain = minimalRecord(type);
  const value = native && preconditions.earlier_email === undefined ? 1 : last + 1;
  return { record: { ...plain, order: value }, plain, value, seed };
}

function withField(type: StepType, field: StepField, value: unknown): Readonly<Record<string, unknown>> {
  const plain = minimalRecord(type);
  if (!field.startsWith('template.')) return { ...plain, [field]: value };
  return { ...plain, template: { ...(plain.template ?? { body: 'x' }), [field.slice('template.'.length)]: value } };
}

function pointerWhereNotApplicable(field: StepField): string {
  return field === 'template.id' || field === 'template.body' ? '/record/template' : `/record${pointerOf(field)}`;
}

function nest(key: string): string {
  return key.split('.').reduceRight((inner, part) => `{${JSON.stringify(part)}:${inner}}`, '"x"');
}

function valueAt(stored: StoredStep, at: string): unknown {
  const [group = '', key = ''] = at.split('.');
  return stored.native[group]?.[key];
}
