/** What is counted on the way to a provider. */
import { afterEach, describe, expect, test } from 'vitest';
import { FAILURES_TO_OPEN } from '../../src/limits/circuit.ts';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import type { House } from '../support/house.ts';
import { openDoor } from './door.ts';
import { openFaulty } from './faulty.ts';
import { counted } from './scrape.ts';
import { createStep, openConnectedHouse, putConnection, tenant, told } from './support.ts';

let house: House;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function open(): Promise<void> {
  house = await openConnectedHouse();
  opened.push(house);
}

function force(times: number, answer: ForcedAnswer, method = 'GET', provider = 'outreach'): void {
  for (let time = 0; time < times; time += 1) house.sandbox(provider).answerNext({ method, path: /./ }, answer);
}

function list(prefer = 'wait=0', provider = 'outreach'): Promise<Answer> {
  return house.ask('/sequences', { headers: { ...tenant(provider), prefer } });
}

describe('on the way to a provider', () => {
  test('what is repeated', async () => {
    await open();
    force(2, { status: 429, body: {} });
    expect((await list('wait=30')).status).toBe(200);
    force(1, { status: 429, body: {} });
    await list('wait=0');
    expect(await counted(house, 'provider_retries_total')).toEqual({ '{provider="outreach"}': 2 });
    expect(await counted(house, 'provider_calls_total')).toEqual({
      '{provider="outreach",method="GET",outcome="429"}': 3,
      '{provider="outreach",method="GET",outcome="2xx"}': 1,
    });
  });

  test('how long is waited for a budget', async () => {
    await open();
    house.clock.pass(52_000);
    force(
      1,
      { status: 200, body: { data: [], metadata: {} }, headers: { 'x-ratelimit-remaining-minute': '0' } },
      'GET',
      'salesloft',
    );
    await list('wait=0', 'salesloft');
    expect(await counted(house, 'provider_budget_wait_seconds_count')).toEqual({});
    expect((await list('wait=10', 'salesloft')).status).toBe(200);
    expect(await counted(house, 'provider_budget_wait_seconds_count')).toEqual({ '{provider="salesloft"}': 1 });
    expect(await counted(house, 'provider_budget_wait_seconds_sum')).toEqual({ '{provider="salesloft"}': 8 });
    expect(await counted(house, 'http_request_duration_seconds_sum')).toMatchObject({ '{route="listSequences"}': 8 });
  });

  test('circuits that open', async () => {
    await open();
    for (let time = 0; time < FAILURES_TO_OPEN; time += 1) {
      expect(await counted(house, 'provider_circuit_openings_total')).toEqual({});
      force(1, { status: 503, body: 'Oops' });
      await list();
    }
    expect(told(await list())).toEqual(['CIRCUIT_OPEN']);
    expect(await counted(house, 'provider_circuit_openings_total')).toEqual({ '{provider="outreach"}': 1 });
    expect((await counted(house, 'problems_total'))['{code="CIRCUIT_OPEN",origin="gateway"}']).toBe(1);
    expect(await counted(house, 'provider_calls_total')).toEqual({
      '{provider="outreach",method="GET",outcome="5xx"}': FAILURES_TO_OPEN,
    });
  });

  test('what is not answered', async () => {
    const limits = { connectTimeoutMs: 2_000, answerTimeoutMs: 50, totalTimeoutMs: 2_000, maxAnswerBytes: 100 };
    const ends = ['reset', 'silence', 'long'];
    const provider = await openFaulty((_, response) => {
      const end = ends.shift();
      if (end === 'reset') response.socket?.resetAndDestroy();
      if (end === 'long') response.end('x'.repeat(1_000));
    });
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]), limits });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', 'outreach-token-0123456789');
    const read = () => door.ask('/sequences', { headers: { ...tenant('outreach'), prefer: 'wait=0' } });
    for (let time = 0; time < 3; time += 1) await read();
    provider.stopListening();
    await read();
    expect(await counted(door, 'provider_calls_total')).toEqual({
      '{provider="outreach",method="GET",outcome="broken"}': 1,
      '{provider="outreach",method="GET",outcome="no_answer"}': 1,
      '{provider="outreach",method="GET",outcome="too_large"}': 1,
      '{provider="outreach",method="GET",outcome="not_sent"}': 1,
    });
  });

  test('who waits', async () => {
    const held: (() => void)[] = [];
    const provider = await openFaulty((_, response) => {
      held.push(() => void response.writeHead(201, { 'content-type': 'application/json' }).end('{}'));
    });
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', 'outreach-token-0123456789');
    const writes = [1, 2, 3].map(() => createStep(door, { type: 'call' }, { headers: { prefer: 'wait=0' } }));
    await expect.poll(async () => await counted(door, 'turns_waiting')).toEqual({ '': 2 });
    expect(await counted(door, 'http_requests_in_flight')).toEqual({ '': 3 });
    let answered = 0;
    for (const write of writes) void write.then(() => (answered += 1));
    await expect
      .poll(() => {
        held.splice(0).forEach((answer) => {
          answer();
        });
        return answered;
      })
      .toBe(3);
    expect(await counted(door, 'turns_waiting')).toEqual({});
    expect(await counted(door, 'http_requests_in_flight')).toEqual({});
  });
});
