/** Keys: unknown ones are told and never stripped in silence; those of JavaScript's prototypes reach nothing. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { allSteps, bodyOf, createStep, houseOfFile, postStep, tenant, told, warned, writesDone } from './support.ts';

const house = await houseOfFile();

const MISSPELT = {
  record: {
    type: 'auto_email',
    intervalSeconds: 60,
    'a/b~c': 1,
    template: { subject: 'Subject', body: '<p>Body</p>', bodyHtml: '<p>Other</p>', from: { name: 'A' } },
    custom_fields: { taskAutoskipDelay: 60 },
  },
  records: [],
  '': 1,
};
const UNKNOWN = [
  '/record/intervalSeconds',
  '/record/a~1b~0c',
  '/record/template/bodyHtml',
  '/record/template/from',
  '/records',
  '/',
];

describe('unknown keys', () => {
  test('at any depth and beside the record are warnings with their pointers', async () => {
    const answer = await postStep(house, MISSPELT);
    expect(answer.status, answer.text).toBe(201);
    expect(warned(answer)).toEqual(UNKNOWN.map((pointer) => `UNKNOWN_FIELD ${pointer}`));
    expect(answer.headers.get('x-warning-count')).toBe(String(UNKNOWN.length));
    const stored = allSteps(house).find(({ id }) => id === (answer.json as { record: { id: string } }).record.id);
    expect(stored?.delay_seconds).toBe(0);
    expect(stored?.native['template']?.['bodyHtml']).toBe('<p>Body</p>');
    expect(stored?.native['sequenceStep']?.['taskAutoskipDelay']).toBe(60);
  });

  test('are named one by one up to a hundred, and then counted', async () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`unheard_of_${index}`, 1]));
    const answer = await postStep(house, { record: { type: 'call' }, ...many });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('x-warning-count')).toBe('101');
    const { warnings } = answer.json as { warnings: readonly { detail: string; source: { pointer: string } }[] };
    expect(warnings).toHaveLength(101);
    expect(warnings.at(-1)).toMatchObject({
      source: { pointer: '/unheard_of_100' },
      detail: expect.stringContaining('this key and 19899 behind it') as string,
    });
  });

  test('are one log line each', async () => {
    await postStep(house, MISSPELT, { headers: { 'x-request-id': 'unknown-keys-1' } });
    const lines = house.logs.filter((line) => line.includes('unknown-keys-1') && line.includes('UNKNOWN_FIELD'));
    expect(lines.map((line) => (JSON.parse(line) as { pointer: string }).pointer)).toEqual(UNKNOWN);
  });

  test.each(['', '?dry_run=true'])('are refused by strict handling, and nothing is sent %s', async (query) => {
    const answer = await postStep(house, MISSPELT, { query, headers: { prefer: 'handling=strict' } });
    expect(answer.status).toBe(422);
    expect(told(answer)).toEqual(UNKNOWN.map((pointer) => `STRICT_HANDLING ${pointer}`));
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });
});

const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype'];

describe('keys of prototypes', () => {
  test.each(PROTOTYPE_KEYS)('%s is an unknown key like any other', async (key) => {
    const content = `"subject":"Subject","body":"<p>Body</p>"`;
    const poison = `"${key}":{"polluted":true,"type":"task","record":{"type":"task"}}`;
    const text = `{"record":{"type":"auto_email",${poison},"template":{${content},${poison}}},${poison}}`;
    const answer = await postStep(house, text);
    expect(answer.status, answer.text).toBe(201);
    expect(warned(answer)).toEqual(
      [`/record/${key}`, `/record/template/${key}`, `/${key}`].map((at) => `UNKNOWN_FIELD ${at}`),
    );
    expect(allSteps(house).at(0)?.type).toBe('auto_email');
    expect(({} as Readonly<Record<string, unknown>>)['polluted']).toBeUndefined();
  });

  test.each(PROTOTYPE_KEYS)('%s gives no value to the keys beside it', async (key) => {
    expect(told(await postStep(house, `{"${key}":{"record":{"type":"call"}}}`))).toEqual(['MISSING_KEY /record']);
    expect(told(await postStep(house, `{"record":{"${key}":{"type":"call"}}}`))).toEqual(['MISSING_KEY /record/type']);
  });

  test.each(PROTOTYPE_KEYS)('%s in custom fields is refused at every depth, in both handlings', async (key) => {
    for (const provider of ['apollo', 'outreach', 'salesloft']) {
      for (const [fields, at] of [
        [`{"${key}":{"polluted":true}}`, `/${key}`],
        [`{"settings":{"deep":{"${key}":1}}}`, `/settings/deep/${key}`],
        [`{"tags":[1,[{"${key}":null}]]}`, `/tags/1/0/${key}`],
      ] as const) {
        const text = `{"record":{"type":"auto_email","template":{"subject":"S","body":"B","custom_fields":${fields}},"custom_fields":${fields}}}`;
        for (const headers of [{}, { prefer: 'handling=strict' }]) {
          const answer = await postStep(house, text, { provider, headers });
          expect(answer.status, answer.text).toBe(422);
          for (const pointer of [`/record/custom_fields${at}`, `/record/template/custom_fields${at}`]) {
            expect(told(answer)).toContain(`FORBIDDEN_CUSTOM_FIELD ${pointer}`);
          }
          expect(house.sandbox(provider).calls()).toEqual([]);
        }
      }
    }
  });
});

describe('custom fields of a shape that cannot be merged are refused, and never a failure of the gateway', () => {
  const template = { subject: 'Subject', body: '<p>Body</p>', custom_fields: { open_tracking: true } };
  test.each([
    ['salesloft', { type_settings: 5 }],
    ['salesloft', { type_settings: null }],
    ['salesloft', { type_settings: { email_template: 'text' } }],
    ['salesloft', { automated_settings: [] }],
    ['salesloft', { day: 'Monday' }],
    ['outreach', { relationships: 5 }],
    ['outreach', { relationships: [{ sequence: 1 }] }],
    ['outreach', { interval: { deep: true } }],
    ['apollo', { wait_time: { deep: [] } }],
  ])('%s %j', async (provider, custom_fields) => {
    const before = allSteps(house, provider);
    const answer = await createStep(house, { type: 'auto_email', template, custom_fields }, { provider });
    expect(answer.status, answer.text).toBe(422);
    expect(allSteps(house, provider)).toEqual(before);
  });
});

describe('nesting', () => {
  const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);

  test.each([
    ['as the body', (deep: string) => deep],
    ['as the record', (deep: string) => `{"record":${deep}}`],
    ['as a type', (deep: string) => `{"record":{"type":${deep}}}`],
    [
      'as recipients',
      (deep: string) => `{"record":{"type":"auto_email","template":{"subject":"S","body":"B","to":${deep}}}}`,
    ],
    ['as a custom field', (deep: string) => `{"record":{"type":"call","custom_fields":{"deep":${deep}}}}`],
    [
      'as custom fields of a template',
      (deep: string) =>
        `{"record":{"type":"auto_email","template":{"subject":"S","body":"B","custom_fields":{"deep":${deep}}}}}`,
    ],
  ])('%s is refused, however deep', async (_, put) => {
    for (const depth of [100, 3_000, 100_000]) {
      for (const deep of [arrays(depth), objects(depth)]) {
        const answer = await postStep(house, put(deep));
        expect(answer.status, answer.text.slice(0, 500)).toBeGreaterThanOrEqual(400);
        expect(answer.status, answer.text.slice(0, 500)).toBeLessThan(500);
      }
    }
    expect(writesDone(house)).toEqual([]);
  });

  test('as an unknown key is no failure of the gateway', async () => {
    for (const deep of [arrays(100_000), objects(100_000)]) {
      const answer = await postStep(house, `{"record":{"type":"call","deep":${deep}}}`);
      expect(answer.status, answer.text.slice(0, 500)).toBeLessThan(500);
      if (answer.status === 201) expect(warned(answer)).toEqual(['UNKNOWN_FIELD /record/deep']);
    }
  });
});

/** Texts and owners that are reached by another key than the one that is named for them. */
const DRY = '?dry_run=true';
const EMAIL = { type: 'auto_email', interval_seconds: 86_400 };

function post(provider: string, path: string, record: object, headers: Record<string, string> = {}): Promise<Answer> {
  return house.ask(path, { method: 'POST', headers: { ...tenant(provider), ...headers }, body: { record } });
}

test.each([
  ['outreach', 'of the template', { subject: 'Hi {{nope}}' }, {}, '/record/template/custom_fields/subject'],
  ['salesloft', 'of the template', { subject: 'Hi {{nope}}' }, {}, '/record/template/custom_fields/subject'],
  [
    ...(['salesloft', 'of the step', {}] as const),
    ...([{ type_settings: { email_template: { body: '{{nope}}' } } }] as const),
    '/record/custom_fields/type_settings/email_template/body',
  ],
])('%s: braces in the custom fields %s are warned of, and strict refuses them', async (...row) => {
  const [provider, , inTemplate, inStep, pointer] = row;
  const template = { subject: 'Hi', body: '<p>Hi</p>', custom_fields: inTemplate };
  const path = `/sequences/${provider === 'outreach' ? '22' : '126'}/sequence_steps${DRY}`;
  const shown = await post(provider, path, { ...EMAIL, template, custom_fields: inStep });
  expect(shown.status, shown.text).toBe(200);
  expect(warned(shown)).toContain(`TEMPLATE_VARIABLE_UNVERIFIED ${pointer}`);
  const strict = { prefer: 'handling=strict' };
  const refused = await post(provider, path, { ...EMAIL, template, custom_fields: inStep }, strict);
  expect(refused.status).toBe(422);
  expect(told(refused).some((each) => each.endsWith(` ${pointer}`))).toBe(true);
});

test('a custom field of a step without a template may hold braces: they are no text of a message', async () => {
  const record = { type: 'call', interval_seconds: 86_400, custom_fields: { taskAutoskipDelay: '{{1}}' } };
  expect(warned(await post('outreach', `/sequences/22/sequence_steps${DRY}`, record))).toEqual([]);
});

test('Salesloft: a title is not made of an empty subject', async () => {
  const email = (subject: string, more: object = {}) => ({
    type: 'manual_email',
    interval_seconds: 86_400,
    template: { body: 'a', subject },
    ...more,
  });
  const answer = await post('salesloft', '/sequences', {
    name: 'S',
    steps: [email('x'), email('', { is_reply: true })],
  });
  expect(answer.status, answer.text).toBe(201);
  const [, reply] = house.sandbox('salesloft').steps(bodyOf(answer).record?.id ?? '');
  expect(JSON.stringify(reply?.native)).toContain('"title":"Email"');
});

test('Salesloft: the owner of a template is not reached through the step either', async () => {
  const custom_fields = { type_settings: { email_template: { template_owner: 'x@y.z' } } };
  const template = { subject: 's', body: 'b' };
  const answer = await post('salesloft', '/sequences/126/sequence_steps', { ...EMAIL, template, custom_fields });
  expect(answer.status).toBe(422);
  expect(told(answer)).toEqual([
    'FORBIDDEN_CUSTOM_FIELD /record/custom_fields/type_settings/email_template/template_owner',
  ]);
  expect(bodyOf(answer).record).toBeUndefined();
});
