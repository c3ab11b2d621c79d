/** The audit: every request that changes something or could have, and what the gateway does by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_AUDIT_MS } from '../../src/access/audit.ts';
import type { Fault } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, type House } from '../support/house.ts';
import { as, auditOf, makeKey, postKey, revokeKey, type Entry } from './keys.ts';
import {
  connectionPath,
  createStep,
  errorsOf,
  listSequences,
  openConnectedHouse,
  putConnection,
  sequenceOf,
  tenant,
} from './support.ts';

const CALL = { type: 'call' };
const EMAIL = { type: 'auto_email', template: { subject: 'Subject CANARY-1a', body: '<p>CANARY-1a</p>' } };
const TENANT = { customer_id: CUSTOMER, provider_name: 'outreach' };

let folder: string;
let house: House;
let before: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-audit-'));
  house = await openConnectedHouse({ databaseFile: join(folder, 'stepgate.db') });
  house.clock.pass(1000);
  before = new Date(house.clock.now()).toISOString();
});
afterEach(async () => {
  house.sandbox('outreach').clearFaults();
  await house.close();
  rmSync(folder, { recursive: true });
});

/** Since the connections were made. */
const noted = (at: Pick<House, 'ask'> = house): Promise<readonly Entry[]> =>
  auditOf(at, `page_size=100&since=${before}`);

function strike(path: RegExp, fault: Fault): void {
  house.sandbox('outreach').addFault({ match: { method: 'POST', path }, fault, nth: 1, times: 1 });
}
const REFUSED: Fault = {
  kind: 'answer',
  at: 'before_commit',
  status: 403,
  body: { errors: [{ title: 'Refused', detail: 'Not like this.' }] },
};
const keyed = (key: string) => ({ headers: { 'idempotency-key': key, prefer: 'wait=0' } });

function operationOf(answer: Answer): string {
  const { operation_id: id = '' } = (errorsOf(answer)[0]?.meta ?? {}) as { operation_id?: string };
  return id;
}

describe('a write in a provider', () => {
  test('is noted with who, what, for whom, when and the outcome', async () => {
    const key = await makeKey(house);
    const answer = await createStep(as(house, key), CALL, { headers: { 'x-request-id': 'request-7' } });
    expect(answer.status).toBe(201);
    expect((await noted()).at(-1)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      at: new Date(house.clock.now()).toISOString(),
      key_id: key.id,
      action: 'createSequenceStep',
      request_id: 'request-7',
      status: 201,
      outcome: 'done',
      target: `/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps`,
      ...TENANT,
    });
  });

  test('whatever came of it; dry runs, reads and strangers are left out', async () => {
    const ids = [
      await createStep(house, CALL, keyed('one')),
      await createStep(house, CALL, keyed('one')),
      await createStep(house, { type: 'email' }),
      await createStep(house, CALL, { provider: 'outreach', headers: tenant('outreach', 'nobody') }),
    ].map(({ headers }) => headers.get('x-request-id'));
    strike(/\/sequenceTemplates$/, REFUSED);
    const open = operationOf(await createStep(house, EMAIL));
    strike(/\/sequenceSteps$/, { kind: 'reset', at: 'after_commit' });
    const unknown = operationOf(await createStep(house, CALL, keyed('two')));
    await house.ask(`/operations/${open}/actions/resume`, { method: 'POST' });
    const batch = await house.ask('/engagement/v2/sequences/18/sequence_steps/_batch', {
      method: 'POST',
      headers: tenant('outreach'),
      body: { records: [CALL] },
    });
    expect(batch.status, batch.text).toBe(200);

    await createStep(house, CALL, { query: '?dry_run=true' });
    await createStep(house, { type: 'email' }, { query: '?dry_run=true' });
    await createStep(house, CALL, { headers: { 'x-api-key': 'wrong' } });
    await listSequences(house, 'outreach');
    await house.ask('/nowhere', { method: 'POST', body: {} });

    const all = await noted();
    const step = { action: 'createSequenceStep', key_id: 'env', ...TENANT };
    expect(all).toMatchObject([
      { ...step, status: 201, outcome: 'done' },
      { ...step, status: 201, outcome: 'replayed' },
      { ...step, status: 422, outcome: 'refused' },
      { ...step, status: 404, outcome: 'refused', customer_id: 'nobody' },
      { ...step, status: 424, outcome: 'refused', operation_id: open },
      { ...step, status: 502, outcome: 'unknown', operation_id: unknown },
      { action: 'resumeOperation', status: 201, outcome: 'done', operation_id: open, ...TENANT },
      { action: 'createSequenceSteps', status: 200, target: '/sequences/18/sequence_steps/_batch' },
    ]);
    expect(all).toHaveLength(8);
    expect(all.slice(0, 4).map((each) => each.request_id)).toEqual(ids);
    expect((await house.ask(`/operations/${all[0]?.operation_id ?? ''}`)).status).toBe(200);
    expect(all[1]?.operation_id).toBeUndefined();
    expect(JSON.stringify(all)).not.toContain('CANARY');
  });

  test('does not wait for it', async () => {
    const rows = await noted();
    await createStep(house, CALL);
    expect(stored('createSequenceStep')).toBe(0);
    expect(await noted()).toHaveLength(rows.length + 1);
    expect(stored('createSequenceStep')).toBe(1);
  });
});

/** What another process would find in the file. */
function stored(action: string): number {
  const db = new DatabaseSync(join(folder, 'stepgate.db'));
  try {
    return Number(db.prepare('select count(*) as count from audit where action = ?').get(action)?.['count']);
  } finally {
    db.close();
  }
}

describe('what says who reaches which account', () => {
  test('is durable before it is answered', async () => {
    const counts: number[] = [];
    const key = await makeKey(house);
    counts.push(stored('createApiKey'));
    await revokeKey(house, key.id);
    counts.push(stored('revokeApiKey'));
    await putConnection(house, 'outreach', 'access_token', 'a-long-token-0123', 'new');
    counts.push(stored('putConnection'));
    await house.ask(connectionPath('outreach', 'new'), { method: 'DELETE' });
    counts.push(stored('deleteConnection'));
    expect(counts).toEqual([1, 1, 4, 1]);
    expect(await noted()).toMatchObject([
      { action: 'createApiKey', target: `/api_keys/${key.id}`, status: 201, outcome: 'done', key_id: 'env' },
      { action: 'revokeApiKey', target: `/api_keys/${key.id}`, status: 204 },
      { action: 'putConnection', target: connectionPath('outreach', 'new'), status: 201, customer_id: 'new' },
      { action: 'deleteConnection', target: connectionPath('outreach', 'new'), status: 204, provider_name: 'outreach' },
    ]);
  });

  test('is not answered with success where it is not in the audit, and says so', async () => {
    const db = new DatabaseSync(join(folder, 'stepgate.db'));
    db.exec("create trigger away before insert on audit begin select raise(abort, 'away'); end");
    const refused = [
      await postKey(house, { name: 'x', role: 'read' }),
      await putConnection(house, 'outreach', 'access_token', 'a-long-token-0123', 'new'),
    ];
    for (const answer of refused) {
      expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([503, 'STORE_UNAVAILABLE']);
      expect(errorsOf(answer)[0]?.detail).toContain('has been done');
      expect(answer.text).not.toContain('sg_');
    }
    // What only writes in a provider goes on, and is noted when that is possible again.
    expect((await createStep(house, CALL)).status).toBe(201);
    expect((await house.ask('/audit')).status).toBe(503);
    db.exec('drop trigger away');
    db.close();
    expect((await noted()).map(({ action }) => action)).toEqual([
      'createApiKey',
      'putConnection',
      'createSequenceStep',
    ]);
  });
});

describe('GET /audit', () => {
  test('has pages, newest first, which hold while entries come', async () => {
    for (let index = 0; index < 5; index += 1) {
      await createStep(house, CALL, { headers: { 'x-request-id': `r${index}` } });
      house.clock.pass(index % 2);
    }
    const seen: string[] = [];
    let next: string | null = '';
    for (let page = 0; next !== null && page < 9; page += 1) {
      const { json } = await house.ask(
        `/audit?page_size=2&action=createSequenceStep${next === '' ? '' : `&cursor=${next}`}`,
      );
      const { records, pagination } = json as { records: Entry[]; pagination: { next: string | null } };
      seen.push(...records.map(({ request_id }) => request_id));
      next = pagination.next;
      if (page === 0) await createStep(house, CALL, { headers: { 'x-request-id': 'newer' } });
    }
    expect(seen).toEqual(['r4', 'r3', 'r2', 'r1', 'r0']);
  });

  test('is filtered by customer, key, action and time, one by one and together', async () => {
    const key = await makeKey(house);
    const times: string[] = [];
    for (const at of [house, as(house, key)]) {
      times.push(new Date(house.clock.now()).toISOString());
      await createStep(at, CALL);
      await at.ask('/sequences/18/actions/activate', { method: 'POST', headers: tenant('outreach', 'nobody') });
      house.clock.pass(60_000);
    }
    const [first = '', second = ''] = times;
    const found = async (query: string) =>
      (await auditOf(house, `page_size=100&${query}`)).map(
        (each) => `${each.key_id === 'env' ? 'env' : 'key'} ${each.action}`,
      );
    const [mine, theirs] = ['createSequenceStep', 'activateSequence'];
    expect(await found('customer_id=nobody')).toEqual([`env ${theirs}`, `key ${theirs}`]);
    expect(await found(`key_id=${key.id}`)).toEqual([`key ${mine}`, `key ${theirs}`]);
    expect(await found(`action=${mine}`)).toEqual([`env ${mine}`, `key ${mine}`]);
    expect(await found(`since=${second}`)).toEqual([`key ${mine}`, `key ${theirs}`]);
    expect(await found(`since=${first}&until=${second}&action=${theirs}`)).toEqual([`env ${theirs}`]);
    const shifted = encodeURIComponent(second.replace('T12:', 'T14:').replace('Z', '+02:00'));
    expect(await found(`since=${shifted}`)).toHaveLength(2);
    expect(await found(`key_id=${key.id}&customer_id=nobody&action=${theirs}`)).toEqual([`key ${theirs}`]);
    for (const none of ['customer_id=Nobody', 'key_id=x', 'action=x', `until=${before}&customer_id=nobody`])
      expect(await found(none)).toEqual([]);
    for (const query of ['since=yesterday', 'cursor=x', 'page_size=101', 'customer=x', 'since=2026-01-01'])
      expect((await house.ask(`/audit?${query}`)).status).toBe(400);
  });

  test('shows what other processes have done', async () => {
    const other = await house.beside();
    await createStep(other, CALL, { headers: { 'x-request-id': 'elsewhere' } });
    await putConnection(other, 'outreach', 'access_token', 'a-long-token-0123', 'elsewhere');
    expect((await noted()).map(({ action }) => action)).toContain('putConnection');
    await other.ask('/audit');
    expect((await noted()).map(({ request_id }) => request_id)).toContain('elsewhere');
    await createStep(other, CALL, { headers: { 'x-request-id': 'at-the-end' } });
    await other.close();
    expect((await noted()).map(({ request_id }) => request_id)).toContain('at-the-end');
  });

  test('has no other method', async () => {
    await createStep(house, CALL);
    const [entry] = await noted();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      for (const path of ['/audit', `/audit/${entry?.id ?? ''}`])
        expect((await house.ask(path, { method, body: {} })).status).toBe(404);
    expect(await noted()).toEqual([entry]);
  });
});

test('what is older than it is to be kept is removed, and nothing else', async () => {
  await createStep(house, CALL, { headers: { 'x-request-id': 'old' } });
  await noted();
  house.clock.pass(DEFAULT_AUDIT_MS);
  await house.recovery.look();
  expect((await auditOf(house)).map(({ request_id }) => request_id)).toContain('old');
  await createStep(house, CALL, { headers: { 'x-request-id': 'new' } });
  await noted();
  house.clock.pass(3_600_000);
  await house.recovery.look();
  expect((await auditOf(house)).map(({ request_id }) => request_id)).toEqual(['new']);
});

describe('by itself', () => {
  test('the gateway finishes what a crash has left', async () => {
    strike(/\/sequenceTemplates$/, REFUSED);
    const id = operationOf(await createStep(house, EMAIL, keyed('one')));
    const db = new DatabaseSync(join(folder, 'stepgate.db'));
    db.exec(`update operations set lease_owner = 'dead', lease_until = 1 where id = '${id}'`);
    db.close();
    await house.recovery.look();
    expect((await noted()).at(-1)).toMatchObject({
      key_id: 'gateway',
      action: 'recoverOperation',
      outcome: 'done',
      status: 201,
      operation_id: id,
      ...TENANT,
    });
  });

  test('it marks a connection whose credentials are refused, and notes that once', async () => {
    await putConnection(house, 'outreach', 'access_token', 'a-refused-token-0123', 'refused');
    for (let time = 0; time < 3; time += 1) await listSequences(house, 'outreach', 'refused');
    const marks = (await noted()).filter(({ key_id }) => key_id === 'gateway');
    expect(marks).toMatchObject([
      { action: 'markConnection', outcome: 'needs_reauth', customer_id: 'refused', provider_name: 'outreach' },
    ]);
  });
});

test('a filter that looks through much answers page by page, also with pages on which there is nothing', async () => {
  await createStep(house, CALL);
  const [own] = await auditOf(house, 'action=createSequenceStep');
  // Three hours in which the customer was always there, and did something else.
  const from = Math.floor(house.clock.now() / 4096);
  const db = new DatabaseSync(join(folder, 'stepgate.db'));
  db.prepare(
    `with recursive times(at) as (select ? union all select at + 1 from times where at < ?)
     insert into audit_stretches (named, value, stretch)
     select 'customer_id', ?, substr(printf('%09x', at), 1, 8) || '-' || substr(printf('%09x', at), 9) from times`,
  ).run(from + 1, from + 2600, CUSTOMER);
  db.close();
  const pages: { pagination: { next: string | null }; records: readonly Entry[] }[] = [];
  for (let next: string | null = ''; next !== null; next = pages.at(-1)?.pagination.next ?? null) {
    const query = `customer_id=${CUSTOMER}&action=createSequenceStep${next && `&cursor=${next}`}`;
    pages.push((await house.ask(`/audit?${query}`)).json as (typeof pages)[number]);
  }
  expect(pages.map(({ records }) => records)).toEqual([[], [own]]);
});
