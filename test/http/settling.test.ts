/** Whose record it is that Apollo or Salesloft shows after a write whose outcome is not known: ours, somebody else's, or not to be told. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_GRACE_MS } from '../../src/core/settle-unknown.ts';
import type { Answer } from '../support/answer.ts';
import { openHouse, type House } from '../support/house.ts';
import { bodyOf, errorsOf, sequenceOf, tenant, writesDone } from './support.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  for (const name of ['apollo', 'salesloft']) await house.connect(name);
});
afterEach(() => house.close());

type Name = 'apollo' | 'salesloft';
const DOORS = {
  apollo: (key = '') => ({ path: '/api/v1', headers: { 'x-api-key': key } }),
  salesloft: (key = '') => ({ path: '/v2', headers: { authorization: `Bearer ${key}` } }),
};

/** What somebody else does at the provider's own door, a moment later. */
async function native(name: Name, method: string, path: string, body: object): Promise<unknown> {
  house.clock.pass(1_000);
  const { app, origin, credentials } = house.sandbox(name);
  const door = DOORS[name](credentials.api_key);
  const answer = await app.request(`${origin}${door.path}/${path}`, {
    method,
    headers: { ...door.headers, 'content-type': 'application/json', 'user-agent': 'test' },
    body: JSON.stringify(body),
  });
  expect(answer.status, path).toBeLessThan(300);
  return answer.json();
}

const create = (name: Name, path: string, record: object, key = 'key'): Promise<Answer> =>
  house.ask(path, {
    method: 'POST',
    headers: { ...tenant(name), 'idempotency-key': key, prefer: 'wait=0' },
    body: { record },
  });

function strike(name: Name, at: 'before_commit' | 'after_commit'): void {
  const path = /\/(emailer_steps|sequences|cadence_imports)$/;
  house.sandbox(name).addFault({ match: { method: 'POST', path }, fault: { kind: 'reset', at } });
}

async function expectAmbiguous(name: Name, again: () => Promise<Answer>): Promise<void> {
  const early = await again();
  expect([early.status, errorsOf(early)[0]?.problem_type], early.text).toEqual([409, 'OUTCOME_NOT_SETTLED']);
  house.clock.pass(DEFAULT_GRACE_MS);
  const before = writesDone(house, name).length;
  const late = await again();
  expect([late.status, errorsOf(late)[0]?.problem_type], late.text).toEqual([502, 'OUTCOME_AMBIGUOUS']);
  expect(errorsOf(late)[0]?.meta.candidates).toHaveLength(1);
  expect(writesDone(house, name)).toHaveLength(before);
}

describe('a step of Apollo', () => {
  const CALL = { type: 'call', interval_seconds: 86_400, task_note: 'Ours' };
  const EMAIL = { type: 'auto_email', template: { subject: 'Hi', body: '<p>Hi</p>' } };
  const sequence = () => sequenceOf(house.sandbox('apollo'));
  const make = (record: object = CALL, key = 'key') =>
    create('apollo', `/sequences/${sequence()}/sequence_steps`, record, key);
  const theirs = (step: object, position = 1) =>
    native('apollo', 'POST', 'emailer_steps', {
      emailer_campaign_id: sequence(),
      position,
      exact_datetime: null,
      note: null,
      ...step,
    });

  test.each([
    ['another note', CALL, { type: 'call', wait_mode: 'day', wait_time: 1, note: 'Theirs' }],
    ['another wait', CALL, { type: 'call', wait_mode: 'day', wait_time: 2, note: 'Ours' }],
    ['another kind', CALL, { type: 'action_item', wait_mode: 'day', wait_time: 1, note: 'Ours' }],
    ['another wait, an email', EMAIL, { type: 'auto_email', wait_mode: 'day', wait_time: 2 }],
  ])('of somebody else with %s is not taken, and none is written beside it', async (_what, record, step) => {
    strike('apollo', 'before_commit');
    await make(record);
    await theirs(step);
    await expectAmbiguous('apollo', () => make(record));
  });

  test('that somebody has changed since is not made again', async () => {
    strike('apollo', 'after_commit');
    await make();
    const [made] = house.sandbox('apollo').steps(sequence());
    const wait = { wait_mode: 'day', wait_time: 3 };
    await native('apollo', 'PUT', `emailer_steps/${made?.id ?? ''}`, { id: made?.id, ...wait });
    await expectAmbiguous('apollo', make);
  });

  test('that others have pushed on, or say in other units, is ours', async () => {
    strike('apollo', 'after_commit');
    await make();
    const [made] = house.sandbox('apollo').steps(sequence());
    const wait = { wait_mode: 'hour', wait_time: 24 };
    await native('apollo', 'PUT', `emailer_steps/${made?.id ?? ''}`, { id: made?.id, ...wait });
    const late = await make();
    expect([late.status, bodyOf(late).record?.id], late.text).toEqual([201, made?.id]);
  });

  test('that another write of ours has made is that one’s: its place is taken then', async () => {
    strike('apollo', 'before_commit');
    await make();
    expect((await make(CALL, 'other')).status).toBe(201);
    house.clock.pass(DEFAULT_GRACE_MS);
    const late = await make();
    expect([late.status, errorsOf(late)[0]?.code], late.text).toEqual([422, 'PROVIDER_REJECTED']);
    expect(house.sandbox('apollo').steps(sequence())).toHaveLength(1);
  });
});

describe('a new sequence of Apollo', () => {
  const RECORD = { name: 'Q3', steps: [{ type: 'call', interval_seconds: 86_400 }] };
  const STEP = { type: 'call', wait_mode: 'day', wait_time: 1 };
  const make = () => create('apollo', '/sequences', RECORD);

  test.each([
    ['another step', { name: 'Q3', active: false, emailer_steps: [{ ...STEP, wait_time: 2 }] }],
    ['one step more', { name: 'Q3', active: false, emailer_steps: [STEP, STEP] }],
    ['being on', { name: 'Q3', active: true, emailer_steps: [STEP] }],
  ])('of somebody else with %s is not taken', async (_what, body) => {
    strike('apollo', 'before_commit');
    await make();
    await native('apollo', 'POST', 'sequences', body);
    await expectAmbiguous('apollo', make);
  });

  test('of another name is in nobody’s way', async () => {
    strike('apollo', 'before_commit');
    await make();
    await native('apollo', 'POST', 'sequences', { name: 'Q3 too', active: false, emailer_steps: [STEP] });
    house.clock.pass(DEFAULT_GRACE_MS);
    const late = await make();
    expect(late.status, late.text).toBe(201);
  });
});

describe('an import of Salesloft', () => {
  const STEP = { type: 'call', name: 'Call', interval_seconds: 0 };
  const step = (day: number, name: string) => ({
    day,
    automated: false,
    due_immediately: false,
    reference_id: day,
    steps: [{ enabled: true, name, type: 'Phone', type_settings: { instructions: '' } }],
  });
  const cadence = (name: string, groups: readonly object[], team = false) => ({
    settings: {
      name,
      target_daily_people: 0,
      remove_replied: true,
      remove_bounced: true,
      cadence_function: 'outbound',
      external_identifier: null,
    },
    sharing_settings: { team_cadence: team, shared: team },
    cadence_content: { step_groups: groups },
  });
  const theirs = (body: object) => native('salesloft', 'POST', 'cadence_imports', body);
  const empty = () => sequenceOf(house.sandbox('salesloft'));
  const fill = () => create('salesloft', `/sequences/${empty()}/sequence_steps`, STEP);
  const make = () => create('salesloft', '/sequences', { name: 'Q3', steps: [STEP] });

  test.each([
    ['another name', [step(1, 'Theirs')]],
    ['another day', [step(2, 'Call')]],
    ['one more', [step(1, 'Call'), step(2, 'More')]],
  ])('into an empty cadence: a step of somebody else with %s is not taken', async (_what, step_groups) => {
    strike('salesloft', 'before_commit');
    await fill();
    await theirs({ cadence_content: { cadence_id: Number(empty()), step_groups } });
    await expectAmbiguous('salesloft', fill);
  });

  test.each([
    ['another step', cadence('Q3', [step(1, 'Theirs')])],
    ['another privacy', cadence('Q3', [step(1, 'Call')], true)],
    ['another name, as if it had been renamed', cadence('Q4', [step(1, 'Call')])],
  ])('of a cadence: one of somebody else with %s is not taken', async (_what, body) => {
    strike('salesloft', 'before_commit');
    await make();
    await theirs(body);
    await expectAmbiguous('salesloft', make);
  });

  test('of a cadence: another one is in nobody’s way', async () => {
    strike('salesloft', 'before_commit');
    await make();
    await theirs(cadence('Q4', [step(1, 'Theirs')]));
    house.clock.pass(DEFAULT_GRACE_MS);
    const late = await make();
    expect(late.status, late.text).toBe(201);
  });
});
