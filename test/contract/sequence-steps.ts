/** Steps that are created together with their sequence: types, threads, templates, dates, their order, and recommended ones. */
import { expect } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/catalogue.ts';
import { cellFor, stanceOnType, wordFor, type Native } from '../../src/model/cell.ts';
import type { CreateSequence } from '../../src/model/create-sequence.ts';
import { applies, STEP_TYPES, type StepType } from '../../src/model/step.ts';
import type { StoredStep } from '../../src/sandbox.ts';
import {
  BODY,
  creatable,
  expectRefused,
  expectStrictRefuses,
  makeSequence,
  NAME,
  sequenceCheck,
  THREAD,
  wireOf,
  type MadeSequence,
  type MakeOptions,
  type Properties,
} from './make-sequence.ts';
import { minimalRecord, pairs, type Stage } from './stage.ts';

export function sequenceStepTests(stage: () => Stage): void {
  const check = sequenceCheck(stage);
  const make = (steps: readonly unknown[], options: MakeOptions = {}) =>
    makeSequence(stage(), { name: NAME, steps }, options);

  check('every creatable type at once, in order, with the true ids', async (operation) => {
    const types = creatable(operation);
    const made = await make(types.map((type) => minimalRecord(type)));
    expect(made.status, made.answer.text).toBe(201);
    expectWords(made, operation, types);
    expect(made.held.map(({ live }) => live)).toEqual(types.map(() => true));
    expect(made.step_ids).toEqual(made.held.map(({ id }) => id));
    expect(pairs(made.warnings).filter((pair) => pair.startsWith('TYPE_SUBSTITUTED'))).toEqual(
      types.flatMap((type, index) =>
        stanceOnType(operation.steps.types[type]) ? [`TYPE_SUBSTITUTED /record/steps/${index}/type`] : [],
      ),
    );
    for (const type of STEP_TYPES.filter((each) => !types.includes(each))) {
      const refused = await make([{ type: 'call' }, minimalRecord(type)]);
      expectRefused(refused, 'UNSUPPORTED_STEP_TYPE', '/record/steps/1/type');
    }
  });

  check('steps that look alike are told apart', async () => {
    const made = await make(Array.from({ length: 3 }, () => ({ type: 'call' })));
    expect(made.status, made.answer.text).toBe(201);
    expect(new Set(made.step_ids).size).toBe(3);
    expect(made.step_ids).toEqual(made.held.map(({ id }) => id));
  });

  check('a reply goes to an email before it in the same creation', async ({ steps: { fields } }) => {
    const cell = cellFor(fields.is_reply, 'manual_email');
    if (cell.support !== 'native') return;
    const before = [minimalRecord('auto_email'), { type: 'call' }];
    const reply = { type: 'manual_email', is_reply: true, template: BODY };
    const made = await make([...before, reply]);
    expect(made.status, made.answer.text).toBe(201);
    expect([isReply(made.held[0], cell), isReply(made.held[2], cell)]).toEqual([false, true]);
    const strict = await make([minimalRecord('auto_email'), reply], { strict: true });
    expect(strict.status, strict.answer.text).toBe(201);
  });

  check('a subject on a reply is sent, or left out and told', async ({ steps: { fields } }) => {
    if (cellFor(fields.is_reply, 'manual_email').support !== 'native') return;
    const reply = { type: 'manual_email', is_reply: true, template: { ...BODY, name: 'Bump' } };
    const plain = await make([minimalRecord('auto_email'), reply]);
    const steps = [minimalRecord('auto_email'), { ...reply, template: { ...reply.template, subject: 'Its own' } }];
    const made = await make(steps);
    expect(made.status, made.answer.text).toBe(201);
    if (cellFor(fields.reply_subject, 'manual_email').support === 'native') {
      expect(JSON.stringify(made.held[1]?.native)).toContain('"Its own"');
      expect(pairs(made.warnings)).toEqual(pairs(plain.warnings));
      return;
    }
    const warning = 'FIELD_NOT_SUPPORTED /record/steps/1/template/subject';
    expect(wireOf(made)).toBe(wireOf(plain));
    expect(pairs(made.warnings)).toEqual([...pairs(plain.warnings), warning].toSorted());
    await expectStrictRefuses(stage(), { name: NAME, steps }, '/record/steps/1/template/subject');
  });

  check('the subject of a template that is copied into a reply is left out and told', async ({ steps: { fields } }) => {
    const cells = [fields.is_reply, fields['template.id'], fields.reply_subject] as const;
    const [reply, byId, subject] = cells.map((cell) => cellFor(cell, 'manual_email').support);
    if (reply !== 'native' || byId !== 'lossy' || subject !== 'none') return;
    const [id = ''] = stage().sandbox.templates;
    const steps = [true, false].map((is_reply) => ({ type: 'manual_email', is_reply, template: { id } }));
    const made = await make([minimalRecord('auto_email'), ...steps]);
    expect(made.status, made.answer.text).toBe(201);
    const stored = made.held.map(({ native }) => JSON.stringify(native).includes('"Existing subject"'));
    expect(stored).toEqual([false, false, true]);
    const dropped = 'FIELD_NOT_SUPPORTED /record/steps/1/template/id';
    expect(pairs(made.warnings).filter((pair) => pair.startsWith('FIELD_NOT_SUPPORTED'))).toEqual([dropped]);
  });

  check('a reply before any email becomes a thread with its own subject, or is refused', async ({ steps: facts }) => {
    const cell = cellFor(facts.fields.is_reply, 'auto_email');
    if (cell.support === 'native' && facts.preconditions.earlier_email === undefined) return;
    const reply = { type: 'auto_email', is_reply: true, template: THREAD };
    // An email that comes later is no earlier one.
    const steps = [{ type: 'call' }, reply, minimalRecord('manual_email')];
    const made = await make(steps);
    expect(made.status, made.answer.text).toBe(201);
    expect(pairs(made.warnings)).toContain('REPLY_AS_NEW_THREAD /record/steps/1/is_reply');
    if (cell.support === 'native') expect(isReply(made.held[1], cell)).toBe(false);
    expect(JSON.stringify(made.held[1]?.native)).toContain(THREAD.subject);
    await expectStrictRefuses(stage(), { name: NAME, steps }, '/record/steps/1/is_reply');
    expectRefused(await make([{ ...reply, template: BODY }]), 'SUBJECT_REQUIRED', '/record/steps/0/template/subject');
  });

  for (const type of STEP_TYPES.filter((each) => applies('template.id', each))) {
    check(`template.id on ${type}`, async ({ steps: { types, fields } }) => {
      if (wordFor(types[type]) === undefined) return;
      const [id = ''] = stage().sandbox.templates;
      const steps = [{ type: 'call' }, { type, template: { id } }];
      const pointer = '/record/steps/1/template/id';
      const made = await make(steps);
      const cell = cellFor(fields['template.id'], type);
      if (cell.support === 'none') {
        // Left out, the message would be another one than was asked for, or none.
        expect(made.status, made.answer.text).toBe(422);
        expect(made.errors.map((error) => error.pointer)).toEqual([pointer]);
        expect(made.writes).toEqual([]);
        return;
      }
      expect(made.status, made.answer.text).toBe(201);
      const inlined = pairs(made.warnings).filter((pair) => pair.startsWith('TEMPLATE_INLINED'));
      expect(inlined).toEqual(cell.support === 'lossy' ? [`TEMPLATE_INLINED ${pointer}`] : []);
      const pointsAtIt = cell.support === 'native' && !stanceOnType(types[type]);
      const stored = JSON.stringify(made.held[1]?.native);
      if (pointsAtIt) expect(stored).toMatch(new RegExp(`"id":"?${id}"?[,}]`));
      else expect(stored).toContain('<p>Existing body</p>');
      if (cell.support === 'lossy') await expectStrictRefuses(stage(), { name: NAME, steps }, pointer);
    });
  }

  check('dates: for all steps or for none', async ({ steps: { fields } }) => {
    const dates = ['2031-01-31', '2031-02-28'];
    const dated = dates.map((date) => ({ type: 'call', date }));
    const all = await make(dated);
    const cell = cellFor(fields.date, 'call');
    if (cell.support === 'none') {
      const pointers = dates.map((_, index) => `/record/steps/${index}/date`);
      expect(all.errors).toEqual(pointers.map((pointer) => ({ code: 'DATE_NOT_SUPPORTED', pointer })));
      expect(all.calls).toEqual([]);
      const both = await make(dated.map((step) => ({ ...step, interval_seconds: 172_800 })));
      expect(both.status, both.answer.text).toBe(201);
      expect(both.held.map(({ delay_seconds: delay }) => delay)).toEqual([172_800, 172_800]);
      for (const pointer of pointers) expect(pairs(both.warnings)).toContain(`DATE_NOT_APPLIED ${pointer}`);
      return;
    }
    expect(all.status, all.answer.text).toBe(201);
    const [group = '', key = ''] = ((cell.support === 'native' ? cell.at : undefined) ?? '').split('.');
    expect(all.held.map(({ native }) => native[group]?.[key])).toEqual(dates);
    expect(all.held.map(({ delay_seconds: delay }) => delay)).toEqual([null, null]);
    const told = await make(dated.map((step) => ({ ...step, interval_seconds: 0 })));
    expect(wireOf(told)).toBe(wireOf(all));
    for (const index of dates.keys())
      expect(pairs(told.warnings)).toContain(`INTERVAL_NOT_APPLIED /record/steps/${index}/interval_seconds`);
    for (const mixture of [
      [dated[0], { type: 'call' }],
      [
        { type: 'call', interval_seconds: 60 },
        { ...dated[1], interval_seconds: 60 },
      ],
    ]) {
      const mixed = await make(mixture);
      expect(mixed.status, mixed.answer.text).toBe(422);
      expect(mixed.errors).toEqual([{ code: 'DATE_NOT_SUPPORTED', pointer: '/record/steps' }]);
      expect(mixed.calls).toEqual([]);
      expect((await make(mixture, { strict: true })).errors).toEqual(mixed.errors);
    }
  });

  check('the array says the order, and another number is told', async () => {
    const steps = [{ type: 'call', task_note: 'A' }, { type: 'task' }, { type: 'call', task_note: 'C' }];
    const plain = await make(steps);
    const right = await make(steps.map((step, index) => ({ ...step, order: index + 1 })));
    expect(right.status, right.answer.text).toBe(201);
    expect([wireOf(right), pairs(right.warnings)]).toEqual([wireOf(plain), pairs(plain.warnings)]);
    const turned = steps.map((step, index) => ({ ...step, order: 3 - index }));
    const made = await make(turned);
    expect(wireOf(made)).toBe(wireOf(plain));
    const told = ['ORDER_FROM_ARRAY /record/steps/0/order', 'ORDER_FROM_ARRAY /record/steps/2/order'];
    expect(pairs(made.warnings)).toEqual([...pairs(plain.warnings), ...told].toSorted());
    await expectStrictRefuses(stage(), { name: NAME, steps: turned }, '/record/steps/0/order');
  });

  for (const id of RECOMMENDED) {
    check(`from_recommended ${id}`, async (operation) => {
      const steps = CATALOGUE.find((each) => each.id === id)?.steps ?? [];
      const made = await makeSequence(stage(), { name: NAME, from_recommended: id });
      expect(made.status, made.answer.text).toBe(201);
      const kinds = steps.map(({ message_type: kind }): StepType =>
        kind === 'connection_request' ? 'linkedin_send_connection_request' : 'linkedin_send_message',
      );
      const lacking = kinds.filter((kind) => wordFor(operation.steps.types[kind]) === undefined);
      // The request has no steps to point into.
      expect(made.warnings.filter(({ source }) => source.pointer !== '/record/from_recommended')).toEqual([]);
      expect(made.warnings.filter(({ to }) => to === 'task')).toMatchObject(
        lacking.slice(0, 1).map((from) => ({ problem_type: 'TYPE_SUBSTITUTED', from, to: 'task' })),
      );
      expectWords(
        made,
        operation,
        kinds.map((kind) => (lacking.includes(kind) ? 'task' : kind)),
      );
      // The wait after a step is the delay of the next one.
      const waits = steps.map(({ wait_time_after: wait }) => secondsOf(wait));
      expect(made.held.map(({ delay_seconds: delay }) => delay)).toEqual([0, ...waits.slice(0, -1)]);
      expect(made.stored).toMatchObject({ name: NAME, num_steps: steps.length, active: false });
      expect(made.step_ids).toEqual(made.held.map((step) => step.id));
    });
  }

  check('from_recommended: an id that nobody knows, or steps beside it, is refused before any call', async () => {
    for (const more of [{ from_recommended: 'short_nothing' }, { from_recommended: RECOMMENDED[0], steps: [] }]) {
      const made = await makeSequence(stage(), { name: NAME, ...more });
      expectRefused(made, 'INVALID_VALUE', '/record/from_recommended');
    }
  });
}

/** One, two, three and more steps; with and without a connection request. */
const RECOMMENDED = [
  'short_brand_awareness_rapid_true',
  'short_meeting_long_term_false',
  'medium_meeting_normal_false',
  'medium_event_attendance_rapid_true',
  'long_event_attendance_long_term_true',
];

/** Each stored step is of the type that was asked for: a plain word is its type, several words lie in its native objects. */
function expectWords({ held }: MadeSequence, { steps }: CreateSequence, asked: readonly StepType[]): void {
  const found = held.map(({ type, native }, index) => {
    const word = wordFor(steps.types[asked[index] ?? 'call']) ?? '';
    if (typeof word === 'string') return type === word;
    const groups: readonly (Properties | undefined)[] = Object.values(native);
    return Object.entries(word).every(([key, value]) => groups.some((group) => group?.[key] === value));
  });
  expect(found, JSON.stringify(held.map(({ type }) => type))).toEqual(asked.map(() => true));
}

/** Whether a stored step is a reply: by its declared word, or by a reference to its thread. */
function isReply(stored: StoredStep | undefined, { at = '', words }: Native): boolean {
  const [group = '', key = ''] = at.split('.');
  const value = stored?.native[group]?.[key];
  return words ? value === words['true'] : Boolean(value);
}

function secondsOf(wait: string): number {
  const [days = 0, hours = 0] = wait.split(' ').map((part) => Number.parseInt(part, 10));
  return days * 86_400 + hours * 3_600;
}
