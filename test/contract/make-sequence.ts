/** What the tests of creating a sequence stand on: one creation in a freshly seeded sandbox, through the HTTP door. */
import { expect, test } from 'vitest';
import { isNone, wordFor } from '../../src/model/cell.ts';
import type { CreateSequence } from '../../src/model/create-sequence.ts';
import type { SequenceField } from '../../src/model/sequence.ts';
import { STEP_TYPES, type StepType } from '../../src/model/step.ts';
import type { ReceivedCall, SandboxSequence, StoredStep } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, writesAmong } from '../support/house.ts';
import { pairs, type Stage, type Warning } from './stage.ts';

export type Properties = Readonly<Record<string, unknown>>;

export interface MadeSequence {
  readonly answer: Answer;
  readonly status: number;
  readonly id: string;
  readonly step_ids: readonly string[] | undefined;
  readonly warnings: readonly Warning[];
  readonly errors: readonly { readonly code: string; readonly pointer: string | undefined }[];
  readonly calls: readonly ReceivedCall[];
  readonly writes: readonly ReceivedCall[];
  /** The new sequence as the sandbox holds it, and its steps. */
  readonly stored: SandboxSequence | undefined;
  readonly held: readonly StoredStep[];
}

export interface MakeOptions {
  readonly strict?: boolean;
  readonly dryRun?: boolean;
}

export const NAME = 'Plain';
export const BODY = { body: '<p>Body</p>' };
export const THREAD = { subject: 'Subject', ...BODY };

/** Registers tests that only a provider has which can create sequences. */
export function sequenceCheck(stage: () => Stage) {
  return (name: string, run: (operation: CreateSequence) => Promise<void>): void => {
    test(`sequence: ${name}`, async () => {
      const { create_sequence: operation } = stage().provider.can;
      if (!isNone(operation)) await run(operation);
    });
  };
}

export async function makeSequence(
  { house, sandbox, name }: Stage,
  record: Properties,
  options: MakeOptions = {},
): Promise<MadeSequence> {
  sandbox.reset();
  const seeded = new Set(sandbox.sequences().map(({ id }) => id));
  const answer = await house.ask(`/sequences${options.dryRun ? '?dry_run=true' : ''}`, {
    method: 'POST',
    headers: {
      'x-customer-id': CUSTOMER,
      'x-provider-name': name,
      ...(options.strict ? { prefer: 'handling=strict' } : {}),
    },
    body: { record },
  });
  const { record: made, warnings = [], errors = [] } = answer.json as Partial<Body>;
  const calls = sandbox.calls();
  const stored = sandbox.sequences().find(({ id }) => !seeded.has(id));
  if (made) expect(made.id).toBe(stored?.id);
  return {
    answer,
    status: answer.status,
    id: made?.id ?? '',
    warnings,
    calls,
    stored,
    step_ids: made?.steps?.map(({ id }) => id),
    errors: errors.map(({ code, source }) => ({ code, pointer: source?.pointer })),
    writes: writesAmong(calls),
    held: stored ? sandbox.steps(stored.id) : [],
  };
}

interface Body {
  readonly record: { readonly id: string; readonly steps?: readonly { readonly id: string }[] };
  readonly warnings: readonly Warning[];
  readonly errors: readonly { readonly code: string; readonly source?: { readonly pointer?: string } }[];
}

/** The least that this provider takes. */
export function plainRecord({ needs_steps }: CreateSequence): Properties {
  return needs_steps === undefined ? { name: NAME } : { name: NAME, steps: [{ type: 'call' }] };
}

export function creatable({ steps: { types } }: CreateSequence): readonly StepType[] {
  return STEP_TYPES.filter((type) => wordFor(types[type]) !== undefined);
}

/** A value that the provider takes in this field, if it takes any. */
export function sampleOf(field: SequenceField, { sequence }: CreateSequence): unknown {
  const cell = sequence[field];
  const pattern = cell.support === 'native' ? cell.matches?.pattern : undefined;
  if (field === 'tags') return ['One', 'Two words'];
  if (field === 'type') return 'team';
  if (field === 'name') return 'A name of its own';
  return ['2', 'owner@example.com', '66302798d03b9601c7934ebf'].find((value) => pattern?.test(value) ?? true);
}

/** With what the provider lacks the same is sent as without it, and exactly that is told; strict handling refuses. */
export async function expectLeftOut(
  stage: Stage,
  record: Properties,
  plain: Properties,
  warning: string,
): Promise<void> {
  const before = await makeSequence(stage, plain);
  const made = await makeSequence(stage, record);
  expect(made.status, made.answer.text).toBe(201);
  expect(wireOf(made)).toBe(wireOf(before));
  expect(pairs(made.warnings)).toEqual([...pairs(before.warnings), warning].toSorted());
  await expectStrictRefuses(stage, record, warning.split(' ')[1] ?? '');
}

export async function expectStrictRefuses(stage: Stage, record: Properties, pointer: string): Promise<void> {
  const strict = await makeSequence(stage, record, { strict: true });
  expect(strict.status, strict.answer.text).toBe(422);
  expect(strict.errors).toContainEqual({ code: 'STRICT_HANDLING', pointer });
  expect(strict.writes).toEqual([]);
}

/** Refused with exactly this, before any call. */
export function expectRefused({ errors, calls, answer }: MadeSequence, code: string, pointer: string): void {
  expect(errors, answer.text).toEqual([{ code, pointer }]);
  expect(calls).toEqual([]);
}

/** The wire form of the writes; ids that a sandbox counts up are the same after each reset. */
export function wireOf({ writes }: MadeSequence): string {
  return writes.map(({ method, path, body }) => `${method} ${path} ${body}`).join('\n');
}
