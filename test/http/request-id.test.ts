/** `x-request-id`: on every answer and error and on the one log line; and no header can be smuggled in through it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { API_KEY, type Ask } from '../support/house.ts';
import { openConnectedDoor, rawHead, sendRaw, splitAnswer, type Door } from './door.ts';
import { connectionPath, errorsOf, resetSandboxes, tenant, writesDone } from './support.ts';

let door: Door;

beforeAll(async () => {
  door = await openConnectedDoor();
});
beforeEach(() => {
  resetSandboxes(door);
});
afterAll(() => door.close());

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const STEP = '{"record":{"type":"call"}}';
const STEPS = '/sequences/18/sequence_steps';

const TENANT = tenant('outreach');
const ANSWERS: readonly (readonly [number, string, Ask])[] = [
  [200, '/sequences', { headers: TENANT }],
  [200, '/healthz', {}],
  [200, '/openapi.json', {}],
  [200, `${STEPS}?dry_run=true`, { method: 'POST', headers: TENANT, body: STEP }],
  [201, STEPS, { method: 'POST', headers: TENANT, body: STEP }],
  [204, connectionPath('outreach', 'leaving'), { method: 'DELETE' }],
  [400, STEPS, { method: 'POST', headers: TENANT, body: '{' }],
  [400, '/sequences?page_size=0', { headers: TENANT }],
  [401, '/sequences', { headers: { ...TENANT, 'x-api-key': 'wrong' } }],
  [404, '/nowhere', {}],
  [404, '/sequences', { headers: tenant('hubspot') }],
  [404, connectionPath('outreach', 'nobody'), {}],
  [413, STEPS, { method: 'POST', headers: TENANT, body: ' '.repeat(1024 * 1024 + 1) }],
  [415, STEPS, { method: 'POST', headers: { ...TENANT, 'content-type': 'text/plain' }, body: STEP }],
  [422, STEPS, { method: 'POST', headers: TENANT, body: '{"record":{"type":"email"}}' }],
  [424, '/sequences', { headers: tenant('outreach', 'refused') }],
];

describe('every answer has the id that was sent, and is one log line', () => {
  test.each(ANSWERS)('%s %s', async (status, path, ask) => {
    for (const customer of ['leaving', 'refused']) {
      const body = { credentials: { type: 'access_token', access_token: `token-of-${customer}` } };
      await door.ask(connectionPath('outreach', customer), { method: 'PUT', body });
    }
    const id = `test-${String(status)}-${path.replaceAll(/[^a-z]/g, '')}`;
    const answer = await door.ask(path, { ...ask, headers: { ...ask.headers, 'x-request-id': id } });
    expect(answer.status, answer.text).toBe(status);
    expect(answer.headers.get('x-request-id')).toBe(id);
    for (const error of errorsOf(answer)) expect(error.id).toBe(id);
    if (status >= 400) expect(errorsOf(answer).length).toBeGreaterThan(0);
    const lines = door.logs.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const own = lines.filter((line) => line['request_id'] === id && line['msg'] === 'request');
    expect(own).toMatchObject([{ method: ask.method ?? 'GET', path: path.split('?')[0], status }]);
  });
});

describe('the id', () => {
  test.each(['a', 'A-Z_a.z:0@9+x=y/z', '4bf92f3577b34da6a3ce929d0e0e4736', 'a'.repeat(128)])(
    'is taken in: %s',
    async (id) => {
      expect((await door.ask('/healthz', { headers: { 'x-request-id': id } })).headers.get('x-request-id')).toBe(id);
    },
  );

  test.each([
    'a b',
    'a,b',
    'a"b',
    "a'b",
    '<a>',
    'a;b',
    '{"a":1}',
    'é',
    'a%0d%0aset-cookie:b=c',
    '${a}',
    'a'.repeat(129),
  ])('is made where it is malformed: %s', async (id) => {
    const first = (await door.ask('/healthz', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(first).toMatch(UUID);
    const { headers } = await door.ask('/healthz', { headers: { 'x-request-id': id } });
    expect(headers.get('x-request-id')).not.toBe(first);
  });

  test('is made where there is none, another each time', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => door.ask('/healthz')));
    const ids = made.map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(20);
    for (const id of ids) expect(id).toMatch(UUID);
  });
});

describe('header injection', () => {
  const length = `content-length: ${String(STEP.length)}`;
  test.each([
    ['a bare CR', 'x-request-id: abc\rset-cookie: evil=1'],
    ['a bare LF', 'x-request-id: abc\nset-cookie: evil=1'],
    ['a folded line', 'x-request-id: abc\r\n set-cookie: evil=1'],
    ['NUL', 'x-request-id: abc\0set-cookie: evil=1'],
    ['a percent-encoded line end', 'x-request-id: abc%0d%0aset-cookie: evil=1'],
    ['a line end in UTF-16', 'x-request-id: abc\u010d\u010aset-cookie: evil=1'],
    ['another header', 'x-request-id: abc\r\nset-cookie: evil=1'],
    ['twice', 'x-request-id: abc\r\nx-request-id: set-cookie: evil=1'],
  ])('through x-request-id reaches no answer: %s', async (_, line) => {
    const { head } = splitAnswer(await sendRaw(door.port, [rawHead([length, line]), STEP]));
    expect(head.filter((each) => each.startsWith('set-cookie'))).toEqual([]);
    expect(head.join('\n')).not.toContain('evil');
    expect((await door.ask('/healthz')).status).toBe(200);
  });

  test.each(['a\rb', 'a\nset-cookie: evil=1', 'a\r\n b', 'a\0b', 'a%0d%0aset-cookie:evil=1', 'a\x7fb', 'a\tb', ''])(
    'through x-customer-id is 400: %j',
    async (customer) => {
      const answer = await sendRaw(door.port, [rawHead([length], { customer }), STEP]);
      expect(splitAnswer(answer).status).toBe(400);
      expect(answer.toLowerCase()).not.toContain('set-cookie');
      expect(writesDone(door)).toEqual([]);
    },
  );

  test('a repeated header is not chosen from', async () => {
    const twice = async (line: string): Promise<number> =>
      splitAnswer(await sendRaw(door.port, [rawHead([length, line]), STEP])).status;
    expect(await twice('x-customer-id: my-customer-2')).toBe(400);
    expect(await twice('x-provider-name: apollo')).toBe(404);
    expect(await twice(`x-api-key: ${API_KEY}`)).toBe(401);
    expect(writesDone(door)).toEqual([]);
  });

  test('a path is quoted in the body alone', async () => {
    const get = (path: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-api-key: ${API_KEY}\r\n\r\n`;
    for (const path of [
      '/providers/a%0d%0aset-cookie:%20evil=1',
      '/a%0d%0aset-cookie:%20evil=1',
      '/customers/a%0d%0ab/connections/outreach',
    ]) {
      const { status, head, body } = splitAnswer(await sendRaw(door.port, [get(path)]));
      expect(status, body).toBe(404);
      expect(head.join('\n')).not.toContain('evil');
    }
  });

  test('many headers are taken, too many are refused, and the gateway goes on', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `x-${String(index)}: value`);
    expect(splitAnswer(await sendRaw(door.port, [rawHead([length, ...many]), STEP])).status).toBe(201);
    expect(
      splitAnswer(await sendRaw(door.port, [rawHead([length, `x-long: ${'a'.repeat(20_000)}`]), STEP])).status,
    ).toBe(431);
    expect(writesDone(door)).toHaveLength(1);
    expect((await door.ask('/healthz')).status).toBe(200);
  });
});

test.each([
  ['a Host that is none', 'GET /healthz HTTP/1.1\r\nHost: a b/c?x#y'],
  ['a target that is no path', 'OPTIONS * HTTP/1.1\r\nHost: x'],
  ['a backslash in the path', 'GET /a\\b HTTP/1.1\r\nHost: x'],
])('%s is refused with an id, in words, in the log and in the metrics', async (_what, lines) => {
  const before = door.logs.length;
  const { status, head, body } = splitAnswer(await sendRaw(door.port, [`${lines}\r\nConnection: close\r\n\r\n`]));
  expect(status).toBe(400);
  expect(body).toContain('cannot be read as a URL');
  const id = head.find((line) => /^x-request-id: /i.test(line))?.slice('x-request-id: '.length) ?? '';
  expect(id).toMatch(UUID);
  const said = door.logs.slice(before).map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  expect(said).toMatchObject([{ request_id: id, status: 400, code: 'INVALID_HEADER', msg: 'request' }]);
});

describe('Accept: application/problem+json', () => {
  const problem = 'application/problem+json';

  test.each([problem, `text/html, ${problem};q=0.9`, 'Application/Problem+JSON'])(
    '%s: RFC 9457 with the same content',
    async (accept) => {
      const ask = {
        method: 'POST',
        headers: { ...TENANT, 'x-request-id': 'rfc-9457' },
        body: '{"record":{"type":5,"order":0}}',
      };
      const plain = await door.ask(STEPS, ask);
      const answer = await door.ask(STEPS, { ...ask, headers: { ...ask.headers, accept } });
      expect(answer.status).toBe(plain.status);
      expect(answer.headers.get('content-type')).toBe(problem);
      const [first] = errorsOf(plain);
      expect(answer.json).toMatchObject({
        title: first?.title,
        detail: first?.detail,
        status: 400,
        instance: expect.stringContaining('rfc-9457') as string,
      });
      expect(answer.json).toMatchObject({ type: expect.stringContaining('WRONG_TYPE') as string });
      expect(errorsOf(answer)).toEqual(errorsOf(plain));
    },
  );

  test('of several kinds the one that decides the status says type, title and detail', async () => {
    const body = '{"record":{"type":"zzz","interval_seconds":"x"}}';
    const ask = { method: 'POST', headers: { ...TENANT, accept: problem, 'x-request-id': 'mixed-kinds' }, body };
    const answer = await door.ask(STEPS, ask);
    const errors = errorsOf(answer);
    expect(errors.map(({ code, status }) => `${code} ${status}`)).toEqual(['INVALID_VALUE 422', 'WRONG_TYPE 400']);
    const { title, detail } = errors[1] ?? {};
    expect(answer.json).toMatchObject({ type: 'urn:stepgate:problem:WRONG_TYPE', title, detail, status: 400 });
  });

  test('a success is JSON all the same, and other wishes change nothing', async () => {
    const listed = await door.ask('/sequences', { headers: { ...TENANT, accept: problem } });
    expect(listed.headers.get('content-type')).toContain('application/json');
    for (const accept of ['*/*', 'text/html', 'application/json', '']) {
      const answer = await door.ask('/nowhere', { headers: { accept } });
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(errorsOf(answer)).toHaveLength(1);
    }
  });
});
