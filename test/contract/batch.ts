/** Several steps in one request: in order, one result for each, and what a failure leaves. */
import { expect, test } from 'vitest';
import { cellFor } from '../../src/model/cell.ts';
import type { StepType } from '../../src/model/step.ts';
import type { ReceivedCall, StoredStep } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, writesAmong } from '../support/house.ts';
import { createStepsOf, minimalRecord, sequenceFor, type Stage, typeFor, type Warning } from './stage.ts';

interface Result {
  readonly status: number | null;
  readonly record?: { readonly id?: string };
  readonly warnings?: readonly Warning[];
  readonly errors?: readonly { readonly code: string; readonly source?: { readonly pointer?: string } }[];
  readonly skipped?: boolean;
}

interface Made {
  readonly answer: Answer;
  readonly results: readonly Result[];
  readonly held: readonly StoredStep[];
  readonly calls: readonly ReceivedCall[];
}

export function batchTests(stage: () => Stage): void {
  const oneCall = (): boolean => createStepsOf(stage().provider).batch === 'one_call';
  const least = (type: StepType) => minimalRecord(typeFor(stage().provider, type));

  test('batch: in order, with the true ids, and in one write where that is declared', async () => {
    const { results, held, calls, answer } = await batch(stage(), {
      records: [least('call'), least('auto_email'), { ...least('task'), interval_seconds: 86_400 }],
    });
    expect(answer.status, answer.text).toBe(200);
    expect(results.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(results.map(({ record }) => record?.id)).toEqual(held.map(({ id }) => id));
    expect(held).toHaveLength(3);
    if (oneCall()) expect(writesAmong(calls)).toHaveLength(1);
    // What there is is looked at once, not for each record.
    const looks = calls.findIndex((call) => writesAmong([call]).length > 0);
    const reads = calls.length - writesAmong(calls).length;
    if (!oneCall())
      expect(reads).toBeLessThanOrEqual(
        looks + writesAmong(calls).filter(({ path }) => path.endsWith('sequenceTemplates')).length,
      );
    for (const [index, { warnings = [] }] of results.entries()) {
      for (const { source } of warnings) expect(source.pointer).toMatch(new RegExp(`^/records/${index}(/|$)`));
    }
  });

  test('batch: a reply goes to an email before it in the same batch', async () => {
    const { fields } = createStepsOf(stage().provider);
    if (cellFor(fields.is_reply, 'auto_email').support !== 'native') return;
    const reply = { type: 'manual_email', is_reply: true, template: { body: '<p>Bump</p>' } };
    const { results, answer } = await batch(stage(), { records: [minimalRecord('auto_email'), reply] });
    expect(
      results.map(({ status }) => status),
      answer.text,
    ).toEqual([201, 201]);
    expect(results.flatMap(({ warnings = [] }) => warnings.map((each) => each.problem_type))).not.toContain(
      'REPLY_AS_NEW_THREAD',
    );
    const { house, sandbox, name } = stage();
    const read = await house.ask(`/sequences/${sequenceFor(sandbox, 'empty')}`, {
      headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name },
    });
    const { steps } = read.json as { steps: { is_reply?: boolean }[] };
    expect(steps.map((step) => step.is_reply ?? false)).toEqual([false, true]);
  });

  test.each([undefined, true, false])('batch: one that cannot be, with stop_on_error %s', async (stop) => {
    const records = [least('call'), { ...least('call'), date: '2031-01-31' }, least('task')];
    const { results, held, calls, answer } = await batch(stage(), {
      records,
      ...(stop === undefined ? {} : { stop_on_error: stop }),
    });
    expect(answer.status).toBe(200);
    await expectSameInDryRun(stage(), { records, stop_on_error: stop }, results);
    const [first, second, third] = results;
    expect(second).toMatchObject({ status: 422, errors: [{ source: { pointer: '/records/1/date' } }] });
    if (oneCall()) {
      // Either all or none: the others were fine and are not there.
      expect([first, third]).toEqual([
        { status: null, skipped: true },
        { status: null, skipped: true },
      ]);
      expect([held, writesAmong(calls)]).toEqual([[], []]);
      return;
    }
    expect(first?.status).toBe(201);
    expect(third).toEqual(stop === false ? { ...third, status: 201 } : { status: null, skipped: true });
    const made = results.flatMap(({ record }) => record?.id ?? []);
    expect(held.map(({ id }) => id)).toEqual(made);
    expect(made).toHaveLength(stop === false ? 2 : 1);
  });

  test('batch: a record that is none is a result like any other', async () => {
    const { results, held, answer } = await batch(stage(), {
      records: ['no record', { type: 'nothing' }, least('call')],
      stop_on_error: false,
    });
    expect(answer.status, answer.text).toBe(200);
    await expectSameInDryRun(
      stage(),
      { records: ['no record', { type: 'nothing' }, least('call')], stop_on_error: false },
      results,
    );
    expect(results[0]).toMatchObject({
      status: 400,
      errors: [{ code: 'WRONG_TYPE', source: { pointer: '/records/0' } }],
    });
    expect(results[1]).toMatchObject({ errors: [{ source: { pointer: '/records/1/type' } }] });
    expect(held).toHaveLength(oneCall() ? 0 : 1);
  });

  test('batch: where the provider fails, what exists is told and the rest is left', async () => {
    const { sandbox } = stage();
    sandbox.reset();
    const records = [least('call'), least('task')];
    const first = await batch(stage(), { records: [least('call')] });
    const [write] = writesAmong(first.calls);
    const path = new RegExp((write?.path ?? '').split('?')[0]?.replace(/\d+$/, '') ?? '');
    sandbox.reset();
    sandbox.answerNext({ method: write?.method ?? '', path }, { status: 500, body: 'broken' });
    const { results, held } = await batch(stage(), { records }, true);
    expect(results[0]).toMatchObject({ status: 502, errors: [{ code: 'OUTCOME_UNKNOWN' }] });
    expect(results[1]?.status ?? null).toBe(oneCall() ? results[1]?.status : null);
    expect(held).toEqual([]);
  });

  test('batch: a dry run shows all requests and writes nothing; nothing at all is refused', async () => {
    const records = [least('call'), least('task')];
    const { sandbox } = stage();
    const shown = await batch(stage(), { records }, false, '?dry_run=true');
    expect(shown.answer.status, shown.answer.text).toBe(200);
    expect(writesAmong(sandbox.calls())).toEqual([]);
    const { requests } = shown.answer.json as { requests: unknown[] };
    const { calls } = await batch(stage(), { records });
    expect(requests.length).toBeGreaterThanOrEqual(writesAmong(calls).length);
    for (const body of [{ records: [] }, { records: Array.from({ length: 501 }, () => least('call')) }]) {
      const refused = await batch(stage(), body);
      expect(refused.answer.status).toBe(422);
      expect(refused.calls).toEqual([]);
    }
  });
}

/** A dry run says of each record what the real call says, shows a request for those that it would make, and keeps all warnings. */
async function expectSameInDryRun(stage: Stage, body: object, real: readonly Result[]): Promise<void> {
  const { answer, calls, results } = await batch(stage, { ...body, unheard_of: 1 }, false, '?dry_run=true');
  expect(answer.status, answer.text).toBe(200);
  expect(writesAmong(calls)).toEqual([]);
  expect(results.map(told)).toEqual(real.map(told));
  const { requests, warnings } = answer.json as { requests: unknown[]; warnings: unknown[] };
  expect(requests.length > 0).toBe(real.some(({ status }) => status === 201));
  expect(warnings).toContainEqual(
    expect.objectContaining({ problem_type: 'UNKNOWN_FIELD', source: { pointer: '/unheard_of' } }),
  );
}

function told({ status, errors = [] }: Result): unknown {
  return [status, errors.map(({ code, source }) => [code, source])];
}

async function batch({ house, sandbox, name }: Stage, body: object, keep = false, query = ''): Promise<Made> {
  if (!keep) sandbox.reset();
  const sequence = sequenceFor(sandbox, 'empty');
  const answer = await house.ask(`/sequences/${sequence}/sequence_steps/_batch${query}`, {
    method: 'POST',
    headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name },
    body,
  });
  const { results = [] } = answer.json as { results?: readonly Result[] };
  return { answer, results, held: sandbox.steps(sequence), calls: sandbox.calls() };
}
