/** Texts that reach people by another way than the field that is named for them. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Answer, House } from '../support/house.ts';
import { bodyOf, openConnectedHouse, resetSandboxes, tenant, told, warned } from './support.ts';

let house: House;

beforeAll(async () => {
  house = await openConnectedHouse();
});
beforeEach(() => {
  resetSandboxes(house);
});
afterAll(() => house.close());

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
    ...{ type: 'manual_email', interval_seconds: 86_400, template: { body: 'a', subject }, ...more },
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
