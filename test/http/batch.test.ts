/** Several steps in one request: a dry run says of each record what the write then does with it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import type { House } from '../support/house.ts';
import { openConnectedHouse, sequenceOf, tenant, told, writesDone, type ErrorObject } from './support.ts';

/** One for each test: a gateway knows what it has made lately, and a sandbox that is reset gives its ids again. */
let house: House;
beforeEach(async () => {
  house = await openConnectedHouse();
});
afterEach(() => house.close());

interface Result {
  readonly status: number | null;
  readonly errors?: readonly ErrorObject[];
  readonly skipped?: boolean;
}

function batch(body: object, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return house.ask(`/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps/_batch${query}`, {
    method: 'POST',
    headers: { ...tenant('outreach'), ...headers },
    body,
  });
}

function resultsOf({ json }: Answer): readonly Result[] {
  return (json as { readonly results: readonly Result[] }).results;
}

/** The status of each record, or the code and the place of what was said against it. */
function tally(answer: Answer): readonly unknown[] {
  return resultsOf(answer).map(({ status, errors = [] }) =>
    errors.length === 0 ? status : [status, ...errors.map(({ code, source }) => `${code} ${source?.pointer ?? ''}`)],
  );
}

const CALL = { type: 'call' };
const MISSING = { type: 'auto_email', template: { id: '999' } };
const DATED = { type: 'call', date: '2031-01-31' };
const NO_TEMPLATE = (index: number) => [404, `PROVIDER_RECORD_NOT_FOUND /records/${index}/template/id`];

test.each([
  [[CALL, MISSING, CALL], false, [201, NO_TEMPLATE(1), 201]],
  [[CALL, MISSING, CALL], true, [201, NO_TEMPLATE(1), null]],
  [[DATED, MISSING, CALL], false, [[422, 'DATE_NOT_SUPPORTED /records/0/date'], NO_TEMPLATE(1), 201]],
  [[DATED, MISSING, CALL], true, [[422, 'DATE_NOT_SUPPORTED /records/0/date'], null, null]],
  [[MISSING, { ...MISSING, type: 'manual_email' }, CALL], false, [NO_TEMPLATE(0), NO_TEMPLATE(1), 201]],
])('a template that is not there is the fault of its records alone: %j, stop_on_error %s', async (...row) => {
  const [records, stop_on_error, expected] = row;
  const shown = await batch({ records, stop_on_error }, '?dry_run=true');
  expect(tally(shown), shown.text.slice(0, 1_000)).toEqual(expected);
  expect((shown.json as { requests: unknown[] }).requests).toHaveLength(expected.filter((each) => each === 201).length);
  const written = await batch({ records, stop_on_error });
  expect(tally(written), written.text.slice(0, 1_000)).toEqual(expected);
});

test.each([
  ['POST', '/sequences/22/sequence_steps', MISSING, '/record/template/id'],
  ['PATCH', '/sequences/20/sequence_steps/52', { template: { id: '999' } }, '/record/template/id'],
  ['POST', '/sequences', { name: 'New', steps: [CALL, MISSING] }, '/record/steps/1/template/id'],
])('a template that is not there is named and pointed at: %s %s', async (method, path, record, pointer) => {
  for (const query of ['', '?dry_run=true']) {
    const answer = await house.ask(path + query, { method, headers: tenant('outreach'), body: { record } });
    expect([answer.status, told(answer)], answer.text).toEqual([404, [`PROVIDER_RECORD_NOT_FOUND ${pointer}`]]);
    const meta = { origin: 'remote-provider', provider: 'outreach' };
    expect(answer.json).toMatchObject({ errors: [{ detail: 'Outreach has no template 999.', meta }] });
  }
  expect(writesDone(house)).toEqual([]);
});

describe('a record that can still be made keeps its place', () => {
  const NOTES = ['first', 'second', 'third'];
  const records = NOTES.map((task_note) => ({ ...CALL, task_note }));
  const post = () => batch({ records, stop_on_error: false }, '', { 'idempotency-key': 'key-1', prefer: 'wait=0' });
  const held = () => {
    const sandbox = house.sandbox('outreach');
    return sandbox.steps(sequenceOf(sandbox)).map(({ native }) => native['sequenceStep']?.['taskNote']);
  };
  const strike = (at: 'before_commit' | 'after_commit', nth: number) =>
    house.sandbox('outreach').addFault({
      match: { method: 'POST', path: /\/sequenceSteps$/ },
      fault: { kind: 'reset', at },
      nth,
    });

  test.each(['before_commit', 'after_commit'] as const)('%s: what comes after it is left, and says why', async (at) => {
    strike(at, 2);
    const [made, unknown, left] = resultsOf(await post());
    expect([made?.status, unknown?.errors?.map(({ code }) => code)]).toEqual([201, ['OUTCOME_UNKNOWN']]);
    expect(left).toEqual({ status: null, skipped: true, because: expect.stringContaining('/records/1') as string });
    expect(held()).toEqual(NOTES.slice(0, at === 'before_commit' ? 1 : 2));
    house.clock.pass(61_000);
    expect(tally(await post())).toEqual([201, 201, 201]);
    expect(held()).toEqual(NOTES);
  });

  const refuse = (status: number, nth: number) =>
    house.sandbox('outreach').addFault({
      match: { method: 'POST', path: /\/sequenceSteps$/ },
      fault: { kind: 'answer', at: 'before_commit', status, body: {} },
      nth,
    });

  test.each([402, 403, 409, 429])('a %i, whose reason passes: what comes after it is left', async (status) => {
    refuse(status, 2);
    const first = resultsOf(await post());
    expect([first[0]?.status, first[2]]).toEqual([
      201,
      { status: null, skipped: true, because: expect.stringContaining('/records/1') as string },
    ]);
    expect(held()).toEqual(['first']);
    house.clock.pass(61_000);
    const again = await post();
    expect(tally(again)).toEqual([201, 201, 201]);
    expect(resultsOf(again)[0]).toEqual(first[0]);
    expect(held()).toEqual(NOTES);
  });

  test('one that is refused for good is not made later, behind the others', async () => {
    refuse(422, 1);
    refuse(429, 3);
    const first = resultsOf(await post());
    expect(first.map(({ status }) => status)).toEqual([422, 201, 429]);
    house.clock.pass(61_000);
    const again = resultsOf(await post());
    expect(again.map(({ status }) => status)).toEqual([422, 201, 201]);
    expect(again.slice(0, 2)).toEqual(first.slice(0, 2));
    expect(held()).toEqual(['second', 'third']);
  });

  test('where nothing was sent nothing is kept, and the key is free', async () => {
    const missing = { records: [MISSING, MISSING], stop_on_error: false };
    const headers = { 'idempotency-key': 'key-1' };
    expect(tally(await batch(missing, '', headers))).toEqual([NO_TEMPLATE(0), NO_TEMPLATE(1)]);
    expect(tally(await batch({ records: [CALL] }, '', headers))).toEqual([201]);
  });
});
