/** Operations: what was sent is told, what was not finished is gone on with, and nothing is written blindly. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_GRACE_MS } from '../../src/core/settle-unknown.ts';
import { newKeyRing, parseKeyRing } from '../../src/connections/vault.ts';
import { rotateIn } from '../../src/commands/rotate.ts';
import type { Fault, ForcedAnswer } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { writesAmong, type House } from '../support/house.ts';
import {
  bodyOf,
  connectionPath,
  createStep,
  errorsOf,
  openConnectedHouse,
  putConnection,
  sequenceOf,
  tenant,
  told,
  writesDone,
} from './support.ts';

const CALL = { type: 'call' };
const EMAIL = { type: 'auto_email', template: { subject: 'Subject', body: '<p>Body</p>' } };
const EMAIL_CALLS = ['templates', 'sequenceSteps', 'sequenceTemplates', 'activate'];

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
  house.sandbox('outreach').clearFaults();
  for (const each of beside.splice(0)) await each.close();
  await house.close();
  rmSync(folder, { recursive: true });
});

async function another(options: Parameters<House['beside']>[0] = {}): Promise<House> {
  const opened = await house.beside(options);
  beside.push(opened);
  return opened;
}

const keyed = (key = 'key-1') => ({ headers: { 'idempotency-key': key, prefer: 'wait=0' } });
const sent = (provider = 'outreach') => writesAmong(house.sandbox(provider).calls());
const last = (path: string) => path.split('/').at(-1);
const names = () => sent().map(({ path }) => last(path));
const replayed = ({ headers }: Answer) => headers.get('idempotent-replayed');

function sql(text: string): readonly Record<string, unknown>[] {
  const db = new DatabaseSync(file);
  try {
    return db.prepare(text).all();
  } finally {
    db.close();
  }
}

function strike(path: RegExp, fault: Fault, { provider = 'outreach', method = 'POST', nth = 1, times = 1 } = {}): void {
  house.sandbox(provider).addFault({ match: { method, path }, fault, nth, times });
}
const answers = (answer: ForcedAnswer): Fault => ({ kind: 'answer', at: 'before_commit', ...answer });
const refusal = (status: number): Fault =>
  answers({ status, body: { errors: [{ title: 'Refused', detail: 'Not like this.' }] } });
const reset = (at: 'before_commit' | 'after_commit'): Fault => ({ kind: 'reset', at });

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly under_way: boolean;
  readonly calls: readonly { readonly path: string; readonly state: string }[];
  readonly created: readonly { readonly kind: string; readonly id: string }[];
  readonly errors?: readonly { readonly code: string }[];
}

async function operation(id: string, at = house): Promise<Shown> {
  const { status, json, text } = await at.ask(`/operations/${id}`);
  expect(status, text).toBe(200);
  return json as Shown;
}

function idOf(answer: Answer): string {
  const { operation_id: id } = (errorsOf(answer)[0]?.meta ?? {}) as { operation_id?: string };
  expect(id, answer.text).toBeTypeOf('string');
  return id ?? '';
}

const resume = (id: string, at = house): Promise<Answer> =>
  at.ask(`/operations/${id}/actions/resume`, { method: 'POST' });

async function open(at = house): Promise<readonly Shown[]> {
  const { json } = await at.ask('/operations');
  return (json as { records: readonly Shown[] }).records;
}

describe('a write without a key that ended in the middle', () => {
  test('is listed, shown and gone on with', async () => {
    strike(/\/sequenceSteps$/, refusal(403));
    const first = await createStep(house, EMAIL);
    const id = idOf(first);
    expect((await open()).map((each) => each.id)).toEqual([id]);
    expect(await operation(id)).toMatchObject({
      id,
      status: 'open',
      under_way: false,
      kind: 'create_steps',
      provider_name: 'outreach',
      calls: [
        { item: 0, position: 0, method: 'POST', path: '/templates', state: 'done' },
        { item: 0, position: 1, method: 'POST', path: '/sequenceSteps', state: 'refused' },
      ],
      created: [{ kind: 'template', id: '201' }],
      errors: [{ code: 'CONNECTION_LACKS_PERMISSION' }],
    });
    strike(/\/sequenceTemplates$/, refusal(422));
    const second = await resume(id, await another());
    expect(errorsOf(second)[0]?.meta.created).toHaveLength(2);
    const third = await resume(id);
    expect([third.status, replayed(third)], third.text).toEqual([201, null]);
    expect(writesDone(house).map(({ path }) => last(path))).toEqual(EMAIL_CALLS);
    const fourth = await resume(id);
    expect([fourth.status, fourth.text, replayed(fourth)]).toEqual([201, third.text, 'true']);
    expect(await open()).toEqual([]);
    expect(await operation(id)).toMatchObject({ status: 'done', closed_at: expect.any(String) as string });
  });

  test('is gone on with once, however many resume it', async () => {
    strike(/\/sequenceSteps$/, refusal(403));
    const id = idOf(await createStep(house, EMAIL, keyed()));
    const other = await another();
    const all = await Promise.all([
      resume(id),
      resume(id, other),
      createStep(house, EMAIL, keyed()),
      createStep(other, EMAIL, keyed()),
      resume(id),
    ]);
    expect(all.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409]);
    expect(writesDone(house).map(({ path }) => last(path))).toEqual(EMAIL_CALLS);
  });

  test('a record of a batch is gone on with by itself', async () => {
    strike(/\/sequenceTemplates$/, refusal(422), { nth: 1 });
    const answer = await house.ask(`/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps/_batch`, {
      method: 'POST',
      headers: tenant('outreach'),
      body: { records: [CALL, EMAIL, CALL] },
    });
    const { results } = answer.json as { results: { status: number; errors?: { meta: { operation_id: string } }[] }[] };
    expect(results.map(({ status }) => status)).toEqual([201, 422, null]);
    const id = results[1]?.errors?.[0]?.meta.operation_id ?? '';
    const again = await resume(id);
    expect((again.json as { results: { status: number }[] }).results.map(({ status }) => status)).toEqual([
      201, 201, 201,
    ]);
    expect(writesDone(house)).toHaveLength(6);
  });
});

describe('GET /operations', () => {
  test('has pages', async () => {
    for (let index = 0; index < 101; index += 1)
      sql(`insert into operations values ('00000000-0000-4000-8000-${String(index).padStart(12, '0')}', 'c', 'outreach',
        'create_steps', null, 'r', 'open', null, null, null, 0, 0, 0, null) returning 1`);
    const first = (await house.ask('/operations')).json as { pagination: { next: string }; records: unknown[] };
    expect(first.records).toHaveLength(100);
    const { json } = await house.ask(`/operations?cursor=${first.pagination.next}`);
    expect(json).toMatchObject({
      pagination: { next: null },
      records: [{ id: '00000000-0000-4000-8000-000000000100' }],
    });
    expect((await house.ask('/operations?cursor=x')).status).toBe(400);
    expect((await house.ask('/operations?status=done')).status).toBe(400);
  });

  test('404 for one that there is not', async () => {
    for (const id of ['nothing', '00000000-0000-4000-8000-000000000000']) {
      expect(told(await house.ask(`/operations/${id}`))).toEqual(['OPERATION_NOT_FOUND']);
      expect(told(await resume(id))).toEqual(['OPERATION_NOT_FOUND']);
    }
  });

  test('shows no body and no secret', async () => {
    const canary = 'CANARY-77f1';
    strike(/\/sequenceTemplates$/, refusal(422));
    const record = {
      ...EMAIL,
      template: { subject: canary, body: canary },
      custom_fields: { taskNote: canary },
    };
    const id = idOf(await createStep(house, record));
    const shown = (await house.ask(`/operations/${id}`)).text + (await house.ask('/operations')).text;
    expect(shown).not.toContain(canary);
    expect(shown).not.toContain(house.sandbox('outreach').credentials.access_token);
    expect(house.logs.join('')).not.toContain(canary);
  });

  test('still tells what is sealed with a key that is lost', async () => {
    strike(/\/sequenceSteps$/, refusal(403));
    const id = idOf(await createStep(house, EMAIL));
    const keyRing = parseKeyRing(newKeyRing('k2'));
    const aMinuteLater = () => house.clock.now() + 61_000;
    const given = await rotateIn({ database: { file }, keyRing }, { giveUp: 'k1', now: aMinuteLater });
    expect(given).toMatchObject({ resealed: 0, retired: ['k1'], kept: [] });
    expect(given.unreadable).toContain(`operations.sealed_input: id ${id}`);
    const other = await another({ keyRing });
    expect(await open(other)).toMatchObject([{ id }]);
    expect((await operation(id, other)).created).toHaveLength(1);
    const refused = await resume(id, other);
    expect([refused.status, told(refused)]).toEqual([500, ['OPERATION_UNREADABLE']]);
    expect((await resume(id)).status).toBe(201);
  });

  test('says that the answer of a finished one cannot be opened any more, to whoever repeats it', async () => {
    expect((await createStep(house, CALL, keyed())).status).toBe(201);
    const keyRing = parseKeyRing(newKeyRing('k2'));
    await rotateIn({ database: { file }, keyRing }, { giveUp: 'k1', now: () => house.clock.now() + 61_000 });
    const other = await another({ keyRing });
    const [row] = sql('select id from operations');
    for (const answer of [await createStep(other, CALL, keyed()), await resume(String(row?.['id']), other)]) {
      expect([answer.status, told(answer)], answer.text).toEqual([500, ['OPERATION_UNREADABLE']]);
      expect(answer.text).toContain('its answer cannot be repeated');
    }
    expect(sent()).toHaveLength(1);
  });
});

describe('an outcome that is not known', () => {
  const reads = () => house.sandbox('outreach').calls().length;

  test.each([
    ['the template', /\/templates$/, EMAIL],
    ['the step', /\/sequenceSteps$/, CALL],
    ['the link', /\/sequenceTemplates$/, EMAIL],
  ])('%s, found once: it is taken, and not made again', async (_what, path, record) => {
    strike(path, reset('after_commit'));
    const first = await createStep(house, record, keyed());
    expect([errorsOf(first)[0]?.code, errorsOf(first)[0]?.meta.outcome]).toEqual(['OUTCOME_UNKNOWN', 'unknown']);
    const again = await createStep(await another(), record, keyed());
    expect(again.status, again.text).toBe(201);
    expect(sent()).toHaveLength(record === CALL ? 1 : 4);
  });

  test.each([
    ['apollo', 'step', /emailer_steps$/],
    ['salesloft', 'step', /cadence_imports/],
    ['apollo', 'sequence', /sequences$/],
    ['outreach', 'sequence', /sequences$/],
    ['salesloft', 'sequence', /cadence_imports/],
  ])('%s, a %s without a key: it is told where to go on, and found', async (provider, what, path) => {
    strike(path, reset('after_commit'), { provider });
    const id = idOf(
      what === 'step'
        ? await createStep(house, EMAIL, { provider })
        : await house.ask('/sequences', {
            method: 'POST',
            headers: tenant(provider),
            body: { record: { name: 'Found again', steps: [EMAIL, CALL] } },
          }),
    );
    const resumed = await resume(id, await another());
    expect([resumed.status, replayed(resumed)], resumed.text).toEqual([201, null]);
    expect(sent(provider).filter((call) => path.test(call.path.split('?')[0] ?? ''))).toHaveLength(1);
    expect((await resume(id)).text).toBe(resumed.text);
  });

  test('not found: 409 before the grace is over and nothing is written, and then it is sent again', async () => {
    strike(/\/templates$/, reset('before_commit'));
    const id = idOf(await createStep(house, EMAIL, keyed()));
    for (const [passed, ask] of [
      [0, () => createStep(house, EMAIL, keyed())],
      [20_000, () => resume(id)],
      [DEFAULT_GRACE_MS - 20_001, () => createStep(house, EMAIL, keyed())],
    ] as const) {
      house.clock.pass(passed);
      const before = reads();
      const early = await ask();
      expect([early.status, errorsOf(early)[0]?.problem_type]).toEqual([409, 'OUTCOME_NOT_SETTLED']);
      expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(reads()).toBe(before + 1);
      expect(sent()).toHaveLength(1);
    }
    house.clock.pass(1);
    const late = await createStep(house, EMAIL, keyed());
    expect(late.status, late.text).toBe(201);
    expect(names()).toEqual(['templates', ...EMAIL_CALLS]);
  });

  test('the grace begins when the gateway gave it up, which may be long after it was sent', async () => {
    const { app } = house.sandbox('outreach');
    const { fetch } = app;
    app.fetch = (request, ...rest) => {
      if (request.method === 'POST') house.clock.pass(DEFAULT_GRACE_MS);
      return fetch(request, ...rest);
    };
    strike(/\/templates$/, reset('before_commit'));
    await createStep(house, EMAIL, keyed());
    app.fetch = fetch;
    expect((await createStep(house, EMAIL, keyed())).status).toBe(409);
    expect(sent()).toHaveLength(1);
    house.clock.pass(DEFAULT_GRACE_MS);
    expect((await createStep(house, EMAIL, keyed())).status).toBe(201);
  });

  test('several: told with the candidates, and never written again', async () => {
    strike(/\/sequenceSteps$/, reset('after_commit'));
    await createStep(house, CALL, keyed());
    // Somebody else makes one of the same kind in the provider.
    const { app, origin, credentials } = house.sandbox('outreach');
    const made = sent()[0];
    await app.request(`${origin}${made?.path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credentials.access_token}`, 'content-type': 'application/vnd.api+json' },
      body: made?.body ?? '',
    });
    const before = sent().length;
    for (let time = 0; time < 3; time += 1) {
      const answer = await createStep(house, CALL, keyed());
      expect([answer.status, errorsOf(answer)[0]?.problem_type], answer.text).toEqual([502, 'OUTCOME_AMBIGUOUS']);
      expect(errorsOf(answer)[0]?.meta.candidates).toHaveLength(2);
      house.clock.pass(2 * DEFAULT_GRACE_MS);
    }
    expect(sent()).toHaveLength(before);
  });

  test('what another write is making just now is not taken: whose it is is not known yet', async () => {
    strike(/\/templates$/, reset('before_commit'));
    await createStep(house, EMAIL, keyed());
    strike(/\/templates$/, { kind: 'delay', at: 'after_commit', ms: 60_000 });
    const other = createStep(house, EMAIL, { ...keyed('key-2'), seed: 'with_steps' });
    await expect.poll(() => sent().length).toBe(2);
    const early = await createStep(await another(), EMAIL, keyed());
    expect([early.status, errorsOf(early)[0]?.problem_type], early.text).toEqual([409, 'OUTCOME_NOT_SETTLED']);
    expect(early.headers.get('retry-after')).toBe('5');
    house.sandbox('outreach').clearFaults();
    expect((await other).status).toBe(201);
    house.clock.pass(DEFAULT_GRACE_MS);
    expect((await createStep(await another(), EMAIL, keyed())).status).toBe(201);
    expect(sent().filter(({ path, committed }) => committed && last(path) === 'templates')).toHaveLength(2);
  });

  test('what another write is known to have made is not taken, also hours later', async () => {
    strike(/\/sequenceSteps$/, reset('before_commit'));
    await createStep(house, CALL, keyed());
    house.clock.pass(30_000);
    const other = await createStep(house, CALL, keyed('key-2'));
    expect(other.status).toBe(201);
    house.clock.pass(3 * 3_600_000);
    const again = await createStep(await another(), CALL, keyed());
    expect(again.status, again.text).toBe(201);
    expect(bodyOf(again).record?.id).not.toBe(bodyOf(other).record?.id);
  });

  test.each([
    ['429', refusal(429)],
    ['401', refusal(401)],
    ['403', refusal(403)],
    ['404', refusal(404)],
    ['422', refusal(422)],
    ['500', refusal(500)],
    ['a reset', reset('before_commit')],
  ])('a look that ends with %s settles nothing: it stays open', async (_what, fault) => {
    strike(/\/templates$/, reset('after_commit'));
    const id = idOf(await createStep(house, EMAIL, keyed()));
    strike(/\/templates/, fault, { method: 'GET', times: 4 });
    const looked = await createStep(house, EMAIL, keyed());
    expect(looked.status, looked.text).toBeGreaterThan(399);
    expect(errorsOf(looked)[0]?.meta.outcome).toBe('unknown');
    expect(idOf(looked)).toBe(id);
    expect(await operation(id)).toMatchObject({ status: 'open', calls: [{ state: 'unknown' }] });
    house.sandbox('outreach').clearFaults();
    await house.connect('outreach');
    house.clock.pass(2 * DEFAULT_GRACE_MS);
    const again = await createStep(house, EMAIL, keyed());
    expect(again.status, again.text).toBe(201);
    expect(names()).toEqual(EMAIL_CALLS);
  });

  test('a connection that is gone settles nothing either, and keeps nobody waiting', async () => {
    strike(/\/templates$/, reset('after_commit'));
    const id = idOf(await createStep(house, EMAIL, keyed()));
    await house.ask(connectionPath('outreach'), { method: 'DELETE' });
    for (const answer of [await resume(id), await createStep(house, EMAIL, keyed())])
      expect([answer.status, told(answer)]).toEqual([404, ['CONNECTION_NOT_FOUND']]);
    expect(await operation(id)).toMatchObject({ status: 'open', under_way: false });
    await house.connect('outreach');
    const again = await resume(id);
    expect(again.status, again.text).toBe(201);
    expect(names()).toEqual(EMAIL_CALLS);
  });

  test('a deletion is sent again, and is done where the record is gone', async () => {
    strike(/\/sequences\//, reset('after_commit'), { method: 'DELETE' });
    const headers = { ...tenant('outreach'), 'idempotency-key': 'key-1' };
    const ask = () =>
      house.ask(`/sequences/${sequenceOf(house.sandbox('outreach'), 'empty')}`, { method: 'DELETE', headers });
    const path = `/sequences/${sequenceOf(house.sandbox('outreach'))}`;
    expect((await ask()).status).toBe(502);
    const again = await house.ask(path, { method: 'DELETE', headers });
    expect(again.status, again.text).toBe(204);
  });
});

describe('an operation that would now send something else', () => {
  test.each([
    ['after a call that is done', /\/sequenceTemplates$/, refusal(422)],
    ['after a call whose outcome is not known', /\/templates$/, reset('after_commit')],
  ])('%s: it stops, sends nothing and stays open', async (_what, path, fault) => {
    strike(path, fault);
    const id = idOf(await createStep(house, EMAIL, keyed()));
    sql(`update operation_calls set hash = 'other' where position = 0 returning 1`);
    const before = sent().length;
    for (const ask of [() => createStep(house, EMAIL, keyed()), () => resume(id)]) {
      const answer = await ask();
      expect([answer.status, told(answer)], answer.text).toEqual([409, ['OPERATION_DIVERGED']]);
      expect(idOf(answer)).toBe(id);
    }
    expect(sent()).toHaveLength(before);
    expect(await operation(id)).toMatchObject({ status: 'open', under_way: false });
  });

  test('after it has sent something: it says so, and what exists', async () => {
    strike(/\/sequenceSteps$/, refusal(403));
    const id = idOf(await createStep(house, EMAIL, keyed()));
    sql(`update operation_calls set state = 'refused' where position = 0 returning 1`);
    sql(`update operation_calls set state = 'done', hash = 'other' where position = 1 returning 1`);
    const before = sent().length;
    for (const [says, more] of [
      ['What came before it was sent, and nothing more.', 1],
      ['Nothing was sent.', 1],
    ] as const) {
      const answer = await resume(id);
      expect([answer.status, told(answer)], answer.text).toEqual([409, ['OPERATION_DIVERGED']]);
      expect(errorsOf(answer)[0]?.detail).toContain(says);
      expect(errorsOf(answer)[0]?.meta.created).toMatchObject([{ kind: 'template' }]);
      expect(sent()).toHaveLength(before + more);
    }
  });
});

describe('two that work at one operation', () => {
  test('who has lost the lease sends nothing more', async () => {
    house.sandbox('outreach').addFault({
      match: { method: 'POST', path: /\/templates$/ },
      fault: { kind: 'delay', at: 'after_commit', ms: 60_000 },
    });
    const first = createStep(house, EMAIL, keyed());
    await expect.poll(() => sent().length).toBe(1);
    const other = await another();
    expect((await createStep(other, EMAIL, keyed())).status).toBe(409);
    house.clock.pass(31_000);
    // The first call was carried out, and its owner has not been heard of.
    const taken = await createStep(other, EMAIL, keyed());
    expect(taken.status, taken.text).toBe(201);
    house.sandbox('outreach').clearFaults();
    const late = await first;
    expect([late.status, errorsOf(late)[0]?.code], late.text).toEqual([409, 'IDEMPOTENCY_KEY_IN_FLIGHT']);
    expect(errorsOf(late)[0]?.meta.created).toHaveLength(1);
    const again = await createStep(house, EMAIL, keyed());
    expect([again.text, replayed(again)]).toEqual([taken.text, 'true']);
    expect(names()).toEqual(EMAIL_CALLS);
  });

  test('also in one process, and also for a batch', async () => {
    house.sandbox('outreach').addFault({
      match: { method: 'POST', path: /\/sequenceSteps$/ },
      fault: { kind: 'delay', at: 'after_commit', ms: 60_000 },
    });
    const path = `/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps/_batch`;
    const ask = (at: House) =>
      at.ask(path, {
        method: 'POST',
        headers: { ...tenant('outreach'), 'idempotency-key': 'key-1' },
        body: { records: [CALL, EMAIL, CALL], stop_on_error: false },
      });
    const first = ask(house);
    await expect.poll(() => sent().length).toBe(1);
    house.clock.pass(31_000);
    const taken = await ask(await another());
    expect(taken.text).not.toContain('errors');
    house.sandbox('outreach').clearFaults();
    const late = await first;
    expect(late.status, late.text).toBe(409);
    expect(sent()).toHaveLength(6);
  });
});

test.each([
  ['with a key', keyed('key-2')],
  ['without one', {}],
])(
  'a write %s that has waited for its turn longer than a lease lasts is left to whoever works at it',
  async (_says, options) => {
    const late: Fault = { kind: 'delay', at: 'after_commit', ms: 60_000 };
    strike(/\/templates$/, late);
    const first = createStep(house, EMAIL, keyed());
    await expect.poll(() => sent().length).toBe(1);
    const second = createStep(house, EMAIL, options);
    await expect.poll(async () => (await house.ask('/metrics')).text).toContain('stepgate_turns_waiting 1\n');
    house.clock.pass(31_000);
    house.sandbox('outreach').clearFaults();
    strike(/\/templates$/, late);
    expect((await first).status).toBe(201);
    await expect.poll(() => sent().length).toBe(EMAIL_CALLS.length + 1);
    await (await another()).recovery.look();
    house.sandbox('outreach').clearFaults();
    const answer = await second;
    expect(answer.status, answer.text).toBe(201);
    expect(names()).toEqual([...EMAIL_CALLS, ...EMAIL_CALLS]);
  },
);

describe('after a crash', () => {
  /** The gateway that was asked hangs in this call for good; the other one finds what it has left. */
  async function crash(nth: number, at: 'before_commit' | 'after_commit', key: boolean) {
    house.sandbox('outreach').addFault({ match: { method: 'POST' }, fault: { kind: 'hang', at }, nth });
    const asked = createStep(house, EMAIL, key ? keyed() : {});
    await expect.poll(() => sent().length).toBe(nth);
    house.clock.pass(31_000);
    return { asked, other: await another() };
  }
  const CASES = [1, 2, 3, 4].flatMap((nth) =>
    (['before_commit', 'after_commit'] as const).map((at) => [nth, at] as const),
  );

  test.each(CASES)('in call %i, %s: it is gone on with by itself, and nothing is there twice', async (nth, at) => {
    const { asked, other } = await crash(nth, at, true);
    await other.recovery.look();
    house.clock.pass(DEFAULT_GRACE_MS);
    await other.recovery.look();
    expect(await open(other)).toEqual([]);
    house.sandbox('outreach').clearFaults();
    const late = await asked;
    expect(late.status, late.text).toBeGreaterThan(399);
    expect(
      writesAmong(
        house
          .sandbox('outreach')
          .calls()
          .filter(({ committed }) => committed),
      ).map(({ path }) => last(path)),
    ).toEqual(EMAIL_CALLS);
    const again = await createStep(house, EMAIL, keyed());
    expect([again.status, replayed(again)]).toEqual([201, 'true']);
    const [step] = house.sandbox('outreach').steps(sequenceOf(house.sandbox('outreach')));
    expect(step).toMatchObject({ id: bodyOf(again).record?.id, live: true });
  });

  test.each(CASES)('in call %i, %s, without a key: it is left open, and resumed', async (nth, at) => {
    const { asked, other } = await crash(nth, at, false);
    await other.recovery.look();
    const [left] = await open(other);
    expect(left).toMatchObject({ status: 'open', under_way: false });
    expect(sent()).toHaveLength(nth);
    house.clock.pass(DEFAULT_GRACE_MS);
    const resumed = await resume(left?.id ?? '', other);
    expect(resumed.status, resumed.text).toBe(201);
    house.sandbox('outreach').clearFaults();
    expect((await asked).status).toBeGreaterThan(399);
    expect(writesDone(house).filter(({ committed }) => committed).length).toBeGreaterThan(0);
    expect(house.sandbox('outreach').steps(sequenceOf(house.sandbox('outreach')))).toHaveLength(1);
  });

  describe('a provider that is away', () => {
    /** A gateway that has found a write in the middle, and could not look for what came of its second call. */
    async function found(): Promise<House> {
      const { other } = await crash(2, 'after_commit', true);
      const fault = { kind: 'refusal', at: 'before_commit', name: 'server_error' } as const;
      house.sandbox('outreach').addFault({ match: { method: 'GET' }, fault, times: 'until_cleared' });
      await other.recovery.look();
      expect(await open(other)).toMatchObject([{ status: 'open', under_way: false }]);
      return other;
    }
    const later = async (other: House, milliseconds: number): Promise<number> => {
      house.clock.pass(milliseconds);
      await other.recovery.look();
      return (await open(other)).length;
    };

    test('is asked again, and the write is gone on with once it is back', async () => {
      const other = await found();
      house.sandbox('outreach').clearFaults();
      expect(await later(other, 15_000)).toBe(0);
      expect(house.sandbox('outreach').steps(sequenceOf(house.sandbox('outreach')))).toHaveLength(1);
    });

    test('is asked again by a process that has only begun since, and at once for its caller', async () => {
      await found();
      house.sandbox('outreach').clearFaults();
      const third = await another();
      expect(await later(third, 1_000)).toBe(1);
      expect(await later(third, 15_000)).toBe(0);
    });

    test('is asked again where the process that has found it dies as soon as that is over', async () => {
      sql(
        `create trigger died before update on operations when old.lease_owner is null begin select raise(abort, 'died'); end`,
      );
      await found();
      house.sandbox('outreach').clearFaults();
      expect(await later(await another(), 15_000)).toBe(0);
    });

    test('is asked again for a batch, too, which is no more than begun meanwhile', async () => {
      house.sandbox('outreach').addFault({
        match: { method: 'POST' },
        fault: { kind: 'hang', at: 'after_commit' },
        nth: 2,
      });
      const path = `/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps/_batch`;
      const batch = {
        method: 'POST',
        body: { records: [EMAIL, CALL] },
        headers: { ...tenant('outreach'), ...keyed().headers },
      };
      const asked = house.ask(path, batch);
      await expect.poll(() => sent().length).toBe(2);
      house.clock.pass(31_000);
      const fault = { kind: 'refusal', at: 'before_commit', name: 'server_error' } as const;
      house.sandbox('outreach').addFault({ match: { method: 'GET' }, fault, times: 'until_cleared' });
      const other = await another();
      await other.recovery.look();
      expect(await open(other)).toMatchObject([{ status: 'open', under_way: false }]);
      expect((await other.ask('/metrics')).text).toContain(
        'stepgate_recoveries_total{provider="outreach",outcome="unknown"} 1',
      );
      house.sandbox('outreach').clearFaults();
      expect(await later(other, 15_000)).toBe(0);
      await asked;
      const again = await house.ask(path, batch);
      expect([
        replayed(again),
        (again.json as { results: { status: number }[] }).results.map(({ status }) => status),
      ]).toEqual(['true', [201, 201]]);
      expect(house.sandbox('outreach').steps(sequenceOf(house.sandbox('outreach')))).toHaveLength(2);
    });

    test('does not keep the caller from trying it himself', async () => {
      const other = await found();
      house.sandbox('outreach').clearFaults();
      const again = await createStep(other, EMAIL, keyed());
      expect(again.status, again.text).toBe(201);
      expect(await open(other)).toEqual([]);
    });

    test('is not asked for more than ten minutes', async () => {
      const other = await found();
      for (let minute = 0; minute < 11; minute += 1) expect(await later(other, 60_000)).toBe(1);
      house.sandbox('outreach').clearFaults();
      expect(await later(other, 60_000)).toBe(1);
    });
  });

  test('those that cannot be gone on with do not stand in the way of the others', async () => {
    await putConnection(house, 'outreach', 'access_token', house.sandbox('outreach').credentials.access_token, 'gone');
    for (let index = 0; index < 60; index += 1) {
      strike(/\/sequenceSteps$/, refusal(403));
      const id = idOf(
        await createStep(house, EMAIL, { headers: { 'idempotency-key': `k${index}`, ...tenant('outreach', 'gone') } }),
      );
      sql(`update operations set lease_owner = 'dead', lease_until = 1 where id = '${id}' returning 1`);
    }
    strike(/\/sequenceSteps$/, refusal(403));
    const id = idOf(await createStep(house, EMAIL, keyed()));
    sql(`update operations set lease_owner = 'dead', lease_until = 1 where id = '${id}' returning 1`);
    await house.ask(connectionPath('outreach', 'gone'), { method: 'DELETE' });
    await house.recovery.look();
    await house.recovery.look();
    expect((await operation(id)).status).toBe('done');
    expect((await open()).filter(({ under_way }) => under_way)).toEqual([]);
  });
});

describe('an operation whose provider has changed', () => {
  test('is kept, told, and keeps nobody from the others', async () => {
    strike(/\/sequenceSteps$/, refusal(403));
    const id = idOf(await createStep(house, EMAIL, keyed()));
    for (const [change, status] of [
      [`kind = 'no_such_kind'`, 500],
      [`kind = 'delete_step'`, 501],
    ] as const) {
      sql(`update operations set ${change}, lease_owner = 'dead', lease_until = 1 returning 1`);
      await house.recovery.look();
      expect((await resume(id)).status).toBe(status);
      expect(await operation(id)).toMatchObject({ status: 'open', under_way: false });
      sql(`update operations set kind = 'create_steps' returning 1`);
    }
    expect((await resume(id)).status).toBe(201);
  });
});

test('an operation cannot be given to another customer in the store', async () => {
  strike(/\/sequenceSteps$/, refusal(403));
  const id = idOf(await createStep(house, EMAIL, keyed()));
  await putConnection(house, 'outreach', 'access_token', house.sandbox('outreach').credentials.access_token, 'thief');
  sql(`update operations set customer_id = 'thief' returning 1`);
  const before = sent().length;
  expect((await resume(id)).status).toBe(500);
  expect((await operation(id)).errors).toBeUndefined();
  expect(sent()).toHaveLength(before);
});
