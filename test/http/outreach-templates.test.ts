/** Templates of Outreach that are linked by their ids: what is empty in one would be sent like that. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { linksOf, made } from './outreach-native.ts';
import { errorsOf, houseOfFile, tenant, told, writesDone } from './support.ts';

const house = await houseOfFile();

const ask = (method: string, path: string, body: object): Promise<Answer> =>
  house.ask(path, { method, headers: tenant('outreach'), body });
const templateOf = async (attributes: object): Promise<string> =>
  String((await made(house, 'template', attributes)).id);

const NO_SUBJECT = { name: 'A bump', bodyHtml: '<p>Bump</p>' };
const NO_BODY = { name: 'Only a subject', subject: 'Hello' };

describe('a template without what the email needs', () => {
  test.each([
    ['no subject', NO_SUBJECT],
    ['a subject of spaces', { ...NO_SUBJECT, subject: '  ' }],
    ['no body', NO_BODY],
    ['an empty body', { ...NO_BODY, bodyHtml: '' }],
  ])('%s: is refused before a write, alike wherever a step links it', async (_what, attributes) => {
    const template = { id: await templateOf(attributes) };
    const step = { type: 'auto_email', template };
    const WAYS = [
      ['POST', '/sequences/18/sequence_steps', { record: step }, '/record/template/id'],
      ['POST', '/sequences', { record: { name: 'New', steps: [step] } }, '/record/steps/0/template/id'],
      ['PATCH', '/sequences/20/sequence_steps/52', { record: { template } }, '/record/template/id'],
    ] as const;
    const before = writesDone(house).length;
    for (const [method, path, body, pointer] of WAYS)
      for (const query of ['?dry_run=true', '']) {
        const answer = await ask(method, path + query, body);
        expect([answer.status, told(answer)], path).toEqual([422, [`UNSUPPORTED_VALUE ${pointer}`]]);
        expect(errorsOf(answer)[0]?.detail).toContain(template.id);
      }
    expect(writesDone(house)).toHaveLength(before);
    expect(await linksOf(house, 52)).toEqual([[61, true, false, 76]]);
  });

  test('no subject: a reply has that of its thread', async () => {
    const template = { id: await templateOf(NO_SUBJECT) };
    const step = { type: 'manual_email', is_reply: true, template };
    expect((await ask('POST', '/sequences/20/sequence_steps', { record: step })).status).toBe(201);
    const change = { record: { is_reply: true, template } };
    expect((await ask('PATCH', '/sequences/20/sequence_steps/52', change)).status).toBe(200);
  });

  test('no subject: a LinkedIn message has none', async () => {
    const step = { type: 'linkedin_send_message', template: { id: await templateOf(NO_SUBJECT) } };
    expect((await ask('POST', '/sequences/18/sequence_steps', { record: step })).status).toBe(201);
  });

  test('what Outreach does not show is not known to be empty', async () => {
    const body = { data: { type: 'template', id: 77, attributes: {} } };
    house.sandbox('outreach').answerNext({ method: 'GET', path: /templates\/77$/ }, { status: 200, body });
    const step = { type: 'auto_email', template: { id: '77' } };
    expect((await ask('POST', '/sequences/18/sequence_steps', { record: step })).status).toBe(201);
  });
});
