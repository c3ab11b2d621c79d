/** Whatever one customer has in hand opens nothing of another's: asserted on the answers and on what the accounts hold. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault, Sandbox } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { openHouse, writesAmong, type Ask, type House } from '../support/house.ts';
import { as, auditOf, makeKey, postKey, type MadeKey } from './keys.ts';
import { openOwnAccounts } from './own-accounts.ts';
import { bodyOf, connectionPath, errorsOf, sequenceOf, tenant, told, type Asked } from './support.ts';

const PROVIDER = 'outreach';
const CALL = { type: 'call' };
const EMAIL = { type: 'auto_email', template: { subject: 'Subject', body: '<p>Body</p>' } };
/** Two that are strangers, one that nobody has connected, and those that look as if they were the first. */
const [MINE, THEIRS, NOBODY] = ['a', 'b', 'nobody'];
const ALIKE = ['a:b', 'A', 'a.', 'a:outreach', 'outreach', 'a=b', 'a@b', '-'];

let house: House;
let accounts: ReadonlyMap<string, Sandbox>;
let key: MadeKey;
let mine: Asked;

beforeEach(async () => {
  house = await openHouse();
  accounts = await openOwnAccounts(house, PROVIDER, [MINE, THEIRS, ...ALIKE]);
  key = await makeKey(house, 'write', [MINE]);
  mine = as(house, key);
});
afterEach(async () => {
  for (const account of accounts.values()) account.clearFaults();
  await house.close();
});

function account(customer: string): Sandbox {
  const found = accounts.get(customer);
  if (!found) throw new Error(`${customer} has no account.`);
  return found;
}

const writes = (customer: string): number => writesAmong(account(customer).calls()).length;
const untouched = (customer: string): boolean => account(customer).calls().length === 0;
const steps = (customer: string): number =>
  account(customer)
    .sequences()
    .reduce((sum, { num_steps }) => sum + num_steps, 0);

function create(at: Pick<Asked, 'ask'>, customer: string, record: unknown, idempotency?: string): Promise<Answer> {
  return at.ask(`/sequences/${sequenceOf(account(MINE))}/sequence_steps`, {
    method: 'POST',
    headers: {
      ...tenant(PROVIDER, customer),
      prefer: 'wait=0',
      ...(idempotency === undefined ? {} : { 'idempotency-key': idempotency }),
    },
    body: { record },
  });
}

function strike(customer: string, path: RegExp, fault: Fault): void {
  account(customer).addFault({ match: { method: 'POST', path }, fault, nth: 1, times: 1 });
}
const REFUSED: Fault = {
  kind: 'answer',
  at: 'before_commit',
  status: 403,
  body: { errors: [{ title: 'Refused', detail: 'Not like this.' }] },
};

/** An operation that is open, because the provider has refused its last call. */
async function interrupted(customer: string, idempotency?: string): Promise<string> {
  strike(customer, /\/sequenceTemplates$/, REFUSED);
  const answer = await create(house, customer, EMAIL, idempotency);
  const { operation_id: id } = (errorsOf(answer)[0]?.meta ?? {}) as { operation_id?: string };
  expect(id, answer.text).toBeTypeOf('string');
  return id ?? '';
}

/** What is told of one customer must be what is told of one that there is not, to the letter. */
function expectAlike(foreign: Answer, missing: Answer, customer: string, none = NOBODY): void {
  const clean = ({ text, headers }: Answer, name: string): string =>
    ['Customer ', '/customers/', 'operation ']
      .reduce((all, before) => all.replaceAll(before + name, before + '{name}'), text)
      .replaceAll(headers.get('x-request-id') ?? '', '{id}');
  expect([foreign.status, clean(foreign, customer)]).toEqual([missing.status, clean(missing, none)]);
  expect([...foreign.headers.keys()].toSorted()).toEqual([...missing.headers.keys()].toSorted());
  expect(foreign.status).toBe(404);
}

const STEP = '/sequences/18/sequence_steps';
const OF_A_CUSTOMER: readonly (readonly [string, string, Ask])[] = [
  ['GET', '/sequences', {}],
  ['GET', '/sequences/18', {}],
  ['GET', STEP, {}],
  ['GET', `${STEP}/1`, {}],
  ['GET', '/templates', {}],
  ['GET', '/templates/1', {}],
  ['POST', '/sequences', { body: { record: { name: 'New', steps: [CALL] } } }],
  ['POST', STEP, { body: { record: CALL } }],
  ['POST', `${STEP}?dry_run=true`, { body: { record: CALL } }],
  ['POST', `${STEP}/_batch`, { body: { records: [CALL] } }],
  ['PATCH', `${STEP}/1`, { body: { record: { task_note: 'x' } } }],
  ['PATCH', '/sequences/18', { body: { record: { name: 'x' } } }],
  ['POST', '/sequences/18/actions/activate', {}],
  ['POST', '/sequences/18/actions/deactivate', {}],
  ['DELETE', '/sequences/18', {}],
];

describe('an API key that is bound to a customer', () => {
  test('reaches that one', async () => {
    expect((await create(mine, MINE, CALL)).status).toBe(201);
    for (const path of [connectionPath(PROVIDER, MINE), `${connectionPath(PROVIDER, MINE)}/budget`, '/providers'])
      expect((await mine.ask(path)).status).toBe(200);
    expect((await mine.ask('/sequences', { headers: tenant(PROVIDER, MINE) })).status).toBe(200);
  });

  test.each(OF_A_CUSTOMER)('%s %s: another customer is as if there was none', async (method, path, ask) => {
    for (const prefix of ['', '/engagement/v2']) {
      const of = (at: Asked, customer: string) =>
        at.ask(prefix + path, { ...ask, method, headers: tenant(PROVIDER, customer) });
      const missing = await of(as(house, await makeKey(house, 'write')), NOBODY);
      for (const customer of [THEIRS, ...ALIKE]) {
        expectAlike(await of(mine, customer), missing, customer);
        expect(untouched(customer), customer).toBe(true);
      }
      expectAlike(await of(mine, NOBODY), missing, NOBODY);
    }
  });

  test.each([
    ['GET', ''],
    ['DELETE', ''],
    ['PUT', ''],
    ['POST', '/actions/test'],
    ['GET', '/budget'],
  ])('%s of a connection%s: likewise, and it is not changed', async (method, rest) => {
    const body =
      method === 'PUT' ? { body: { credentials: { type: 'access_token', access_token: 'of-mine-0123' } } } : {};
    const missing = await house.ask(connectionPath(PROVIDER, NOBODY) + (rest === '/budget' ? rest : ''), {});
    for (const customer of [THEIRS, ...ALIKE, NOBODY]) {
      const answer = await mine.ask(connectionPath(PROVIDER, customer) + rest, { method, ...body });
      expectAlike(answer, missing, customer);
      expect(answer.text, 'true of both').toContain('with an API key that reaches the customer');
      if (customer === NOBODY) continue;
      expect(untouched(customer)).toBe(true);
      expect((await house.ask('/sequences', { headers: tenant(PROVIDER, customer) })).status, customer).toBe(200);
    }
    expect((await house.ask(connectionPath(PROVIDER, NOBODY))).status).toBe(404);
  });

  test('may be bound to several, and reaches each of them and no other', async () => {
    const both = as(house, await makeKey(house, 'read', [MINE, 'a:b']));
    const reached = await Promise.all(
      [MINE, 'a:b', THEIRS, 'A'].map((customer) => both.ask('/sequences', { headers: tenant(PROVIDER, customer) })),
    );
    expect(reached.map(({ status }) => status)).toEqual([200, 200, 404, 404]);
  });

  test('cannot unbind itself or make another key', async () => {
    expect((await postKey(mine, { name: 'free', role: 'write' })).status).toBe(403);
    for (const role of ['read', 'write'] as const)
      expect((await as(house, await makeKey(house, role, [MINE])).ask('/audit')).status).toBe(403);
    const admin = await postKey(house, { name: 'free', role: 'admin', customers: [MINE] });
    expect(told(admin)).toEqual(['INVALID_VALUE /customers']);
  });

  test('is told in the audit with the customer that it tried', async () => {
    await create(mine, THEIRS, CALL);
    await mine.ask(connectionPath(PROVIDER, THEIRS), { method: 'DELETE' });
    const tried = { key_id: key.id, customer_id: THEIRS, status: 404, outcome: 'refused' };
    expect(await auditOf(house, `key_id=${key.id}`)).toMatchObject([
      { ...tried, action: 'createSequenceStep' },
      { ...tried, action: 'deleteConnection' },
    ]);
  });
});

describe('what the gateway remembers of a key', () => {
  test('is of that key: others that were presented before open nothing for it', async () => {
    const theirs = as(house, await makeKey(house, 'write', [THEIRS]));
    for (let time = 0; time < 3; time += 1) {
      const answers = await Promise.all(
        [house, mine, theirs].flatMap((at) =>
          [MINE, THEIRS].map((customer) => at.ask('/sequences', { headers: tenant(PROVIDER, customer) })),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 404, 200]);
    }
  });
});

describe('an operation id', () => {
  test('of another customer is as if there was none, and is not gone on with', async () => {
    const id = await interrupted(THEIRS, 'key-1');
    const before = account(THEIRS).calls().length;
    const nothing = '00000000-0000-4000-8000-000000000000';
    for (const [method, rest] of [
      ['GET', ''],
      ['POST', '/actions/resume'],
    ] as const) {
      const foreign = await mine.ask(`/operations/${id}${rest}`, { method });
      expectAlike(foreign, await mine.ask(`/operations/${nothing}${rest}`, { method }), id, nothing);
      expect(told(foreign)).toEqual(['OPERATION_NOT_FOUND']);
    }
    expect(account(THEIRS).calls()).toHaveLength(before);
    const theirs = as(house, await makeKey(house, 'write', [THEIRS]));
    expect((await theirs.ask(`/operations/${id}/actions/resume`, { method: 'POST' })).status).toBe(201);
    // Closed, its answer is kept: not for others either.
    expect((await mine.ask(`/operations/${id}/actions/resume`, { method: 'POST' })).status).toBe(404);
    expect((await mine.ask(`/operations/${id}`)).status).toBe(404);
  });

  test('is listed to its own customer, on every page', async () => {
    const ids = { [MINE]: await interrupted(MINE), [THEIRS]: await interrupted(THEIRS) };
    const listed = async (at: Pick<Asked, 'ask'>, query = '') =>
      ((await at.ask(`/operations${query}`)).json as { records: { id: string; customer_id: string }[] }).records;
    expect((await listed(mine)).map(({ id }) => id)).toEqual([ids[MINE]]);
    const theirs = as(house, await makeKey(house, 'read', [THEIRS]));
    expect((await listed(theirs)).map(({ id }) => id)).toEqual([ids[THEIRS]]);
    expect((await listed(house)).map(({ id }) => id).toSorted()).toEqual(Object.values(ids).toSorted());
    // The place after which a list goes on is an id: another's shows nothing of it.
    for (const cursor of [...Object.values(ids), '00000000-0000-4000-8000-000000000000'])
      for (const { customer_id } of await listed(mine, `?cursor=${cursor}`)) expect(customer_id).toBe(MINE);
  });
});

describe('a cursor', () => {
  const list = (at: Pick<Asked, 'ask'>, customer: string, query: string): Promise<Answer> =>
    at.ask(`/sequences?${query}`, { headers: tenant(PROVIDER, customer) });
  const nextOf = ({ json }: Answer): string => (json as { pagination: { next: string } }).pagination.next;

  test("continues its own customer's list, and no other's, whoever asks", async () => {
    const next = nextOf(await list(house, THEIRS, 'page_size=1'));
    expect((await list(house, THEIRS, `cursor=${next}`)).status).toBe(200);
    for (const at of [house, mine]) {
      const answer = await list(at, MINE, `cursor=${next}`);
      expect([answer.status, ...told(answer)]).toEqual([400, 'INVALID_CURSOR cursor']);
    }
    expect((await list(mine, THEIRS, `cursor=${next}`)).status).toBe(404);
    expect(untouched(MINE)).toBe(true);
  });

  test('that somebody writes himself with the names run together is none', async () => {
    const told = JSON.parse(
      Buffer.from(nextOf(await list(house, 'a:b', 'page_size=1')), 'base64url').toString(),
    ) as object;
    for (const names of [
      [PROVIDER, 'a', 'b', 'sequences'],
      [PROVIDER, 'a:b:sequences'],
      [PROVIDER, 'A', 'sequences'],
    ]) {
      const cursor = Buffer.from(JSON.stringify({ ...told, list: names })).toString('base64url');
      expect((await list(house, MINE, `cursor=${cursor}`)).status).toBe(400);
    }
  });
});

describe('an idempotency key', () => {
  test('is of its customer: another one with the same key writes in his own account', async () => {
    const answers = new Map<string, Answer>();
    for (const customer of [MINE, THEIRS, ...ALIKE]) {
      const answer = await create(house, customer, EMAIL, 'key-1');
      expect([answer.status, answer.headers.get('idempotent-replayed')], customer).toEqual([201, null]);
      answers.set(customer, answer);
      expect(writes(customer)).toBe(4);
    }
    for (const [customer, first] of answers) {
      const again = await create(house, customer, EMAIL, 'key-1');
      expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
    }
    // Another request with it is not told from any other's first one.
    expect((await create(house, NOBODY, CALL, 'key-1')).status).toBe(404);
  });

  test("of another customer replays nothing to a bound key, and does not go on with what is the other's", async () => {
    expect((await create(house, THEIRS, EMAIL, 'done')).status).toBe(201);
    await interrupted(THEIRS, 'open');
    const before = account(THEIRS).calls().length;
    for (const each of ['done', 'open', 'new']) {
      for (const record of [EMAIL, CALL]) {
        const answer = await create(mine, THEIRS, record, each);
        expect([answer.status, ...told(answer)]).toEqual([404, 'CONNECTION_NOT_FOUND']);
        expect(answer.headers.get('idempotent-replayed')).toBeNull();
      }
    }
    expect(account(THEIRS).calls()).toHaveLength(before);
    expect(untouched(MINE)).toBe(true);
  });

  test('one that is in flight holds up nobody else', async () => {
    strike(THEIRS, /\/templates$/, { kind: 'hang', at: 'before_commit' });
    const held = create(house, THEIRS, EMAIL, 'key-1');
    await arrived(THEIRS);
    expect((await create(house, MINE, EMAIL, 'key-1')).status).toBe(201);
    account(THEIRS).clearFaults();
    await held;
  });
});

describe('opened credentials', () => {
  test('are those of the customer that is asked for, whoever was served before', async () => {
    const customers = [MINE, THEIRS, ...ALIKE];
    for (const customer of [...customers, ...customers.toReversed()]) {
      expect((await create(house, customer, CALL)).status).toBe(201);
      const used = account(customer).calls().at(-1);
      expect(used?.committed).toBe(true);
    }
    for (const customer of customers) expect([customer, writes(customer)]).toEqual([customer, 2]);
  });

  test('do not stand in for those that are not there, are forgotten or belong to another case', async () => {
    expect((await create(house, MINE, CALL)).status).toBe(201);
    for (const customer of [NOBODY, 'a:', 'a:b:c', 'B']) {
      const answer = await create(house, customer, CALL);
      expect([answer.status, ...told(answer)]).toEqual([404, 'CONNECTION_NOT_FOUND']);
    }
    await house.ask(connectionPath(PROVIDER, 'A'), { method: 'DELETE' });
    expect((await create(house, 'A', CALL)).status).toBe(404);
    expect((await create(house, MINE, CALL)).status).toBe(201);
    expect([writes(MINE), writes('A')]).toEqual([2, 0]);
  });
});

describe('a budget', () => {
  const left = async (customer: string): Promise<number | undefined> => {
    const { json } = await house.ask(`${connectionPath(PROVIDER, customer)}/budget`);
    return (json as { policies: { remaining?: number }[] }).policies[0]?.remaining;
  };

  test("of one customer is not spent by another's calls, nor his circuit opened by another's failures", async () => {
    const whole = await left(MINE);
    for (let time = 0; time < 6; time += 1) {
      strike(THEIRS, /\/sequenceSteps$/, { kind: 'answer', at: 'before_commit', status: 500, body: {} });
      await create(house, THEIRS, CALL);
    }
    expect(told(await create(house, THEIRS, CALL))).toEqual(['CIRCUIT_OPEN']);
    expect(await left(MINE)).toBe(whole);
    for (const customer of [MINE, ...ALIKE]) expect((await create(house, customer, CALL)).status).toBe(201);
    expect(await left(THEIRS)).toBe((whole ?? 0) - 5);
  });
});

describe('a turn', () => {
  test("of one customer does not wait for another's, though their sequences have the same id", async () => {
    strike(THEIRS, /\/sequenceSteps$/, { kind: 'hang', at: 'before_commit' });
    const held = create(house, THEIRS, CALL);
    await arrived(THEIRS);
    for (const customer of [MINE, ...ALIKE]) expect((await create(house, customer, CALL)).status).toBe(201);
    account(THEIRS).clearFaults();
    await held;
  });
});

describe('ids that were made lately', () => {
  test.each([
    ['in one call', CALL, /\/sequenceSteps$/],
    ['and journalled', EMAIL, /\/sequenceSteps$/],
  ])(
    "of one customer, %s, are not taken for another's that his provider calls the same",
    async (_how, record, path) => {
      const first = await create(house, MINE, record);
      expect(first.status).toBe(201);
      for (const customer of [THEIRS, 'a:b']) {
        strike(customer, path, { kind: 'reset', at: 'after_commit' });
        const before = steps(customer);
        expect((await create(house, customer, record, 'key-1')).status).toBe(502);
        const again = await create(house, customer, record, 'key-1');
        expect([again.status, bodyOf(again).record?.id], again.text).toEqual([201, bodyOf(first).record?.id]);
        expect(steps(customer)).toBe(before + 1);
      }
    },
  );
});

describe('a customer id', () => {
  test.each(['é', 'а', 'a b', 'a,b', 'a/b', 'a\tb', '.', '..', 'x'.repeat(256), 'a%62', '"a"'])(
    '%j is none, in a header and in a path',
    async (customer) => {
      // A header that HTTP cannot carry does not reach the gateway.
      if (/^[\x20-\xff]*$/.test(customer))
        expect(told(await create(house, customer, CALL))).toEqual(['INVALID_HEADER x-customer-id']);
      const answer = await mine.ask(`/customers/${encodeURIComponent(customer)}/connections/${PROVIDER}`);
      expect(answer.status).toBe(404);
      for (const each of accounts.values()) expect(each.calls()).toEqual([]);
    },
  );

  test('said twice is none, and said in other letters of the path is the same one', async () => {
    const headers: [string, string][] = [
      ['x-api-key', key.api_key],
      ['x-provider-name', PROVIDER],
      ['x-customer-id', MINE],
      ['x-customer-id', THEIRS],
    ];
    expect((await house.app.request('/sequences', { headers })).status).toBe(400);
    expect((await mine.ask(`/customers/%61/connections/${PROVIDER}`)).status).toBe(200);
    expect((await mine.ask(`/customers/%62/connections/${PROVIDER}`)).status).toBe(404);
  });
});

/** Once the provider has the call. */
async function arrived(customer: string): Promise<void> {
  while (account(customer).calls().length === 0) await new Promise((turn) => setImmediate(turn));
}
