/** Several steps in one request: a dry run says of each record what the write then does with it. */
import { expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { houseOfFile, sequenceOf, tenant, told, writesDone, type ErrorObject } from './support.ts';

const house = await houseOfFile();

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
