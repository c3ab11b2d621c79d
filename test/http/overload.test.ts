/** The bound at the door: what is too much is refused unread, and quickly; the rest is served. */
import { afterEach, describe, expect, test } from 'vitest';
import { openHouse, type House } from '../support/house.ts';
import { createStep, errorsOf } from './support.ts';

let house: House;
afterEach(async () => {
  await house.close();
});

const create = () => createStep(house, { type: 'call' }, { provider: 'outreach', seed: 'empty' });

async function open(maxInFlight: number) {
  const turn = { elapsed: 0, ends: [] as (() => void)[] };
  house = await openHouse({
    door: {
      maxInFlight,
      turnsOfLoop: { elapsed: () => turn.elapsed, afterTurn: (run) => void turn.ends.push(run) },
    },
  });
  await house.connect('outreach');
  await create();
  turn.ends.splice(0).forEach((end) => {
    end();
  });
  return turn;
}

describe('requests under way', () => {
  test('are bounded; who comes on top of them is told to come again, and nothing is sent', async () => {
    await open(3);
    const before = house.sandbox('outreach').calls().length;
    const answers = await Promise.all([create(), create(), create(), create(), create()]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 503, 503]);
    expect(house.sandbox('outreach').calls()).toHaveLength(before + 3);
    const refused = answers.slice(3);
    for (const answer of refused) {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.headers.get('x-request-id')).toBe(errorsOf(answer)[0]?.id);
      expect(errorsOf(answer)).toMatchObject([{ code: 'GATEWAY_BUSY', status: '503', meta: { retriable: true } }]);
    }
    expect(house.logs.filter((line) => line.includes('refused at the door'))).toHaveLength(1);
  });

  test('give their places on, also where they fail', async () => {
    await open(1);
    for (let time = 0; time < 3; time += 1) {
      expect((await house.ask('/sequences/x', { headers: { 'x-api-key': 'wrong' } })).status).toBe(401);
      expect((await create()).status).toBe(201);
    }
  });

  test('do not keep anybody from asking whether it lives', async () => {
    await open(1);
    const [created, lives, ready, other] = await Promise.all([
      create(),
      house.ask('/healthz'),
      house.ask('/readyz'),
      house.ask('/providers/healthz'),
    ]);
    expect([created.status, lives.status, ready.status, other.status]).toEqual([201, 200, 200, 503]);
  });

  test('an id of the caller is told with the refusal', async () => {
    await open(1);
    const [, answer] = await Promise.all([
      create(),
      house.ask('/providers', { headers: { 'x-request-id': 'mine-1' } }),
    ]);
    expect(answer.headers.get('x-request-id')).toBe('mine-1');
  });
});

describe('a turn of the loop that takes long', () => {
  test('refuses those that come late in it, but only from half of the bound on', async () => {
    const turn = await open(4);
    const first = create();
    turn.elapsed += 21;
    const second = create();
    const third = create();
    turn.ends.forEach((end) => {
      end();
    });
    const inNextTurn = create();
    const answers = await Promise.all([first, second, third, inNextTurn]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 503, 201]);
  });
});
