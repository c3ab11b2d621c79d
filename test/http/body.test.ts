/** Bodies that cannot be: told all at once, each with its pointer, and nothing reaches the provider. */
import { describe, expect, test } from 'vitest';
import { STEP_TYPES } from '../../src/model/step.ts';
import type { Answer } from '../support/answer.ts';
import { API_KEY } from '../support/house.ts';
import {
  connectionPath,
  createStep,
  errorsOf,
  houseOfFile,
  postStep,
  sequenceOf,
  tenant,
  told,
  writesDone,
} from './support.ts';

const house = await houseOfFile();

const CONTENT = { subject: 'Subject', body: '<p>Body</p>' };

function expectRefused(answer: Answer, status: number, errors: readonly string[]): void {
  expect(told(answer), answer.text).toEqual(errors);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(house.sandbox('outreach').calls()).toEqual([]);
}

describe('what is not JSON is 400', () => {
  test.each([
    '',
    ' ',
    '{',
    '{"record":{"type":"call"}',
    '{"record":{"type":"call",}}',
    '{"record":{"type":"call"}}}',
    "{'record':{'type':'call'}}",
    '{record:{type:"call"}}',
    '{"record":{"type":"call"}} trailing',
    '// a comment\n{"record":{"type":"call"}}',
    '{"record":{"type":"ca\nll"}}',
    '{"record":{"type":"call","order":01}}',
    '{"record":{"type":"call","order":NaN}}',
    'undefined',
    '\u0000',
    'record=type%3Dcall',
    '<record type="call"/>',
  ])('%j', async (text) => {
    expectRefused(await postStep(house, text), 400, ['MALFORMED_JSON']);
  });

  test.each([
    ['', 'It is empty.'],
    ['{"record":{"type":"call"}', 'at line 1, column 26'],
    ['{"record":', 'ends in the middle'],
    ['{\n "record":{"type":"call",}}', 'at line 2, column 26'],
    ['<record/>', 'cannot be parsed'],
  ])('%j: the detail says where, and is not the title again', async (text, says) => {
    const [error] = errorsOf(await postStep(house, text));
    expect(error?.title).toBe('The body is not JSON');
    expect(error?.detail).toContain(says);
    expect(error?.detail).not.toContain('not JSON');
  });
});

describe('a wrong JSON type is 400 with the pointer', () => {
  test.each(['null', 'true', '5', '"call"', '[]', '[{"record":{"type":"call"}}]'])('as the body: %s', async (text) => {
    expectRefused(await postStep(house, text), 400, ['WRONG_TYPE ']);
  });

  test.each([null, true, 5, 'call', [], [{ type: 'call' }]])('as the record: %j', async (record) => {
    expectRefused(await createStep(house, record), 400, ['WRONG_TYPE /record']);
  });

  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    type: [null, 5, true, [], ['call'], {}],
    name: [null, 5, true, [], {}],
    interval_seconds: [null, '60', true, [], [60], {}],
    date: [null, 20300131, true, [], {}],
    template: [null, 'id', 5, true, [], [CONTENT]],
    is_reply: [null, 'true', 1, 0, [], {}],
    order: [null, '1', true, [], {}],
    task_note: [null, 5, true, [], {}],
    custom_fields: [null, 'text', 5, true, [], [{}]],
  };
  test.each(Object.entries(wrong))('%s', async (field, values) => {
    for (const value of values) {
      const answer = await createStep(house, { type: 'call', [field]: value });
      expectRefused(answer, 400, [`WRONG_TYPE /record/${field}`]);
    }
  });

  const wrongInTemplate: Readonly<Record<string, readonly unknown[]>> = {
    id: [null, 77, true, [], {}],
    body: [null, 5, true, [], {}],
    subject: [null, 5, false, [], {}],
    name: [null, 5, [], {}],
    to: [null, 'a@b.c', 5, {}],
    cc: [null, 'a@b.c', { 0: 'a@b.c' }],
    bcc: [null, 'a@b.c', true],
    custom_fields: [null, [], 'text'],
  };
  test.each(Object.entries(wrongInTemplate))('template.%s', async (field, values) => {
    for (const value of values) {
      const answer = await createStep(house, { type: 'auto_email', template: { ...CONTENT, [field]: value } });
      expectRefused(answer, 400, [`WRONG_TYPE /record/template/${field}`]);
    }
  });

  test('an item of a list', async () => {
    const template = { ...CONTENT, to: ['a@b.c', 5, null], cc: [['a@b.c']] };
    const answer = await createStep(house, { type: 'auto_email', template });
    const items = ['to/1', 'to/2', 'cc/0'];
    expectRefused(
      answer,
      400,
      items.map((item) => `WRONG_TYPE /record/template/${item}`),
    );
  });
});

describe('a missing key is 400 with the pointer', () => {
  test('record, type and the body of a template', async () => {
    expectRefused(await postStep(house, {}), 400, ['MISSING_KEY /record']);
    expectRefused(await createStep(house, {}), 400, ['MISSING_KEY /record/type']);
    expectRefused(await createStep(house, { template: CONTENT }), 400, ['MISSING_KEY /record/type']);
    for (const template of [{}, { subject: 'Subject' }, { to: ['a@b.c'] }]) {
      const answer = await createStep(house, { type: 'auto_email', template });
      expectRefused(answer, 400, ['MISSING_KEY /record/template']);
    }
  });
});

describe('the right type with an impossible value is 422 with the pointer', () => {
  const impossible: Readonly<Record<string, readonly unknown[]>> = {
    type: ['', 'email', 'Call', 'AUTO_EMAIL', ' call', 'constructor', '__proto__'],
    interval_seconds: [-1, -0.5, 1e300],
    date: ['', 'soon', '2030-1-1', '2030-02-30', '31/01/2030', '2030-01-31T00:00:00Z', ' 2030-01-31'],
    order: [0, -1, 1.5, 1e300],
  };
  test.each(Object.entries(impossible))('%s', async (field, values) => {
    for (const value of values) {
      const answer = await createStep(house, { type: 'call', [field]: value });
      expectRefused(answer, 422, [`INVALID_VALUE /record/${field}`]);
    }
  });

  test('a number that is too large for JavaScript', async () => {
    const answer = await postStep(house, '{"record":{"type":"call","interval_seconds":1e400}}');
    expectRefused(answer, 422, ['INVALID_VALUE /record/interval_seconds']);
  });

  test('an unknown type is answered with the list of types', async () => {
    const [error] = errorsOf(await createStep(house, { type: 'email' }));
    for (const type of STEP_TYPES) expect(error?.detail).toContain(type);
  });

  test('an empty body, and an empty recipient', async () => {
    const empty = await createStep(house, { type: 'auto_email', template: { subject: 'Subject', body: '' } });
    expectRefused(empty, 422, ['INVALID_VALUE /record/template/body']);
    const nobody = await createStep(house, { type: 'auto_email', template: { ...CONTENT, to: ['a@b.c', ''] } });
    expectRefused(nobody, 422, ['INVALID_VALUE /record/template/to/1']);
  });

  test.each(['body', 'subject', 'name', 'to', 'cc', 'bcc', 'custom_fields'])('a template id with %s', async (key) => {
    const values: Readonly<Record<string, unknown>> = {
      to: ['a@b.c'],
      cc: ['a@b.c'],
      bcc: ['a@b.c'],
      custom_fields: { tags: ['a'] },
    };
    const answer = await createStep(house, {
      type: 'auto_email',
      template: { id: '77', [key]: values[key] ?? 'text' },
    });
    expectRefused(answer, 422, ['INVALID_VALUE /record/template']);
    expect(errorsOf(answer)[0]?.detail).toContain(key);
  });

  test('a detail ends in one full stop', async () => {
    const answer = await createStep(house, { type: 'auto_email', template: { id: '77', body: 'text' } });
    expect(errorsOf(answer)[0]?.detail).toMatch(/[^.]\.$/);
  });
});

describe('everything that is wrong is told at once', () => {
  test('mixed kinds are 400, each error with its own status', async () => {
    const answer = await createStep(house, { type: 5, interval_seconds: -1, order: 'first', template: {} });
    expectRefused(answer, 400, [
      'WRONG_TYPE /record/type',
      'INVALID_VALUE /record/interval_seconds',
      'MISSING_KEY /record/template',
      'WRONG_TYPE /record/order',
    ]);
    expect(errorsOf(answer).map(({ status }) => status)).toEqual(['400', '422', '400', '400']);
    const later = await createStep(house, { type: 'email', interval_seconds: -1, order: 'first' });
    expectRefused(later, 400, [
      'INVALID_VALUE /record/type',
      'INVALID_VALUE /record/interval_seconds',
      'WRONG_TYPE /record/order',
    ]);
  });

  test('one kind is its own status', async () => {
    const answer = await createStep(house, { type: 'call', interval_seconds: -1, date: 'soon', order: 0 });
    expectRefused(
      answer,
      422,
      ['interval_seconds', 'date', 'order'].map((field) => `INVALID_VALUE /record/${field}`),
    );
  });

  test('every error has the whole shape', async () => {
    const answer = await createStep(house, { type: 'email', order: 'first' });
    for (const error of errorsOf(answer)) {
      expect(error).toEqual({
        id: answer.headers.get('x-request-id'),
        title: expect.stringMatching(/\w/) as string,
        detail: expect.stringMatching(/\w/) as string,
        code: error.problem_type,
        problem_type: expect.stringMatching(/^[A-Z_]+$/) as string,
        status: expect.stringMatching(/^4\d\d$/) as string,
        source: { pointer: expect.stringMatching(/^\/record\//) as string },
        meta: { origin: 'gateway', retriable: false },
      });
    }
  });
});

describe('what would arrive as something else is refused', () => {
  test.each([
    ['a whole number that is too long', '{"record":{"type":"call","custom_fields":{"id2":9007199254740993}}}', 422],
    ['a fraction that would be 0', '{"record":{"type":"call","interval_seconds":1e-400}}', 422],
    ['what would be nothing', '{"record":{"type":"call","custom_fields":{"a":1e400}}}', 422],
    ['a long one with a point', '{"record":{"type":"call","custom_fields":{"a":9007199254740993.0}}}', 422],
    ['a long one with an exponent', '{"record":{"type":"call","custom_fields":{"a":12345678901234567890e0}}}', 422],
    ['a fraction that is too long', '{"record":{"type":"call","custom_fields":{"a":12345678.123456789012}}}', 422],
    ['a million digits', `{"record":{"type":"call","custom_fields":{"a":1${'0'.repeat(900_000)}1}}}`, 422],
  ])('%s', async (_, body, status) => {
    const answer = await postStep(house, body);
    expect(answer.status, answer.text).toBe(status);
    expect(writesDone(house)).toEqual([]);
  });

  test.each([
    '9007199254740991',
    '1e3',
    '12345678901234.5',
    '1.5E+2',
    '-0.0',
    '1e22',
    '100000000000000000000.00',
    '5e-324',
  ])('and %s is not', async (number) => {
    const body = `{"record":{"type":"call","custom_fields":{"taskAutoskipDelay":${number}}}}`;
    expect((await postStep(house, body, { query: '?dry_run=true' })).status).toBe(200);
  });
});

test('bytes that are not UTF-8 are refused, and not replaced', async () => {
  const body = Buffer.concat([
    Buffer.from('{"record":{"type":"call","task_note":"caf'),
    Buffer.from([0xe9]),
    Buffer.from('"}}'),
  ]);
  const headers = {
    ...tenant('outreach'),
    'x-api-key': API_KEY,
    'content-type': 'application/json',
    'content-length': String(body.length),
  };
  const path = `/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps`;
  const answer = await house.app.request(path, { method: 'POST', headers, body });
  expect(answer.status).toBe(400);
  expect(writesDone(house)).toEqual([]);
});

describe('what takes no body', () => {
  const ACTIONS = [
    ['POST', '/sequences/22/actions/activate'],
    ['DELETE', '/sequences/22'],
  ] as const;
  const OF_THE_GATEWAY = [
    ['POST', `${connectionPath('outreach')}/actions/test`],
    ['DELETE', connectionPath('outreach')],
    ['DELETE', '/api_keys/env'],
    ['POST', '/operations/00000000-0000-7000-8000-000000000000/actions/resume'],
  ] as const;

  test.each([...ACTIONS, ...OF_THE_GATEWAY])(
    '%s %s refuses one that says something, and does nothing',
    async (...at) => {
      const [method, path] = at;
      for (const body of [{ dry_run: true }, '{"dry_run":true', [], null]) {
        const answer = await house.ask(path, { method, headers: tenant('outreach'), body });
        expect(errorsOf(answer)[0]?.code, answer.text).toMatch(/^(INVALID_VALUE|MALFORMED_JSON)$/);
      }
      expect(house.sandbox('outreach').calls()).toEqual([]);
      expect((await house.ask(connectionPath('outreach'))).status).toBe(200);
    },
  );

  test.each(ACTIONS)('%s %s takes an empty one as none', async (method, path) => {
    const answer = await house.ask(`${path}?dry_run=true`, { method, headers: tenant('outreach'), body: {} });
    expect(answer.status, answer.text).toBe(200);
  });
});
