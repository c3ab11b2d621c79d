/** Idempotency keys: the same request once, whoever repeats it, and another request never in its place. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { writesAmong, type House } from '../support/house.ts';
import {
  bodyOf,
  createStep,
  errorsOf,
  openConnectedHouse,
  postStep,
  putConnection,
  sequenceOf,
  tenant,
  told,
  writesDone,
} from './support.ts';

const HOUR = 3_600_000;
const CALL = { type: 'call' };
const EMAIL_CALLS = ['POST templates', 'POST sequenceSteps', 'POST sequenceTemplates', 'POST activate'];
const EMAIL = { type: 'auto_email', template: { subject: 'Subject', body: '<p>Body</p>' } };

let folder: string;
let file: string;
let house: House;
const beside: House[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'idem-'));
  file = join(folder, 'stepgate.db');
  house = await openConnectedHouse({ databaseFile: file });
});
afterEach(async () => {
  for (const each of beside.splice(0)) await each.close();
  await house.close();
  rmSync(folder, { recursive: true });
});

/** A gateway that has started again, or a second one. */
async function another(): Promise<House> {
  const opened = await house.beside();
  beside.push(opened);
  return opened;
}

const keyed = (key = 'key-1', more: Readonly<Record<string, string>> = {}) => ({
  headers: { 'idempotency-key': key, ...more },
});
const sent = (provider = 'outreach') => writesAmong(house.sandbox(provider).calls());
const paths = (provider = 'outreach') =>
  sent(provider).map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
const replayed = ({ headers }: Answer) => headers.get('idempotent-replayed');

function force(path: RegExp, answer: ForcedAnswer, provider = 'outreach', method = 'POST'): void {
  house.sandbox(provider).answerNext({ method, path }, answer);
}

const refusal = (status: number, headers = {}): ForcedAnswer => ({
  status,
  headers,
  body: { errors: [{ title: 'Refused', detail: 'Not like this.' }] },
});

function rows(sql: string): readonly Record<string, unknown>[] {
  const db = new DatabaseSync(file);
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

describe('the same request with the same key', () => {
  test('is answered as before, byte for byte, and sends nothing', async () => {
    const first = await createStep(house, { ...EMAIL, name: 'Left out here' }, keyed());
    expect(first.status, first.text).toBe(201);
    expect(replayed(first)).toBeNull();
    const calls = house.sandbox('outreach').calls().length;
    for (let time = 0; time < 2; time += 1) {
      const again = await createStep(house, { ...EMAIL, name: 'Left out here' }, keyed());
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      expect(replayed(again)).toBe('true');
      expect(again.headers.get('x-warning-count')).toBe(first.headers.get('x-warning-count'));
    }
    expect(house.sandbox('outreach').calls()).toHaveLength(calls);
  });

  test('also after a restart', async () => {
    const first = await createStep(house, EMAIL, keyed());
    const again = await createStep(await another(), EMAIL, keyed());
    expect([again.status, again.text, replayed(again)]).toEqual([201, first.text, 'true']);
    expect(paths()).toEqual(EMAIL_CALLS);
  });

  test('also with its keys in another order, and with other white space', async () => {
    const first = await createStep(house, EMAIL, keyed());
    const body = '{\n "record" : { "template":{"body":"<p>Body</p>","subject":"Subject"},\t"type":"auto_email"} }';
    const again = await postStep(house, body, keyed());
    expect([again.status, again.text, replayed(again)]).toEqual([201, first.text, 'true']);
  });

  test('also under the path of the unified API, and the other way round', async () => {
    const path = `/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps`;
    const ask = (at: string, key: string) =>
      house.ask(at, {
        method: 'POST',
        headers: { ...tenant('outreach'), 'idempotency-key': key },
        body: { record: CALL },
      });
    for (const [key, from, to] of [
      ['one', '', '/engagement/v2'],
      ['two', '/engagement/v2', ''],
    ] as const) {
      const first = await ask(from + path, key);
      expect(first.status, first.text).toBe(201);
      const again = await ask(to + path, key);
      expect([again.text, replayed(again)]).toEqual([first.text, 'true']);
    }
    expect(sent()).toHaveLength(2);
  });

  test('however long it waits, and whatever preference it has that nobody knows', async () => {
    const first = await createStep(house, CALL, keyed('k', { prefer: 'wait=5, respond-async, handling=whatever' }));
    expect(first.headers.get('preference-applied')).toBe('wait=5');
    const again = await createStep(house, CALL, keyed('k'));
    expect([again.text, replayed(again)]).toEqual([first.text, 'true']);
  });
});

describe('another request with the same key is refused', () => {
  test.each([
    ['another body', { type: 'task', task_note: 'x' }, {}],
    ['an unknown key more', { ...CALL, colour: 1 }, {}],
    ['other handling', CALL, { prefer: 'handling=strict' }],
  ])('%s', async (_what, record, headers) => {
    await createStep(house, CALL, keyed());
    const other = await createStep(house, record, keyed('key-1', headers));
    expect(other.status, other.text).toBe(422);
    if (_what !== 'an unknown key more') expect(told(other)).toEqual(['IDEMPOTENCY_KEY_REUSED idempotency-key']);
    expect(sent()).toHaveLength(1);
  });
});

describe('the same key elsewhere is another one', () => {
  test('for another customer, provider, path or method', async () => {
    await putConnection(house, 'outreach', 'access_token', house.sandbox('outreach').credentials.access_token, 'other');
    const first = await createStep(house, CALL, keyed());
    const customer = await createStep(house, CALL, keyed('key-1', tenant('outreach', 'other')));
    const provider = await createStep(house, CALL, { ...keyed(), provider: 'apollo' });
    const path = await createStep(house, CALL, { ...keyed(), seed: 'with_steps' });
    for (const answer of [first, customer, provider, path]) {
      expect(answer.status, answer.text).toBe(201);
      expect(replayed(answer)).toBeNull();
    }
    const sequence = sequenceOf(house.sandbox('outreach'));
    const headers = { ...tenant('outreach'), 'idempotency-key': 'key-1' };
    const patched = await house.ask(`/sequences/${sequence}`, {
      method: 'PATCH',
      headers,
      body: { record: { name: 'N' } },
    });
    const deleted = await house.ask(`/sequences/${sequence}`, { method: 'DELETE', headers });
    expect([patched.status, deleted.status]).toEqual([200, 204]);
    expect([replayed(patched), replayed(deleted)]).toEqual([null, null]);
  });
});

describe('while the first is under way', () => {
  test('a second one is told so, and is answered from it later', async () => {
    const [first, second] = await Promise.all([createStep(house, EMAIL, keyed()), createStep(house, EMAIL, keyed())]);
    expect([first.status, second.status].toSorted()).toEqual([201, 409]);
    const [made, late] = first.status === 201 ? [first, second] : [second, first];
    expect(told(late)).toEqual(['IDEMPOTENCY_KEY_IN_FLIGHT idempotency-key']);
    expect(late.headers.get('retry-after')).toBe('1');
    expect(paths()).toEqual(EMAIL_CALLS);
    expect((await createStep(house, EMAIL, keyed())).text).toBe(made.text);
  });

  test('another request with its key is told that it is another one, and not that it is under way', async () => {
    const [first, other] = await Promise.all([createStep(house, EMAIL, keyed()), createStep(house, CALL, keyed())]);
    expect([first.status, other.status]).toEqual([201, 422]);
    expect(told(other)).toEqual(['IDEMPOTENCY_KEY_REUSED idempotency-key']);
    expect(paths()).toEqual(EMAIL_CALLS);
  });

  test.each([
    ['one step', 'step'],
    ['several steps, each whatever became of the others', 'batch'],
    ['a sequence', 'sequence'],
  ])('of two processes exactly one writes: %s', async (_what, kind) => {
    const other = await another();
    const id = sequenceOf(house.sandbox('outreach'));
    const ask = (at: House) =>
      at.ask(
        kind === 'sequence' ? '/sequences' : `/sequences/${id}/sequence_steps${kind === 'batch' ? '/_batch' : ''}`,
        {
          method: 'POST',
          headers: { ...tenant('outreach'), 'idempotency-key': 'key-1' },
          body:
            kind === 'batch'
              ? { records: [EMAIL, CALL, CALL], stop_on_error: false }
              : { record: kind === 'step' ? EMAIL : { name: 'New', steps: [EMAIL, CALL] } },
        },
      );
    for (let round = 0; round < 3; round += 1) {
      house.sandbox('outreach').reset();
      // The first reading of the key is shared, so that only the commit decides.
      const answers = await Promise.all([ask(house), ask(other), ask(other), ask(house)]);
      const statuses = answers.map(({ status }) => status).toSorted();
      expect(statuses, answers.map(({ text }) => text).join('\n')).toEqual(
        round === 0
          ? [kind === 'batch' ? 200 : 201, 409, 409, 409]
          : [200, 200, 200, 200].map(() => expect.anything() as unknown),
      );
      if (round > 0) break;
      expect(sent()).toHaveLength({ step: 4, batch: 6, sequence: 6 }[kind] ?? 0);
    }
  });
});

describe('a key that cannot be one is refused before any call', () => {
  test.each([
    ['empty', ''],
    ['of 256 characters', 'k'.repeat(256)],
    ['not printable', 'k\u0001'],
    ['not of ASCII', 'ké'],
  ])('%s', async (_what, key) => {
    const { app } = house;
    const id = sequenceOf(house.sandbox('outreach'));
    const before = house.sandbox('outreach').calls().length;
    const answer = await app.request(`/sequences/${id}/sequence_steps`, {
      method: 'POST',
      headers: {
        ...tenant('outreach'),
        'x-api-key': 'sg_test_0123456789abcdefghij',
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({ record: CALL }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('idempotency-key');
    expect(house.sandbox('outreach').calls()).toHaveLength(before);
  });

  test('255 characters are one', async () => {
    expect((await createStep(house, CALL, keyed('k'.repeat(255)))).status).toBe(201);
  });

  test('a dry run has no key, whatever the header says', async () => {
    for (const key of ['key-1', 'k'.repeat(300)]) {
      const shown = await createStep(house, CALL, { ...keyed(key), query: '?dry_run=true' });
      expect([shown.status, replayed(shown)]).toEqual([200, null]);
    }
    expect(rows('select * from idempotency_keys')).toEqual([]);
    const real = await createStep(house, { type: 'task', task_note: 'n' }, keyed());
    expect([real.status, replayed(real)]).toEqual([201, null]);
    const shown = await createStep(house, CALL, { ...keyed(), query: '?dry_run=true' });
    expect([shown.status, replayed(shown)]).toEqual([200, null]);
  });
});

describe('what is refused before a write is not kept', () => {
  test.each([
    ['400', 400, { type: 1 }, {}],
    ['422 of strict handling', 422, { ...CALL, name: 'n' }, { prefer: 'handling=strict' }],
    ['422', 422, { ...CALL, interval_seconds: -1 }, {}],
  ])('%s: the request that is mended works with the key', async (_what, status, record, headers) => {
    const refused = await createStep(house, record, keyed('key-1', headers));
    expect(refused.status, refused.text).toBe(status);
    const mended = await createStep(house, CALL, keyed('key-1', headers));
    expect([mended.status, replayed(mended)]).toEqual([201, null]);
  });

  test('404: one that comes into being later works with the key', async () => {
    const ask = () => createStep(house, CALL, keyed('key-1', tenant('outreach', 'later')));
    expect((await ask()).status).toBe(404);
    await putConnection(house, 'outreach', 'access_token', house.sandbox('outreach').credentials.access_token, 'later');
    expect((await ask()).status).toBe(201);
  });

  test('404 of the provider to a reading', async () => {
    force(/emailer_campaigns/, { status: 404, body: {} }, 'apollo', 'GET');
    expect((await createStep(house, CALL, { ...keyed(), provider: 'apollo' })).status).toBe(404);
    expect((await createStep(house, CALL, { ...keyed(), provider: 'apollo' })).status).toBe(201);
  });
});

describe('what the provider says to the first write', () => {
  test('422 is the answer, and stays it', async () => {
    force(/\/templates$/, refusal(422));
    const first = await createStep(house, EMAIL, keyed('key-1', { 'x-request-id': 'same' }));
    expect(first.status).toBe(422);
    for (const at of [house, await another()]) {
      const again = await createStep(at, EMAIL, keyed('key-1', { 'x-request-id': 'same' }));
      expect([again.status, again.text, replayed(again)]).toEqual([422, first.text, 'true']);
    }
    expect(sent()).toHaveLength(1);
  });

  test.each([
    ['429', 429, refusal(429), 429],
    ['401', 401, refusal(401), 424],
    ['403', 403, refusal(403), 424],
    [
      '503 under maintenance',
      503,
      { status: 503, body: { errors: [{ id: 'scheduledServerMaintenance', title: 'Scheduled', detail: 'Later.' }] } },
      503,
    ],
  ])('%s with nothing done is not', async (_what, _status, answer, status) => {
    force(/\/templates$/, answer);
    const first = await createStep(house, EMAIL, keyed('key-1', { prefer: 'wait=0' }));
    expect(first.status, first.text).toBe(status);
    expect(errorsOf(first)[0]?.meta.created).toBeUndefined();
    expect(rows('select * from idempotency_keys')).toEqual([]);
    expect(rows('select * from operations')).toEqual([]);
    house.clock.pass(61_000);
    const again = await createStep(house, EMAIL, keyed());
    expect([again.status, replayed(again)], again.text).toEqual([201, null]);
    expect(paths()).toEqual(['POST templates', ...EMAIL_CALLS]);
  });
});

describe('a failure in the middle', () => {
  test('of Outreach: a repeat goes on after the template, and after the step', async () => {
    force(/\/sequenceSteps$/, refusal(403));
    const first = await createStep(house, EMAIL, keyed());
    const { meta } = errorsOf(first)[0] as { meta: Record<string, unknown> };
    expect(meta).toMatchObject({ created: [{ kind: 'template' }], operation_id: expect.any(String) as string });
    force(/\/sequenceTemplates$/, refusal(422));
    const second = await createStep(await another(), EMAIL, keyed());
    expect(errorsOf(second)[0]?.meta).toMatchObject({
      created: [{ kind: 'template' }, { kind: 'sequence_step' }],
      operation_id: meta['operation_id'],
    });
    const third = await createStep(house, EMAIL, keyed());
    expect([third.status, replayed(third)], third.text).toEqual([201, null]);
    expect(writesDone(house).map(({ path }) => `POST ${path.split('/').at(-1)}`)).toEqual(EMAIL_CALLS);
    const fourth = await createStep(house, EMAIL, keyed());
    expect([fourth.text, replayed(fourth)]).toEqual([third.text, 'true']);
  });

  test('of Apollo: the step is not made again', async () => {
    force(/emailer_touches|emailer_templates/, { status: 403, body: { error: 'No.' } }, 'apollo', 'PUT');
    const first = await createStep(house, EMAIL, { ...keyed(), provider: 'apollo' });
    expect(errorsOf(first)[0]?.meta.created, first.text).toMatchObject([{ kind: 'emailer_step' }]);
    const again = await createStep(house, EMAIL, { ...keyed(), provider: 'apollo' });
    expect(again.status, again.text).toBe(201);
    expect(bodyOf(again).record?.id).toBe(errorsOf(first)[0]?.meta.created?.[0]?.id);
    expect(writesDone(house, 'apollo').filter(({ path }) => path.endsWith('/emailer_steps'))).toHaveLength(1);
  });

  test('of a new sequence', async () => {
    const ask = (at = house) =>
      at.ask('/sequences', {
        method: 'POST',
        headers: { ...tenant('outreach'), 'idempotency-key': 'key-1' },
        body: { record: { name: 'New', steps: [EMAIL, CALL, EMAIL] } },
      });
    house.sandbox('outreach').addFault({
      match: { method: 'POST', path: /\/sequenceSteps$/ },
      fault: { kind: 'answer', at: 'before_commit', ...refusal(422) },
      nth: 2,
    });
    const first = await ask();
    expect(errorsOf(first)[0]?.meta.created).toHaveLength(4);
    const again = await ask(await another());
    expect(again.status, again.text).toBe(201);
    expect(writesDone(house)).toHaveLength(10);
    expect(
      house
        .sandbox('outreach')
        .sequences()
        .filter(({ name }) => name === 'New'),
    ).toHaveLength(1);
  });
});

describe('a batch with a key', () => {
  const post = (records: readonly unknown[], stop = true, at = house) =>
    at.ask(`/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps/_batch`, {
      method: 'POST',
      headers: { ...tenant('outreach'), 'idempotency-key': 'key-1', prefer: 'wait=0' },
      body: { records, stop_on_error: stop },
    });
  const results = ({ json }: Answer) =>
    (json as { results: { status: number | null; record?: { id: string } }[] }).results;

  test.each([true, false])('goes on at the record that failed, stop_on_error %s', async (stop) => {
    house.sandbox('outreach').addFault({
      match: { method: 'POST', path: /\/sequenceSteps$/ },
      fault: { kind: 'answer', at: 'before_commit', ...refusal(429) },
      nth: 2,
    });
    const first = await post([CALL, EMAIL, CALL], stop);
    expect(results(first).map(({ status }) => status)).toEqual([201, 429, null]);
    house.clock.pass(61_000);
    const again = await post([CALL, EMAIL, CALL], stop, await another());
    expect(results(again).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(results(again)[0]).toEqual(results(first)[0]);
    expect(writesDone(house)).toHaveLength(6);
    const third = await post([CALL, EMAIL, CALL], stop);
    expect([third.text, replayed(third)]).toEqual([again.text, 'true']);
  });

  test('whose record is refused for good is kept', async () => {
    force(/\/sequenceSteps$/, refusal(422));
    const first = await post([CALL, CALL], false);
    expect(results(first).map(({ status }) => status)).toEqual([422, 201]);
    const again = await post([CALL, CALL], false);
    expect([again.text, replayed(again)]).toEqual([first.text, 'true']);
    expect(sent()).toHaveLength(2);
  });

  test('of Apollo: a record that is tried again is made before what comes after it', async () => {
    const path = `/sequences/${sequenceOf(house.sandbox('apollo'))}/sequence_steps/_batch`;
    const ask = () =>
      house.ask(path, {
        method: 'POST',
        headers: { ...tenant('apollo'), 'idempotency-key': 'key-1', prefer: 'wait=0' },
        body: { records: [CALL, { type: 'task', task_note: 'n' }], stop_on_error: false },
      });
    force(/emailer_steps$/, { status: 429, body: { message: 'Slow down.' } }, 'apollo');
    const first = await ask();
    expect(
      results(first).map(({ status }) => status),
      first.text,
    ).toEqual([429, null]);
    house.clock.pass(3_600_000);
    const again = await ask();
    expect(
      results(again).map(({ status }) => status),
      again.text,
    ).toEqual([201, 201]);
    const steps = house.sandbox('apollo').steps(sequenceOf(house.sandbox('apollo')));
    expect(steps.map(({ type }) => type)).toEqual(['call', 'action_item']);
  });

  test('of Salesloft, which is one import', async () => {
    const path = `/sequences/${sequenceOf(house.sandbox('salesloft'))}/sequence_steps/_batch`;
    const ask = (at = house) =>
      at.ask(path, {
        method: 'POST',
        headers: { ...tenant('salesloft'), 'idempotency-key': 'key-1', prefer: 'wait=0' },
        body: { records: [CALL, EMAIL] },
      });
    force(/cadence_imports/, { status: 429, body: {} }, 'salesloft');
    expect(results(await ask()).map(({ status }) => status)).toEqual([429, 429]);
    house.clock.pass(61_000);
    const made = await ask();
    expect(
      results(made).map(({ status }) => status),
      made.text,
    ).toEqual([201, 201]);
    const again = await ask(await another());
    expect([again.text, replayed(again)]).toEqual([made.text, 'true']);
    expect(writesDone(house, 'salesloft')).toHaveLength(1);
  });
});

describe('actions, changes and deletions with a key', () => {
  test('are carried out once', async () => {
    const id = sequenceOf(house.sandbox('outreach'), 'with_steps');
    const headers = { ...tenant('outreach'), 'idempotency-key': 'key-1' };
    for (const [method, path, body] of [
      ['POST', `/sequences/${id}/actions/activate`, undefined],
      ['POST', `/sequences/${id}/actions/deactivate`, undefined],
      ['PATCH', `/sequences/${id}`, { record: { name: 'Renamed' } }],
      ['DELETE', `/sequences/${id}`, undefined],
    ] as const) {
      const ask = (at: House) => at.ask(path, { method, headers, ...(body ? { body } : {}) });
      const first = await ask(house);
      expect(first.status, first.text).toBeLessThan(205);
      const calls = house.sandbox('outreach').calls().length;
      const again = await ask(await another());
      expect([again.status, again.text, replayed(again)]).toEqual([first.status, first.text, 'true']);
      expect(house.sandbox('outreach').calls()).toHaveLength(calls);
    }
  });

  test('a deletion that was carried out and not written down is answered all the same', async () => {
    const id = sequenceOf(house.sandbox('outreach'), 'with_steps');
    const headers = { ...tenant('outreach'), 'idempotency-key': 'key-1' };
    await house.ask(`/sequences/${id}`, { method: 'DELETE', headers });
    // As a crash leaves it between the last call and the ending.
    rows(`update operations set status='open', closed_at=null, sealed_answer=null returning 1`);
    const again = await house.ask(`/sequences/${id}`, { method: 'DELETE', headers });
    expect(again.status, again.text).toBe(204);
    expect(sent()).toHaveLength(1);
  });
});

describe('how long it is kept', () => {
  test('a key for 24 h', async () => {
    const first = await createStep(house, CALL, keyed());
    house.clock.pass(24 * HOUR - 1);
    await house.recovery.look();
    expect((await createStep(house, CALL, keyed())).text).toBe(first.text);
    house.clock.pass(2);
    await house.recovery.look();
    expect(rows('select * from idempotency_keys')).toEqual([]);
    const other = await createStep(house, CALL, keyed());
    expect([other.status, replayed(other)]).toEqual([201, null]);
  });

  test('and not while its operation is open, nor for 24 h after it was closed', async () => {
    force(/\/sequenceSteps$/, refusal(403));
    await createStep(house, EMAIL, keyed());
    house.clock.pass(48 * HOUR);
    await house.recovery.look();
    const made = await createStep(house, EMAIL, keyed());
    expect(made.status).toBe(201);
    expect(writesDone(house)).toHaveLength(4);
    house.clock.pass(HOUR);
    await house.recovery.look();
    const again = await createStep(house, EMAIL, keyed());
    expect([again.text, replayed(again)]).toEqual([made.text, 'true']);
    house.clock.pass(24 * HOUR);
    await house.recovery.look();
    expect(rows('select * from idempotency_keys')).toEqual([]);
  });

  test('bodies for 7 days after closing, and then only ids and hashes', async () => {
    await createStep(house, EMAIL, keyed());
    const sealed = () =>
      rows(`select count(sealed_input) + count(sealed_answer) as n from operations
            union all select count(sealed_prepared) + count(sealed_result) from operation_items
            union all select count(sealed_answer) from operation_calls`).map(({ n }) => n);
    expect(sealed()).toEqual([2, 0, 4]);
    house.clock.pass(7 * 24 * HOUR - 1);
    await house.recovery.look();
    expect(sealed()).toEqual([2, 0, 4]);
    house.clock.pass(2);
    await house.recovery.look();
    expect(sealed()).toEqual([0, 0, 0]);
    expect(rows('select hash, made_id from operation_calls')).toHaveLength(4);
  });

  test('nothing of body, answer or credentials is in the file as it is', async () => {
    const [canary, secret] = ['CANARY-0c4a91', house.sandbox('outreach').credentials.access_token ?? ''];
    const record = {
      ...EMAIL,
      template: { subject: `${canary}-subject`, body: `<p>${canary}-body</p>` },
      custom_fields: { taskNote: `${canary}-note` },
    };
    expect((await createStep(house, record, keyed(`${canary}-key`))).status).toBe(201);
    force(/\/sequenceSteps$/, { status: 403, body: { errors: [{ title: canary, detail: canary }] } });
    await createStep(house, record, keyed('other'));
    const names = readdirSync(folder);
    expect(names).toContain('stepgate.db-wal');
    for (const name of names) {
      const text = readFileSync(join(folder, name)).toString('latin1');
      if (name.endsWith('-wal')) expect(text).toContain('outreach');
      expect(text).not.toContain(canary);
      expect(text).not.toContain(secret);
    }
  });
});

describe('a store that is away', () => {
  /** Another process that holds the database: nobody else can write. */
  function lock(): { readonly unlock: () => void } {
    const db = new DatabaseSync(file);
    db.exec('begin exclusive');
    return {
      unlock: () => {
        db.exec('rollback');
        db.close();
      },
    };
  }

  test('before the first call: 503, and nothing is sent', async () => {
    const { unlock } = lock();
    const answer = await createStep(house, EMAIL, keyed());
    unlock();
    expect([answer.status, told(answer)]).toEqual([503, ['STORE_UNAVAILABLE']]);
    expect(sent()).toEqual([]);
    expect((await createStep(house, EMAIL, keyed())).status).toBe(201);
    expect(paths()).toEqual(EMAIL_CALLS);
  });

  /** The table is away from when the provider has answered such a call, until it is put back. */
  function awayAfter(path: RegExp): { readonly back: () => void } {
    const { app } = house.sandbox('outreach');
    const { fetch } = app;
    const rename = (from: string, to: string): void => {
      const db = new DatabaseSync(file);
      db.exec(`alter table ${from} rename to ${to}`);
      db.close();
    };
    app.fetch = async (request, ...rest) => {
      const answer = await fetch(request, ...rest);
      if (request.method === 'POST' && path.test(request.url)) rename('operation_calls', 'elsewhere');
      return answer;
    };
    return {
      back: () => {
        app.fetch = fetch;
        rename('elsewhere', 'operation_calls');
      },
    };
  }

  test.each(['the same process', 'another process'])(
    'after the last call: it is done, and told that it was not kept; %s finds it',
    async (who) => {
      const { back } = awayAfter(/activate$/);
      const first = await createStep(house, EMAIL, keyed());
      await sleep(20);
      back();
      expect(first.status, first.text).toBe(201);
      expect(bodyOf(first).warnings?.map(({ problem_type }) => problem_type)).toContain('OUTCOME_NOT_RECORDED');
      const at = who === 'the same process' ? house : await another();
      expect((await createStep(at, EMAIL, keyed())).status).toBe(409);
      house.clock.pass(31_000);
      const again = await createStep(at, EMAIL, keyed());
      expect(again.status, again.text).toBe(201);
      expect(bodyOf(again).record).toEqual(bodyOf(first).record);
      expect(paths()).toEqual(EMAIL_CALLS);
    },
  );

  test.each(['the same process', 'another process'])(
    'in the middle: what exists is told, and %s goes on with it',
    async (who) => {
      const { back } = awayAfter(/templates$/);
      const first = await createStep(house, EMAIL, keyed());
      back();
      expect(first.status, first.text).toBe(503);
      expect(errorsOf(first)[0]?.meta).toMatchObject({
        created: [{ kind: 'template' }],
        operation_id: expect.any(String) as string,
      });
      house.clock.pass(31_000);
      const again = await createStep(who === 'the same process' ? house : await another(), EMAIL, keyed());
      expect(again.status, again.text).toBe(201);
      expect(paths()).toEqual(EMAIL_CALLS);
    },
  );

  test('for a moment: what could not be written goes with the next, and nothing is missing', async () => {
    const { back } = awayAfter(/templates$/);
    const path = `/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps/_batch`;
    const ask = () =>
      house.ask(path, {
        method: 'POST',
        headers: { ...tenant('outreach'), 'idempotency-key': 'key-1' },
        body: { records: [EMAIL, CALL], stop_on_error: false },
      });
    const first = await ask();
    expect(first.text).toContain('STORE_UNAVAILABLE');
    back();
    house.clock.pass(31_000);
    const again = await ask();
    expect(again.text).not.toContain('errors');
    expect(paths()).toEqual([EMAIL_CALLS[0], ...EMAIL_CALLS.slice(1), 'POST sequenceSteps']);
  });
});
