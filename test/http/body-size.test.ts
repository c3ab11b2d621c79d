/** Bodies on the wire: their size, their length as told and as it is, and their content type. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listen } from '../../src/server.ts';
import { openConnectedDoor, rawHead, sendRaw, splitAnswer, type Door } from './door.ts';
import { allSteps, createStep, errorsOf, postStep, resetSandboxes, told, writesDone } from './support.ts';

let door: Door;

beforeAll(async () => {
  door = await openConnectedDoor();
});
beforeEach(() => {
  resetSandboxes(door);
});
afterAll(() => door.close());

const MIB = 1024 * 1024;
const STEP = '{"record":{"type":"call"}}';

/** A step whose JSON is filled up with spaces to a number of bytes. */
function stepOf(bytes: number): Buffer {
  return Buffer.from(STEP.padEnd(bytes));
}

function chunk(part: string | Buffer): Buffer {
  const bytes = Buffer.from(part);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

const LAST_CHUNK = '0\r\n\r\n';

function sendChunked(...parts: readonly (string | Buffer)[]): Promise<string> {
  return sendRaw(door.port, [rawHead(['transfer-encoding: chunked']), ...parts.map(chunk), LAST_CHUNK]);
}

function sendTold(length: number, body: string | Buffer, halfClose = false): Promise<string> {
  return sendRaw(door.port, [rawHead([`content-length: ${String(length)}`]), body], { halfClose });
}

async function expectAlive(): Promise<void> {
  const before = allSteps(door).length;
  const answer = await createStep(door, { type: 'call' });
  expect(answer.status, answer.text).toBe(201);
  expect(allSteps(door).length).toBe(before + 1);
}

describe('size', () => {
  test('1 MiB is taken, with a length and in chunks', async () => {
    expect(splitAnswer(await sendTold(MIB, stepOf(MIB))).status).toBe(201);
    expect(splitAnswer(await sendChunked(stepOf(MIB).subarray(0, 700_000), stepOf(MIB).subarray(700_000))).status).toBe(
      201,
    );
  });

  test.each([
    ['with a length', () => sendTold(MIB + 1, stepOf(MIB + 1))],
    ['in chunks', () => sendChunked(stepOf(MIB), ' ')],
    ['in one chunk', () => sendChunked(stepOf(MIB + 1))],
    [
      'in characters of several bytes, with a length',
      () => sendTold(2 * 600_000 + STEP.length, STEP + '\u00a0'.repeat(600_000)),
    ],
    [
      'in characters of several bytes, in chunks',
      () => sendChunked(STEP, '\u00a0'.repeat(300_000), '\u00a0'.repeat(300_000)),
    ],
    [
      'with a length, before any of it is sent',
      () => sendRaw(door.port, [rawHead([`content-length: ${String(MIB + 1)}`])]),
    ],
    [
      'in chunks without an end',
      () => sendRaw(door.port, [rawHead(['transfer-encoding: chunked']), chunk(stepOf(MIB)), chunk(stepOf(9))]),
    ],
  ])('more than 1 MiB is 413 %s', async (_, send) => {
    const { status, head, body } = splitAnswer(await send());
    expect(status, body).toBe(413);
    expect(head.join('\n')).toContain('x-request-id: ');
    expect((JSON.parse(body) as { errors: unknown }).errors).toMatchObject([{ code: 'BODY_TOO_LARGE', status: '413' }]);
    expect(door.sandbox('outreach').calls()).toEqual([]);
    await expectAlive();
  });
});

describe('length', () => {
  test('a length that is shorter than the body cuts it: nothing is written', async () => {
    expect(splitAnswer(await sendTold(STEP.length - 1, STEP)).status).toBe(400);
    expect(splitAnswer(await sendTold(0, STEP)).status).toBe(400);
    expect(writesDone(door)).toEqual([]);
    await expectAlive();
  });

  test('a length that is longer than the body is waited for, and nothing is written when the caller goes', async () => {
    expect(await sendTold(STEP.length + 1, STEP, true)).not.toContain(' 201 ');
    expect(writesDone(door)).toEqual([]);
    await expectAlive();
  });

  test.each([
    ['twice and differently', [`content-length: ${String(STEP.length)}`, 'content-length: 5']],
    ['with chunks', [`content-length: ${String(STEP.length)}`, 'transfer-encoding: chunked']],
    ['negative', ['content-length: -1']],
    ['hexadecimal', ['content-length: 0x1A']],
    ['with a sign', [`content-length: +${String(STEP.length)}`]],
  ])('a length told %s is refused', async (_, lines) => {
    const answer = await sendRaw(door.port, [rawHead(lines), lines.length > 1 ? chunk(STEP) : STEP, LAST_CHUNK]);
    expect(splitAnswer(answer).status).toBe(400);
    expect(writesDone(door)).toEqual([]);
    await expectAlive();
  });
});

test.each([
  ['with a length', ['content-length: 100'], '{"rec'],
  ['in chunks', ['transfer-encoding: chunked'], '5\r\n{"rec'],
])('a caller who goes in the middle of a body %s has failed, and not the gateway', async (_how, lines, part) => {
  const id = randomUUID();
  const underWay = async (count: number) => {
    const metrics = async () => (await door.ask('/metrics')).text;
    await expect.poll(metrics).toContain(`stepgate_http_requests_in_flight ${count}\n`);
  };
  const noted = async () => {
    const { json } = await door.ask('/audit?action=createSequenceStep');
    return (json as { records: readonly { request_id: string }[] }).records.find((each) => each.request_id === id);
  };
  const socket = connect(door.port, '127.0.0.1');
  socket.write(rawHead([...lines, `x-request-id: ${id}`]) + part);
  await underWay(1);
  socket.destroy();
  await underWay(0);
  await expect.poll(noted).toMatchObject({ outcome: 'refused', status: 400 });
  expect(door.logs.filter((line) => line.includes(id))).toEqual([expect.stringContaining('"level":30')]);
});

describe('a body with a length', () => {
  const note = '🎉 Zoë 李';
  const body = Buffer.from(JSON.stringify({ record: { type: 'call', task_note: note } }));
  const length = `content-length: ${String(body.length)}`;
  const noted = () => allSteps(door).filter(({ native }) => native['sequenceStep']?.['taskNote'] === note).length;

  test('may come with its head', async () => {
    const { status } = splitAnswer(await sendRaw(door.port, [Buffer.concat([Buffer.from(rawHead([length])), body])]));
    expect([status, noted()]).toEqual([201, 1]);
  });

  test('may come with the requests before and behind it', async () => {
    const first = rawHead([length]).replace('Connection: close\r\n', '');
    const second = rawHead(['content-length: 7'], { sequence: '19' });
    const bytes = [Buffer.from(first), body, Buffer.from(first), body, Buffer.from(`${second}{"no":1`)];
    const answers = await sendRaw(door.port, [Buffer.concat(bytes)]);
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 201', 'HTTP/1.1 400']);
    expect(noted()).toBe(2);
  });

  test('may come when it is asked for', async () => {
    const socket = connect(door.port, '127.0.0.1');
    socket.setEncoding('latin1').write(rawHead([length, 'expect: 100-continue']));
    const received: string[] = [];
    for await (const part of socket as AsyncIterable<string>) {
      if (received.push(part) === 1) socket.write(body);
    }
    expect(received[0]).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect([splitAnswer(received.slice(1).join('')).status, noted()]).toEqual([201, 1]);
  });

  test('is looked at after the key', async () => {
    const head = rawHead([length]).replace(/x-api-key: .*\r\n/, '');
    expect(splitAnswer(await sendRaw(door.port, [head])).status).toBe(401);
  });
});

describe('chunks', () => {
  test('may end within a character', async () => {
    const note = '🎉 Zoë 李';
    const bytes = Buffer.from(JSON.stringify({ record: { type: 'call', task_note: note } }));
    const { status, body } = splitAnswer(await sendChunked(...Array.from(bytes, (byte) => Buffer.from([byte]))));
    expect(status, body).toBe(201);
    expect(allSteps(door).at(0)?.native['sequenceStep']?.['taskNote']).toBe(note);
  });

  test.each([
    ['a byte order mark', Buffer.from(`\ufeff${STEP}`)],
    [
      'bytes that are not UTF-8',
      Buffer.concat([
        Buffer.from('{"record":{"type":"call","task_note":"'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}}'),
      ]),
    ],
    ['nothing', Buffer.from('')],
  ])('are read like a body with a length: %s', async (_, bytes) => {
    const withLength = splitAnswer(await sendTold(bytes.length, bytes)).status;
    const chunked =
      bytes.length === 0
        ? await sendRaw(door.port, [rawHead(['transfer-encoding: chunked']), LAST_CHUNK])
        : await sendChunked(bytes);
    expect(splitAnswer(chunked).status).toBe(withLength);
  });
});

describe('content type', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
    'application/json ;v=1',
  ])('%s is taken', async (type) => {
    const answer = await createStep(door, { type: 'call' }, { headers: { 'content-type': type } });
    expect(answer.status, answer.text).toBe(201);
  });

  test.each([
    'text/plain',
    'text/json',
    'application/jsonx',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/xml; note="application/json"',
    'text/plain, application/json',
  ])('%s is 415, and the header is named', async (type) => {
    const answer = await createStep(door, { type: 'call' }, { headers: { 'content-type': type } });
    expect(answer.status).toBe(415);
    expect(told(answer)).toEqual(['NOT_JSON content-type']);
    expect(errorsOf(answer)[0]?.detail).toContain('application/json');
    expect(door.sandbox('outreach').calls()).toEqual([]);
  });

  test('none is 415 too', async () => {
    const head = rawHead([`content-length: ${String(STEP.length)}`]).replace('content-type: application/json\r\n', '');
    const { status, body } = splitAnswer(await sendRaw(door.port, [head, STEP]));
    expect(status).toBe(415);
    expect((JSON.parse(body) as { errors: unknown }).errors).toMatchObject([
      { code: 'NOT_JSON', source: { header: 'content-type' } },
    ]);
  });

  test.each([
    ['gzip', gzipSync(STEP)],
    ['deflate', deflateSync(STEP)],
    ['br', brotliCompressSync(STEP)],
  ])('a body that is encoded (%s) is 415 too, and the header is named', async (encoding, bytes) => {
    const head = rawHead([`content-length: ${String(bytes.length)}`, `content-encoding: ${encoding}`]);
    const { status, body } = splitAnswer(await sendRaw(door.port, [head, bytes]));
    expect(status).toBe(415);
    expect((JSON.parse(body) as { errors: unknown }).errors).toMatchObject([
      { code: 'NOT_JSON', source: { header: 'content-encoding' } },
    ]);
  });

  test.each(['', 'content-encoding: identity'])('what is no JSON by itself is 400: %s', async (header) => {
    const head = rawHead([...(header ? [header] : []), 'content-length: 1']);
    expect(splitAnswer(await sendRaw(door.port, [head, '{'])).status).toBe(400);
  });

  test('a type is asked for wherever a body is', async () => {
    const path = '/customers/my-customer-2/connections/outreach';
    const answer = await door.ask(path, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: '{}' });
    expect(told(answer)).toEqual(['NOT_JSON content-type']);
    expect((await postStep(door, STEP)).status).toBe(201);
  });
});

test('a body that trickles in is cut off in time, and holds no place for longer', async () => {
  const port = await listen(door.gateway, '127.0.0.1', 0, { requestTimeoutMs: 300 });
  try {
    const answer = await sendRaw(port.port, [rawHead(['content-length: 100']), '{']);
    expect(splitAnswer(answer).status).toBe(408);
  } finally {
    await port.close();
  }
});
