/** Step types: a word, a substitute with its warning, or a refusal; and never two types in one form. */
import { expect, test } from 'vitest';
import { stanceOnType, wordFor, type Word } from '../../src/model/cell.ts';
import { STEP_TYPES } from '../../src/model/step.ts';
import type { StoredStep } from '../../src/sandbox.ts';
import { create, createStepsOf, minimalRecord, wire, type Stage } from './stage.ts';

export function typeTests(stage: () => Stage): void {
  test.each(STEP_TYPES)('type %s', async (type) => {
    const { types } = createStepsOf(stage().provider);
    const outcome = await create(stage(), minimalRecord(type));
    const word = wordFor(types[type]);
    const stance = stanceOnType(types[type]);
    if (word === undefined) {
      expect(outcome.status).toBe(422);
      expect(outcome.errors).toMatchObject([{ code: 'UNSUPPORTED_STEP_TYPE', pointer: '/record/type' }]);
      expect(outcome.calls).toEqual([]);
      return;
    }
    expect(outcome.status, outcome.answer.text).toBe(201);
    expect(outcome.added.map(({ id }) => id)).toEqual([outcome.id]);
    const [stored] = outcome.added;
    if (stored) expectWord(stored, word);
    expect(stored?.live, 'the step runs once the sequence does').toBe(true);
    const substituted = outcome.warnings.filter(({ problem_type }) => problem_type === 'TYPE_SUBSTITUTED');
    expect(substituted.map(({ source }) => source.pointer)).toEqual(stance ? ['/record/type'] : []);
    if (!stance) return;
    const strict = await create(stage(), minimalRecord(type), { strict: true });
    expect(strict.errors).toContainEqual(expect.objectContaining({ code: 'STRICT_HANDLING', pointer: '/record/type' }));
    expect(strict.writes).toEqual([]);
  });

  test('native types differ on the wire, pair by pair', async () => {
    const { types } = createStepsOf(stage().provider);
    const native = STEP_TYPES.filter((type) => wordFor(types[type]) !== undefined && !stanceOnType(types[type]));
    const forms = new Map<string, string>();
    for (const type of native) {
      const form = wire(await create(stage(), minimalRecord(type)));
      expect(forms.get(form), `${type} looks like another type`).toBeUndefined();
      forms.set(form, type);
    }
  });
}

function expectWord(stored: StoredStep, word: Word): void {
  if (typeof word === 'string') {
    expect(stored.type).toBe(word);
    return;
  }
  for (const [key, value] of Object.entries(word)) {
    const holders = Object.values(stored.native).filter((group) => group && Object.hasOwn(group, key));
    expect(holders.map((group) => group?.[key])).toContain(value);
  }
}
