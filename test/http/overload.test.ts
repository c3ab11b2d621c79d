/** The bound at the door: what is too much is refused unread, and quickly; the rest is served. */
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { connect, Socket, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { BEGIN_IN_A_TURN, MAX_WAITING, behindDoor, openDoor as openBound } from '../../src/http/door.ts';
import { API_KEY, CUSTOMER } from '../support/house.ts';
import { openConnectedDoor, type Door } from './door.ts';
import { errorsOf } from './support.ts';

let door: Door;
let provider: Server;
/** What the provider has been asked and not answered. */
let held: ServerResponse[];
let onHeld = (): void => undefined;

/** A provider that answers when it is told to. */
async function open(maxInFlight: number): Promise<void> {
  held = [];
  provider = createServer((_, response) => {
    held.push(response);
    onHeld();
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((provider.address() as AddressInfo).port)}`;
  door = await openConnectedDoor({ maxInFlight, baseUrls: new Map([['outreach', url]]) });
}

function answerAll(): void {
  for (const response of held.splice(0)) {
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: { id: 7 } }));
  }
}

function untilHeld(count: number): Promise<void> {
  return new Promise((resolve) => {
    onHeld = () => {
      if (held.length === count) resolve();
    };
    onHeld();
  });
}

/** Each in a sequence of its own. */
const create = (sequence: number) =>
  door.ask(`/sequences/${sequence}/sequence_steps`, {
    method: 'POST',
    headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': 'outreach' },
    body: { record: { type: 'call' } },
  });

describe('requests under way', () => {
  afterEach(async () => {
    answerAll();
    await door.close();
    await new Promise((resolve) => provider.close(resolve));
  });

  test('are bounded; who comes on top of them is told to come again, and nothing is sent', async () => {
    await open(3);
    const first = [create(1), create(2), create(3)];
    await untilHeld(3);
    const refused = await Promise.all([create(4), create(5)]);
    expect(held).toHaveLength(3);
    const metrics = await door.ask('/metrics');
    expect([metrics.status, metrics.text]).toEqual([
      200,
      expect.stringContaining('stepgate_http_requests_refused_total 2\n'),
    ]);
    expect(metrics.text).toContain('stepgate_http_requests_in_flight 3\n');
    answerAll();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([201, 201, 201]);
    for (const answer of refused) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.headers.get('x-request-id')).toBe(errorsOf(answer)[0]?.id);
      expect(errorsOf(answer)).toMatchObject([{ code: 'GATEWAY_BUSY', status: '503', meta: { retriable: true } }]);
    }
    expect(door.logs.filter((line) => line.includes('refused at the door'))).toHaveLength(1);
  });

  test('give their places on, also where they fail', async () => {
    await open(1);
    for (let time = 0; time < 3; time += 1) {
      expect((await door.ask('/sequences/x', { headers: { 'x-api-key': 'wrong' } })).status).toBe(401);
      const created = create(1);
      await untilHeld(1);
      answerAll();
      expect((await created).status).toBe(201);
    }
  });

  test('do not keep anybody from asking whether it lives', async () => {
    await open(1);
    const created = create(1);
    await untilHeld(1);
    const paths = ['/healthz', '/readyz', '/metrics', '/healthz?now', '/providers/healthz', '/healthzz'];
    const answers = await Promise.all(paths.map((path) => door.ask(path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 503, 503]);
    answerAll();
    expect((await created).status).toBe(201);
  });

  test('an id of the caller is told with the refusal', async () => {
    await open(1);
    const created = create(1);
    await untilHeld(1);
    const answer = await door.ask('/providers', { headers: { 'x-request-id': 'mine-1' } });
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([503, 'mine-1']);
    answerAll();
    await created;
  });

  test('give their places back where their caller goes, also those that stood behind one another on his connection', async () => {
    await open(50);
    const body = JSON.stringify({ record: { type: 'call' } });
    const asked = [1, 2, 3, 4, 5].map(
      (sequence) =>
        `POST /sequences/${sequence}/sequence_steps HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\nx-provider-name: outreach\r\n` +
        `x-customer-id: ${CUSTOMER}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const socket = connect(door.port, '127.0.0.1');
    socket.write(asked.join(''));
    await untilHeld(5);
    socket.resetAndDestroy();
    await new Promise((resolve) => socket.once('close', resolve));
    const inFlight = async (): Promise<string | undefined> =>
      /^stepgate_http_requests_in_flight (\d+)$/m.exec((await door.ask('/metrics')).text)?.[1];
    expect(await inFlight()).toBe('5');
    answerAll();
    await expect.poll(inFlight).toBe('0');
  });

  test('a body that is refused unread does not spoil the connection', async () => {
    await open(1);
    const created = create(1);
    await untilHeld(1);
    expect((await create(2)).status).toBe(503);
    answerAll();
    expect((await created).status).toBe(201);
    expect((await door.ask('/providers')).status).toBe(200);
  });
});

describe('whoever has gone', () => {
  test.each([
    ['while he waited: nothing is begun for him', true, 0],
    ['later: what was begun holds its place until it has ended', false, 1],
  ])('%s', async (_, isGoneEarly, inFlight) => {
    const turns: (() => void)[] = [];
    const bound = openBound({
      maxInFlight: 100,
      elapsed: () => 0,
      refusing: () => undefined,
      afterTurn: (run) => void turns.push(run),
    });
    for (let number = 0; number < BEGIN_IN_A_TURN; number += 1) bound.enter(() => undefined);
    let end = (): void => undefined;
    let begun = 0;
    const inside = () => {
      begun += 1;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    };
    const request = new IncomingMessage(new Socket());
    request.url = '/providers';
    behindDoor(bound, inside)(request, new ServerResponse(request));
    expect(bound.inFlight()).toBe(BEGIN_IN_A_TURN + 1);
    if (isGoneEarly) request.destroy();
    while (turns.length > 0) turns.shift()?.();
    request.destroy();
    expect([begun, bound.inFlight() - BEGIN_IN_A_TURN]).toEqual([inFlight, inFlight]);
    end();
    await Promise.resolve();
    await Promise.resolve();
    expect(bound.inFlight()).toBe(BEGIN_IN_A_TURN);
  });
});

describe('a turn of the loop', () => {
  const opened = (maxInFlight: number) => {
    let turns: (() => void)[] = [];
    const bound = openBound({
      maxInFlight,
      elapsed: () => 0,
      refusing: () => undefined,
      afterTurn: (run) => void turns.push(run),
    });
    const nextTurn = (): void => {
      const now = turns;
      turns = [];
      for (const run of now) run();
    };
    return { bound, nextTurn };
  };

  test('begins so many at its end; the others wait for the next ones, in their order, and nobody is refused', () => {
    const { bound, nextTurn } = opened(10 * BEGIN_IN_A_TURN);
    const begun: number[] = [];
    const all = 3 * BEGIN_IN_A_TURN;
    for (let number = 0; number < all; number += 1) expect(bound.enter(() => void begun.push(number))).toBe(true);
    const after = [begun.length];
    for (let turn = 0; turn < 5; turn += 1) {
      nextTurn();
      after.push(begun.length);
    }
    expect(after.map((count) => count / BEGIN_IN_A_TURN)).toEqual([0, 1, 2, 3, 3, 3]);
    expect(begun).toEqual(Array.from({ length: all }, (_, number) => number));
    expect([bound.inFlight(), bound.refused()]).toEqual([all, 0]);
  });

  test('who comes while others wait comes after them', () => {
    const { bound, nextTurn } = opened(10 * BEGIN_IN_A_TURN);
    const begun: string[] = [];
    const early = 2 * BEGIN_IN_A_TURN + 1;
    for (let number = 0; number < early; number += 1) bound.enter(() => void begun.push('early'));
    nextTurn();
    bound.enter(() => void begun.push('late'));
    for (let turn = 0; turn < 4; turn += 1) nextTurn();
    expect(begun.indexOf('late')).toBe(early);
    bound.enter(() => void begun.push('in its turn'));
    nextTurn();
    expect(begun.at(-1)).toBe('in its turn');
  });

  test('has room for a thousand that wait for one, however many may be under way', () => {
    const { bound, nextTurn } = opened(10 * MAX_WAITING);
    const enter = () => bound.enter(() => undefined);
    for (let number = 0; number < BEGIN_IN_A_TURN + MAX_WAITING; number += 1) expect(enter()).toBe(true);
    expect([enter(), bound.refused()]).toEqual([false, 1]);
    nextTurn();
    expect(Array.from({ length: BEGIN_IN_A_TURN + 1 }, enter).filter((isIn) => !isIn)).toHaveLength(1);
    expect(bound.inFlight()).toBe(2 * BEGIN_IN_A_TURN + MAX_WAITING);
  });

  test('those who wait count as under way', () => {
    const { bound } = opened(BEGIN_IN_A_TURN + 1);
    const entered = Array.from({ length: BEGIN_IN_A_TURN + 2 }, () => bound.enter(() => undefined));
    expect(entered.filter((isIn) => !isIn)).toHaveLength(1);
    bound.leave();
    expect(bound.enter(() => undefined)).toBe(true);
  });
});
