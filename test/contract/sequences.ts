/** Creating a sequence: what is declared of the sequence itself, what is refused, and in how many calls it is made. */
import { expect } from 'vitest';
import { cellFor, type Lossy, type Native } from '../../src/model/cell.ts';
import { SEQUENCE_FIELDS } from '../../src/model/sequence.ts';
import type { SandboxSequence } from '../../src/sandbox.ts';
import { resolvePlaceholders } from '../support/goldens.ts';
import { writesAmong } from '../support/house.ts';
import {
  BODY,
  creatable,
  expectLeftOut,
  expectRefused,
  expectStrictRefuses,
  makeSequence,
  NAME,
  plainRecord,
  sampleOf,
  sequenceCheck,
  THREAD,
  wireOf,
  type MadeSequence,
  type MakeOptions,
  type Properties,
} from './make-sequence.ts';
import { sequenceStepTests } from './sequence-steps.ts';
import { minimalRecord, pairs, pathOf, type Stage } from './stage.ts';

export function sequenceTests(stage: () => Stage): void {
  const check = sequenceCheck(stage);
  const make = (record: Properties, options: MakeOptions = {}) => makeSequence(stage(), record, options);

  for (const field of SEQUENCE_FIELDS.filter((each) => each !== 'custom_fields')) {
    check(`field ${field}`, async (operation) => {
      const plain = plainRecord(operation);
      const value = sampleOf(field, operation);
      const record = { ...plain, [field]: value };
      const cell = operation.sequence[field];
      if (cell.support === 'none') {
        await expectLeftOut(stage(), record, plain, `FIELD_NOT_SUPPORTED /record/${field}`);
        return;
      }
      const before = await make(plain);
      const made = await make(record);
      expect(made.status, made.answer.text).toBe(201);
      expect(pairs(made.warnings)).toEqual(pairs(before.warnings));
      expect(wireOf(made)).not.toBe(wireOf(before));
      expectStored(made, before, cell, value);
      expect((await make(record, { strict: true })).status).toBe(201);
    });
  }

  check('it is private unless somebody shares it', async (operation) => {
    const plain = plainRecord(operation);
    const absent = await make(plain);
    const said = await make({ ...plain, type: 'private' }, { strict: true });
    expect(said.status, said.answer.text).toBe(201);
    expect(wireOf(said)).toBe(wireOf(absent));
    const cell = operation.sequence.type;
    if (cell.support === 'native') expectStored(absent, undefined, cell, 'private');
    expectRefused(await make({ ...plain, type: 'everybody' }), 'INVALID_VALUE', '/record/type');
  });

  check('custom fields reach the stored sequence, and win over what the gateway writes', async (operation) => {
    const plain = plainRecord(operation);
    if (operation.sequence.custom_fields.support === 'none') {
      const record = { ...plain, custom_fields: { anything: 1 } };
      await expectLeftOut(stage(), record, plain, 'FIELD_NOT_SUPPORTED /record/custom_fields');
      return;
    }
    expect(await settableKey(stage(), plain), 'a key that seeded sequences have can be set on a new one').toBeDefined();
    const record = { ...plain, custom_fields: { name: 'Another name' } };
    const made = await make(record);
    const source = { pointer: '/record/custom_fields/name' };
    expect(made.warnings.filter(({ problem_type: type }) => type === 'CUSTOM_FIELD_OVERRIDES')).toMatchObject([
      { source, from: NAME, to: 'Another name' },
    ]);
    expect(made.stored?.name).toBe('Another name');
    await expectStrictRefuses(stage(), record, source.pointer);
  });

  check('custom fields may not decide identity, owner or activation', async ({ sequence: { custom_fields: cell } }) => {
    const refused = cell.support === 'native' ? (cell.refuses ?? []) : [];
    for (const key of [...refused, '__proto__', 'constructor', 'prototype']) {
      const made = await make({ name: NAME, custom_fields: JSON.parse(nest(key)), steps: [{ type: 'call' }] });
      expectRefused(made, 'FORBIDDEN_CUSTOM_FIELD', `/record/custom_fields/${key.replaceAll('.', '/')}`);
    }
  });

  check('limits: the longest and the right form are taken, others refused before any call', async (operation) => {
    const plain = plainRecord(operation);
    for (const field of SEQUENCE_FIELDS) {
      const cell = operation.sequence[field];
      const { max_length: max, matches } = cell.support === 'native' ? cell : {};
      if (max !== undefined) {
        const fits = await make({ ...plain, [field]: 'x'.repeat(max) });
        expect(fits.status, fits.answer.text).toBe(201);
        expectRefused(await make({ ...plain, [field]: 'x'.repeat(max + 1) }), 'VALUE_TOO_LONG', `/record/${field}`);
      }
      if (!matches) continue;
      // Nothing that a sequence has is written like this: no id, no address, no label in a list with commas.
      const [wrong, at] = field === 'tags' ? [['fine', 'a, b'], '/1'] : ['a, b', ''];
      expectRefused(await make({ ...plain, [field]: wrong }), 'UNSUPPORTED_VALUE', `/record/${field}${at}`);
    }
  });

  check('limits of a step are told at that step', async ({ steps: { fields } }) => {
    const cell = cellFor(fields['template.name'], 'auto_email');
    if (cell.support !== 'native' || cell.max_length === undefined) return;
    const long = { type: 'auto_email', template: { ...THREAD, name: 'x'.repeat(cell.max_length + 1) } };
    const made = await make({ name: NAME, steps: [{ type: 'call' }, long] });
    expectRefused(made, 'VALUE_TOO_LONG', '/record/steps/1/template/name');
  });

  check('a refusal of the provider points into the request, or nowhere', async (operation) => {
    const record = { ...plainRecord(operation), name: ' ' };
    const made = await make(record);
    for (const { pointer } of made.errors) {
      const parent = pointer?.split('/').slice(2, -1) ?? [];
      const found = parent.reduce<unknown>((inner, key) => (inner as Properties | undefined)?.[key], record);
      expect(found, made.answer.text).toBeDefined();
    }
  });

  check('without steps it is made, or refused as declared', async ({ needs_steps: because }) => {
    for (const record of [{ name: NAME }, { name: NAME, steps: [] }]) {
      const made = await make(record);
      if (because !== undefined) {
        expectRefused(made, 'STEPS_REQUIRED', '/record/steps');
        expect(made.answer.text).toContain(because);
        continue;
      }
      expect(made.status, made.answer.text).toBe(201);
      expect(made.stored).toMatchObject({ name: NAME, num_steps: 0 });
      expect([made.step_ids, made.warnings]).toEqual([[], []]);
    }
  });

  check('it is created off', async (operation) => {
    for (const record of [plainRecord(operation), { name: NAME, steps: [minimalRecord('auto_email')] }]) {
      const made = await make(record);
      expect(made.stored?.active, made.answer.text).toBe(false);
    }
  });

  check('a dry run shows what is sent, byte for byte, and writes nothing', async (operation) => {
    const email = { type: 'manual_email', template: THREAD, interval_seconds: 86_400 };
    const reply = { type: 'auto_email', is_reply: true, template: { ...BODY, name: 'Bump' } };
    for (const record of [
      plainRecord(operation),
      { ...plainRecord(operation), tags: ['One'], type: 'team', owner_id: sampleOf('owner_id', operation) },
      { name: NAME, steps: [...creatable(operation).map((type) => minimalRecord(type)), email, reply] },
    ]) {
      const shown = await make(record, { dryRun: true });
      expect(shown.status, shown.answer.text).toBe(200);
      expect(shown.writes).toEqual([]);
      expect(shown.stored).toBeUndefined();
      const made = await make(record);
      expect(made.status, made.answer.text).toBe(201);
      expect(pairs(shown.warnings)).toEqual(pairs(made.warnings));
      expectPreviewIsWire(stage(), shown, made);
    }
    const refused = await make({ name: NAME, steps: [{ ...reply, date: '2031-01-31' }] }, { dryRun: true });
    expect(refused.status).toBe(422);
  });

  check('as few calls as possible: one, or one for the sequence and as many for every step', async () => {
    const count = async (step: Properties, times: number): Promise<readonly [writes: number, reads: number]> => {
      const { calls, writes } = await make({ name: NAME, steps: Array.from({ length: times }, () => step) });
      return [writes.length, calls.length - writes.length];
    };
    const [one, reads] = await count({ type: 'call' }, 1);
    expect([1, 2]).toContain(one);
    const nested = one === 1;
    for (const times of [2, 3, 5])
      expect(await count({ type: 'call' }, times)).toEqual([nested ? 1 : 1 + times, reads]);
    const email = { type: 'auto_email', template: THREAD };
    const [first] = await count(email, 1);
    // Its template, the step, the link between them, and switching it on.
    expect(first).toBeLessThanOrEqual(nested ? 1 : 1 + 4);
    for (const times of [2, 4]) expect((await count(email, times))[0]).toBe(nested ? 1 : 1 + times * (first - 1));
  });

  sequenceStepTests(stage);
}

/**
 * The value is in the stored sequence at its native key. Where the provider keeps a reference in place of the value, it
 * was sent at its key, and what is stored differs.
 */
function expectStored(
  { stored, writes }: MadeSequence,
  before: MadeSequence | undefined,
  cell: Native | Lossy,
  value: unknown,
): void {
  const key = ((cell.support === 'native' ? cell.at : undefined) ?? '').split('.').at(-1) ?? '';
  const words = cell.support === 'native' ? cell.words : undefined;
  const expected = expect.arrayContaining(leaves(words?.[String(value)] ?? value)) as unknown;
  const found = valuesAt(stored?.native, key);
  if (found.length > 0) {
    expect(leaves(found), `${key} of ${JSON.stringify(stored)}`).toEqual(expected);
    return;
  }
  expect(
    leaves(
      valuesAt(
        writes.map(({ body }) => JSON.parse(body) as unknown),
        key,
      ),
    ),
  ).toEqual(expected);
  expect(withoutTimes(stored)).not.toBe(withoutTimes(before?.stored));
}

/** Every value that a key has, at any depth. */
function valuesAt(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([each, inner]) => (each === key ? [inner] : valuesAt(inner, key)));
}

function leaves(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Object.values(value).flatMap(leaves);
}

function withoutTimes(stored: SandboxSequence | undefined): string {
  return JSON.stringify(stored ?? {}).replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '""');
}

/** A native key that a seeded sequence has set, and that a caller can set on a new one. */
async function settableKey(stage: Stage, plain: Properties): Promise<string | undefined> {
  const { stored } = await makeSequence(stage, plain);
  const seeded = stage.sandbox.sequences().flatMap(({ seed, native = {} }) => (seed ? Object.entries(native) : []));
  for (const [key, value] of seeded) {
    if (value === null || typeof value === 'object' || value === stored?.native?.[key]) continue;
    const made = await makeSequence(stage, { ...plain, custom_fields: { [key]: value } });
    if (made.status === 201 && made.stored?.native?.[key] === value) return key;
  }
  return undefined;
}

/** Placeholders resolved with the real answers, every shown request is a call; only one that depends may be missing. */
function expectPreviewIsWire(stage: Stage, shown: MadeSequence, made: MadeSequence): void {
  const { requests } = shown.answer.json as { readonly requests: readonly Shown[] };
  const answers: unknown[] = [];
  const rest = made.calls.slice(shown.calls.length);
  for (const { method, url, body, when } of requests) {
    const path = resolvePlaceholders(pathOf(stage, url), answers);
    const [call] = rest;
    if (when !== undefined && (call?.path !== path || call.method !== method)) {
      answers.push(undefined);
      continue;
    }
    const sent = body === undefined ? '' : resolvePlaceholders(JSON.stringify(body), answers);
    expect({ method: call?.method, path: call?.path, body: call?.body }).toEqual({ method, path, body: sent });
    answers.push(JSON.parse(rest.shift()?.answer ?? 'null'));
  }
  expect(writesAmong(rest)).toEqual([]);
}

interface Shown {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
  readonly when?: string;
}

function nest(key: string): string {
  return key.split('.').reduceRight((inner, part) => `{${JSON.stringify(part)}:${inner}}`, '"x"');
}
