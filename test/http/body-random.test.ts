/** Whatever is sent: the gateway never fails over it, and what a provider was made to hold is always told. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STEP_TYPES } from '../../src/model/step.ts';
import type { Answer } from '../support/answer.ts';
import {
  allSteps,
  bodyOf,
  createStep,
  errorsOf,
  houseOfFile,
  postStep,
  PROVIDERS,
  resetSandboxes,
  writesDone,
} from './support.ts';

const house = await houseOfFile();

const KEYS = [
  'record',
  'type',
  'template',
  'body',
  'subject',
  'id',
  'order',
  'date',
  'to',
  'custom_fields',
  '__proto__',
  '',
];
const { node: familiar } = fc.letrec((tie) => ({
  node: fc.oneof({ maxDepth: 5 }, fc.constantFrom(null, 0, 1, 'call', 'auto_email', true), tie('list'), tie('object')),
  list: fc.array(tie('node'), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom(...KEYS), tie('node'), { maxKeys: 5 }),
}));
const json = fc.oneof(fc.jsonValue(), familiar);

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const filled = text.map((rest) => `Text ${rest.replaceAll(/[{}<]/g, '')}`);
const content = fc.record(
  { body: filled, subject: filled, name: filled, to: fc.constant(['a@b.c']), cc: fc.constant([]) },
  { requiredKeys: ['body', 'subject'] },
);
const fields = {
  type: fc.constantFrom(...STEP_TYPES),
  name: filled,
  interval_seconds: fc.oneof(fc.integer({ min: 0, max: 1_000_000 }), fc.double({ min: 0, max: 1e6, noNaN: true })),
  template: fc.oneof(
    content,
    content,
    fc.constantFrom({ id: '77' }, { id: '501' }, { id: '65340d43bd9e6900a3054740' }, { id: '99' }),
  ),
  is_reply: fc.boolean(),
  task_note: text,
};
const rarer = fc.record(
  {
    date: fc.constantFrom('2030-01-31', '2030-02-30'),
    order: fc.integer({ min: 0, max: 4 }),
    unknown: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: [] },
);
const usual = fc.record(fields, { requiredKeys: ['type'] });
/** Mostly what a caller would send, with something else in one place now and then. */
const record = fc.oneof(
  { weight: 4, arbitrary: usual },
  { weight: 1, arbitrary: fc.tuple(usual, rarer).map(([most, rest]) => ({ ...most, ...rest })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(usual, fc.constantFrom(...Object.keys(fields)), fc.jsonValue({ maxDepth: 2 }))
      .map(([most, key, odd]) => ({ ...most, [key]: odd })),
  },
);

const NATIVE = {
  apollo: ['note', 'wait_mode', 'wait_time', 'priority', 'position', 'exact_datetime', 'auto_skip_in_x_days'],
  outreach: ['relationships', 'attributes', 'taskNote', 'interval', 'date', 'order', 'taskAutoskipDelay'],
  salesloft: ['day', 'automated_settings', 'due_immediately', 'type_settings', 'instructions', 'name'],
} as const;
const NATIVE_IN_TEMPLATE = [
  'subject',
  'name',
  'title',
  'tags',
  'body',
  'bodyHtml',
  'body_html',
  'trackOpens',
  'open_tracking',
  'relationships',
];
const odd = fc.oneof(fc.constantFrom(null, 0, 1, 'text', true, [], {}), fc.jsonValue({ maxDepth: 2 }));
const customised = fc.constantFrom(...PROVIDERS).chain((provider) =>
  fc.record({
    provider: fc.constant(provider),
    record: fc.record(
      {
        ...fields,
        template: fc
          .tuple(content, fc.dictionary(fc.constantFrom(...NATIVE_IN_TEMPLATE), odd, { maxKeys: 2 }))
          .map(([most, custom_fields]) => ({ ...most, custom_fields })),
        custom_fields: fc.dictionary(fc.constantFrom(...NATIVE[provider]), odd, { minKeys: 1, maxKeys: 2 }),
      },
      { requiredKeys: ['type', 'template', 'custom_fields'] },
    ),
  }),
);
const options = fc.record({
  provider: fc.constantFrom(...PROVIDERS),
  seed: fc.constantFrom('empty', 'empty', 'with_steps', 'with_email'),
  query: fc.constantFrom('', '', '', '?dry_run=true'),
  headers: fc.constantFrom({}, {}, {}, { prefer: 'handling=strict' }),
});

function expectNoFailure(answer: Answer): void {
  expect(answer.status, answer.text.slice(0, 2_000)).toBeLessThan(500);
  if (answer.status >= 400) expect(errorsOf(answer).length, answer.text).toBeGreaterThan(0);
  else expect(answer.headers.get('x-warning-count')).toBe(String(bodyOf(answer).warnings?.length));
}

test('any JSON is no failure, and writes nothing unless it is answered with 201', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(json, fc.record({ record: json })), async (body) => {
      resetSandboxes(house);
      const answer = await postStep(house, JSON.stringify(body));
      expectNoFailure(answer);
      if (answer.status !== 201) expect(writesDone(house)).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test('any text is no failure, and writes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (body) => {
      resetSandboxes(house);
      const answer = await postStep(house, body);
      expectNoFailure(answer);
      expect(writesDone(house)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('any record is created once or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(record, options, async (asked, chosen) => {
      resetSandboxes(house);
      const before = allSteps(house, chosen.provider).length;
      const answer = await createStep(house, asked, chosen);
      expectNoFailure(answer);
      const after = allSteps(house, chosen.provider);
      expect(after.length - before, answer.text).toBe(answer.status === 201 ? 1 : 0);
      if (answer.status === 201) expect(after.map(({ id }) => id)).toContain(bodyOf(answer).record?.id);
      else expect(writesDone(house, chosen.provider)).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

/** Made by the writes so far, and not deleted since. */
function left(provider: string): number {
  const done = house
    .sandbox(provider)
    .calls()
    .filter(({ status }) => status < 300);
  return (
    done.filter(({ method }) => method === 'POST').length - done.filter(({ method }) => method === 'DELETE').length
  );
}

test('any custom fields: no failure, and what was made before the provider refused is taken back or told', async () => {
  await fc.assert(
    fc.asyncProperty(customised, options, async ({ provider, record: asked }, chosen) => {
      resetSandboxes(house);
      const before = allSteps(house, provider).length;
      const answer = await createStep(house, asked, { ...chosen, provider });
      expect(answer.status, answer.text.slice(0, 2_000)).not.toBe(500);
      const created = errorsOf(answer)[0]?.meta.created ?? [];
      const written = writesDone(house, provider).length > 0;
      if (answer.status === 201) expect(allSteps(house, provider).length - before).toBe(1);
      else expect(created.length, answer.text).toBe(left(provider));
      if (chosen.query !== '') expect(written).toBe(false);
    }),
    { numRuns: 400 },
  );
});
