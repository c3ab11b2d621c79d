/** What goes wrong while an unknown outcome is looked up: then it stays unknown, and nothing is written again. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, openHouse, type House } from '../support/house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const BODIES = {
  create: { record: { type: 'call', interval_seconds: 86_400 } },
  batch: { records: [{ type: 'call', interval_seconds: 86_400 }] },
};

async function ask(kind: keyof typeof BODIES): Promise<Answer> {
  await house.connect('outreach');
  const sequence =
    house
      .sandbox('outreach')
      .sequences()
      .find(({ seed }) => seed === 'empty')?.id ?? '';
  return house.ask(`/sequences/${sequence}/sequence_steps${kind === 'batch' ? '/_batch' : ''}`, {
    method: 'POST',
    headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': 'outreach', 'idempotency-key': 'key', prefer: 'wait=0' },
    body: BODIES[kind],
  });
}

const steps = (): number =>
  house
    .sandbox('outreach')
    .sequences()
    .reduce((sum, { num_steps }) => sum + num_steps, 0);

const WRONG: readonly (readonly [string, Fault])[] = [
  ['breaks', { kind: 'refusal', at: 'before_commit', name: 'server_error' }],
  ['is busy', { kind: 'refusal', at: 'before_commit', name: 'rate_limited' }],
  ['refuses the credentials', { kind: 'refusal', at: 'before_commit', name: 'expired_token' }],
  ['answers with a page', { kind: 'html', at: 'before_commit' }],
  ['is down', { kind: 'reset', at: 'before_commit' }],
  ['finds nothing there', { kind: 'answer', at: 'before_commit', status: 404, body: {} }],
];

test.each(WRONG.flatMap(([says, fault]) => [['create', says, fault] as const, ['batch', says, fault] as const]))(
  '%s: a look for an unknown step that %s leaves it unknown',
  async (kind, _says, fault) => {
    const sandbox = house.sandbox('outreach');
    const before = steps();
    const match = { method: 'POST', path: /sequenceSteps/ };
    sandbox.addFault({ match, fault: { kind: 'reset', at: 'after_commit' } });
    expect((await ask(kind)).text).toContain('"outcome":"unknown"');
    expect(steps()).toBe(before + 1);

    house.clock.pass(61_000);
    sandbox.addFault({ match: { method: 'GET' }, fault, times: 'until_cleared' });
    expect((await ask(kind)).text).toContain('"outcome":"unknown"');
    const { json } = await house.ask('/operations');
    expect(json).toMatchObject({ records: [{ status: 'open', under_way: false }] });

    sandbox.clearFaults();
    house.clock.pass(3_600_000);
    const last = await ask(kind);
    expect([last.status, steps()], last.text).toEqual([kind === 'batch' ? 200 : 201, before + 1]);
    expect(last.text).not.toContain('errors');
  },
);

test('a write that was taken over and cannot be run is free again at once', async () => {
  house.sandbox('outreach').addFault({
    match: { method: 'POST', path: /sequenceSteps/ },
    fault: { kind: 'reset', at: 'after_commit' },
  });
  const first = await ask('create');
  const [, id = ''] = /"operation_id":"([^"]+)"/.exec(first.text) ?? [];
  await house.ask(`/customers/${CUSTOMER}/connections/outreach`, { method: 'DELETE' });
  const resume = () => house.ask(`/operations/${id}/actions/resume`, { method: 'POST' });
  expect((await resume()).status).toBe(404);
  expect((await resume()).status, 'and not 409').toBe(404);
  await house.connect('outreach');
  expect((await resume()).status).toBe(201);
});

test.each(['outreach', 'apollo'])(
  '%s: of two writes whose outcome is unknown each becomes its own step',
  async (name) => {
    const sandbox = house.sandbox(name);
    await house.connect(name);
    const sequence = sandbox.sequences().find(({ seed }) => seed === 'empty')?.id ?? '';
    const create = (note: string) =>
      house.ask(`/sequences/${sequence}/sequence_steps`, {
        method: 'POST',
        headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name, 'idempotency-key': note, prefer: 'wait=0' },
        body: { record: { type: 'call', interval_seconds: 86_400, task_note: note } },
      });
    const match = { method: 'POST', path: /sequenceSteps|emailer_steps/ };
    sandbox.addFault({ match, fault: { kind: 'reset', at: 'before_commit' } });
    await create('one');
    sandbox.addFault({ match, fault: { kind: 'reset', at: 'after_commit' } });
    await create('other');
    house.clock.pass(61_000);
    const told = [await create('one'), await create('other')].filter(({ status }) => status === 201).length;
    const notes = [...JSON.stringify(sandbox.steps(sequence)).matchAll(/"(?:taskNote|note)":"(one|other)"/g)].map(
      ([, note]) => note,
    );
    expect(new Set(notes).size).toBe(notes.length);
    expect(notes.length).toBeGreaterThanOrEqual(told);
  },
);

describe('a new sequence whose outcome is unknown is found, and not made again', () => {
  const STEPS = [{ type: 'call' }];
  const cases: readonly (readonly [string, string, object])[] = [
    ...['Q3, outbound', 'A..Z', 'Renewals,Plain', '__notnull__'].map((name) => ['outreach', name, { name }] as const),
    ...['outreach', 'apollo', 'salesloft'].map(
      (provider) => [provider, 'As sent', { name: 'As asked', custom_fields: { name: 'As sent' } }] as const,
    ),
  ];

  test.each(cases)('%s: %s', async (provider, name, record) => {
    const sandbox = house.sandbox(provider);
    await house.connect(provider);
    const create = () =>
      house.ask('/sequences', {
        method: 'POST',
        headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': provider, 'idempotency-key': 'key', prefer: 'wait=0' },
        body: { record: { ...record, steps: STEPS } },
      });
    const match = { method: 'POST', path: /\/(sequences|cadence_imports)$/ };
    sandbox.addFault({ match, fault: { kind: 'reset', at: 'after_commit' } });
    expect((await create()).text).toContain('OUTCOME_UNKNOWN');
    const again = await create();
    const made = sandbox.sequences().filter((each) => each.name === name);
    expect([again.status, again.json], again.text).toMatchObject([201, { record: { id: made[0]?.id } }]);
    expect(made).toHaveLength(1);
  });
});

test.each(['outreach', 'apollo'])(
  '%s: a new sequence is found behind a hundred others of its name',
  async (provider) => {
    const sandbox = house.sandbox(provider);
    await house.connect(provider);
    const plenty = Object.fromEntries(Object.keys(sandbox.limits()).map((name) => [name, 1e9]));
    sandbox.changeLimits(plenty);
    const create = (name: string, headers = {}) =>
      house.ask('/sequences', {
        method: 'POST',
        headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': provider, ...headers },
        body: { record: { name, steps: [{ type: 'call' }] } },
      });
    for (let number = 0; number < 100; number += 1) expect((await create(`Same ${number}`)).status).toBe(201);
    const match = { method: 'POST', path: /\/sequences$/ };
    sandbox.addFault({ match, fault: { kind: 'reset', at: 'after_commit' } });
    const key = { 'idempotency-key': 'key', prefer: 'wait=0' };
    expect((await create('Same', key)).text).toContain('OUTCOME_UNKNOWN');
    const again = await create('Same', key);
    expect(again.status, again.text).toBe(201);
    expect(sandbox.sequences().filter(({ name }) => name === 'Same')).toHaveLength(1);
  },
);

test('outreach: a template is found by what custom fields made of it, and not made again', async () => {
  const sandbox = house.sandbox('outreach');
  await house.connect('outreach');
  const sequence = sandbox.sequences().find(({ seed }) => seed === 'empty')?.id ?? '';
  const template = { subject: 'As asked', body: '<p>Hello</p>', custom_fields: { subject: 'As sent' } };
  const create = () =>
    house.ask(`/sequences/${sequence}/sequence_steps`, {
      method: 'POST',
      headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': 'outreach', 'idempotency-key': 'key', prefer: 'wait=0' },
      body: { record: { type: 'auto_email', template } },
    });
  const match = { method: 'POST', path: /\/templates$/ };
  sandbox.addFault({ match, fault: { kind: 'reset', at: 'after_commit' } });
  expect((await create()).text).toContain('OUTCOME_UNKNOWN');
  const again = await create();
  expect(again.status, again.text).toBe(201);
  const made = sandbox.calls().filter(({ method, path }) => method === 'POST' && path.endsWith('/templates'));
  expect(made).toHaveLength(1);
});
