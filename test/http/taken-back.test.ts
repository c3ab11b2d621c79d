/** A new step that the provider will not have, and that can be deleted: it is gone again, and the answer is the refusal. */
import { expect, test } from 'vitest';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { writesAmong } from '../support/house.ts';
import { bodyOf, createStep, errorsOf, houseOfFile, sequenceOf, tenant, told } from './support.ts';

const house = await houseOfFile();
const EMAIL = { type: 'auto_email', template: { subject: 'Subject', body: '<p>Body</p>' } };
const REPLY = { type: 'manual_email', is_reply: true, template: { body: '<p>Bump</p>' } };
const AT = { provider: 'apollo', seed: 'with_email' } as const;

const sandbox = () => house.sandbox('apollo');
const sequence = () => sequenceOf(sandbox(), AT.seed);
const steps = () => sandbox().steps(sequence());
const sent = () =>
  writesAmong(sandbox().calls()).map(
    ({ method, path }) => `${method} ${path.replace(/\/api\/v1\/|[0-9a-f]{24}/g, '')}`,
  );

let keys = 0;
const keyed = () => ({ ...AT, headers: { 'idempotency-key': `key-${(keys += 1)}`, prefer: 'wait=0' } });

function force(method: string, path: RegExp, status: number): void {
  const answer: ForcedAnswer = { status, body: { error: 'Not like this.' } };
  sandbox().answerNext({ method, path }, answer);
}
const refuseApproval = (status: number): void => {
  force('POST', /\/emailer_touches\/\w+\/approve$/, status);
};
const refuseDeletion = (status: number): void => {
  force('DELETE', /\/emailer_steps\//, status);
};

/** Nothing is left of it, and nothing to go on with. */
async function expectTakenBack(answer: Answer, status: number, says: string): Promise<void> {
  const code = status === 404 ? 'PROVIDER_RECORD_NOT_FOUND' : 'PROVIDER_REJECTED';
  expect([answer.status, told(answer)], answer.text).toEqual([status, [code]]);
  const [error] = errorsOf(answer);
  expect(error?.detail).toContain(says);
  for (const key of ['created', 'changed', 'outcome', 'operation_id']) expect(error?.meta).not.toHaveProperty(key);
  expect(sent().at(-1)).toBe('DELETE emailer_steps/');
  expect((await house.ask('/operations')).json).toMatchObject({ records: [] });
}

const resume = (id: string): Promise<Answer> => house.ask(`/operations/${id}/actions/resume`, { method: 'POST' });

function operationOf(answer: Answer): string {
  const { operation_id: id } = (errorsOf(answer)[0]?.meta ?? {}) as { operation_id?: string };
  expect(id, answer.text).toBeTypeOf('string');
  return id ?? '';
}

/** The template of an email that was made without content. */
async function blankTemplate(): Promise<string> {
  await createStep(house, { type: 'auto_email' }, { provider: 'apollo', seed: 'empty' });
  const [step] = sandbox().steps(sequenceOf(sandbox()));
  return String(step?.native['emailer_template']?.['id']);
}

test.each([
  ['an existing template that is blank', async () => ({ type: 'auto_email', template: { id: await blankTemplate() } })],
  [
    'a body that a custom field empties',
    () => ({ ...EMAIL, template: { ...EMAIL.template, custom_fields: { body_html: '' } } }),
  ],
] as const)('%s is not approved', async (_what, recordOf) => {
  const record = await recordOf();
  const before = steps();
  const answer = await createStep(house, record, AT);
  await expectTakenBack(answer, 422, 'Please make sure your template has content before turning it on.');
  expect(steps()).toEqual(before);
});

test.each([
  [422, EMAIL],
  [404, EMAIL],
  [422, REPLY],
  [404, REPLY],
] as const)(
  'an approval that is refused with %s: the same key is answered alike, and nothing is sent',
  async (status, record) => {
    const before = steps();
    const options = keyed();
    refuseApproval(status);
    const answer = await createStep(house, record, options);
    await expectTakenBack(answer, status, 'Not like this.');
    const calls = sandbox().calls().length;
    const again = await createStep(house, record, options);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([status, 'true']);
    expect(errorsOf(again)[0]?.detail).toBe(errorsOf(answer)[0]?.detail);
    expect([sandbox().calls().length, steps()]).toEqual([calls, before]);
  },
);

test('a record of a batch is taken back by itself', async () => {
  const before = steps().length;
  refuseApproval(422);
  const answer = await house.ask(`/sequences/${sequence()}/sequence_steps/_batch`, {
    method: 'POST',
    headers: { ...tenant('apollo'), 'idempotency-key': 'batch' },
    body: { records: [EMAIL, EMAIL, { type: 'call' }], stop_on_error: false },
  });
  const { results } = answer.json as { results: { status: number; errors?: { meta: object }[] }[] };
  expect(results.map(({ status }) => status)).toEqual([422, 201, 201]);
  expect(results[0]?.errors?.[0]?.meta).not.toHaveProperty('created');
  expect(results[0]?.errors?.[0]?.meta).not.toHaveProperty('operation_id');
  expect(
    steps()
      .slice(before)
      .map(({ type, live }) => [type, live]),
  ).toEqual([
    ['auto_email', true],
    ['call', true],
  ]);
  expect((await house.ask('/operations')).json).toMatchObject({ records: [] });
});

test('what passes leaves the step, off; refused for good when it is gone on with, it is taken back', async () => {
  const before = steps();
  const options = keyed();
  refuseApproval(403);
  const first = await createStep(house, EMAIL, options);
  expect([first.status, told(first)], first.text).toEqual([502, ['STEP_LEFT_OFF']]);
  expect(errorsOf(first)[0]?.meta).toMatchObject({ created: [{ kind: 'emailer_step' }], outcome: 'created' });
  expect(steps().at(-1)?.live).toBe(false);
  refuseApproval(422);
  const resumed = await resume(operationOf(first));
  await expectTakenBack(resumed, 422, 'Not like this.');
  expect(steps()).toEqual(before);
  const calls = sandbox().calls().length;
  for (const again of [await resume(operationOf(first)), await createStep(house, EMAIL, options)])
    expect([again.status, errorsOf(again)[0]?.detail]).toEqual([422, errorsOf(resumed)[0]?.detail]);
  expect(sandbox().calls()).toHaveLength(calls);
});

test.each([422, 403, 500])('what cannot be taken back (%s) is told, off, and gone on with', async (status) => {
  const before = steps().length;
  const options = keyed();
  refuseApproval(422);
  refuseDeletion(status);
  const first = await createStep(house, EMAIL, options);
  expect([first.status, told(first)], first.text).toEqual([502, ['STEP_LEFT_OFF']]);
  const step = steps().at(-1);
  expect(errorsOf(first)[0]?.meta).toMatchObject({
    created: [{ kind: 'emailer_step', id: step?.id }],
    outcome: 'created',
  });
  expect(step?.live).toBe(false);
  const resumed = await resume(operationOf(first));
  expect([resumed.status, bodyOf(resumed).record?.id], resumed.text).toEqual([201, step?.id]);
  expect((await createStep(house, EMAIL, options)).text).toBe(resumed.text);
  expect(
    steps()
      .slice(before)
      .map(({ id, live }) => [id, live]),
  ).toEqual([[step?.id, true]]);
});

test('a template that is not there is named, in a new step, in a batch and in a change', async () => {
  const before = steps();
  const id = '000000000000000000000000';
  const record = { type: 'auto_email', template: { id } };
  const created = await createStep(house, record, AT);
  expect(sent().at(-1)).toBe('DELETE emailer_steps/');
  const path = `/sequences/${sequence()}/sequence_steps`;
  const headers = tenant('apollo');
  const batch = await house.ask(`${path}/_batch`, {
    method: 'POST',
    headers,
    body: { records: [{ type: 'call' }, record] },
  });
  const { results } = batch.json as { results: { errors?: object[] }[] };
  const body = { record: { template: { id } } };
  const changed = await house.ask(`${path}/${before[0]?.id ?? ''}`, { method: 'PATCH', headers, body });
  for (const [error, pointer] of [
    [errorsOf(created)[0], '/record/template/id'],
    [results[1]?.errors?.[0], '/records/1/template/id'],
    [errorsOf(changed)[0], '/record/template/id'],
  ] as const) {
    const detail = expect.stringContaining(`Record not found. It is the template ${id}`) as string;
    expect(error).toMatchObject({ code: 'PROVIDER_RECORD_NOT_FOUND', status: '404', detail, source: { pointer } });
    expect(error).not.toHaveProperty('meta.created');
  }
  expect(steps().map(({ type }) => type)).toEqual([...before.map(({ type }) => type), 'call']);
});
