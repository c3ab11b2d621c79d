/** Sequences of Apollo that go by exact times: each step needs one, and nothing else schedules it. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { writesAmong } from '../support/house.ts';
import { bodyOf, errorsOf, houseOfFile, tenant, told, warned } from './support.ts';

const house = await houseOfFile();
const sandbox = () => house.sandbox('apollo');
const sent = () => writesAmong(sandbox().calls()).length;

const PAST = '2026-11-20T09:00:00Z';
const [FIRST, SECOND, THIRD] = ['2027-06-01T09:00:00Z', '2027-06-02T09:00:00Z', '2027-06-03T09:00:00Z'];
const at = (time: string | null) => ({ custom_fields: { exact_datetime: time } });
const CALL = { type: 'call' };
const AT_TIME = 'UNSUPPORTED_VALUE /record/custom_fields/exact_datetime';
const NOT_APPLIED = 'INTERVAL_NOT_APPLIED /record/interval_seconds';

function ask(path: string, body: object, { method = 'POST', prefer = '' } = {}): Promise<Answer> {
  return house.ask(path, { method, headers: { ...tenant('apollo'), prefer }, body });
}

function makeSequence(steps: readonly object[], options?: object, query = ''): Promise<Answer> {
  const record = { name: 'By exact times', custom_fields: { sequence_by_exact_daytime: true }, steps };
  return ask(`/sequences${query}`, { record }, options);
}

async function exactSequence(...times: readonly string[]): Promise<string> {
  const answer = await makeSequence(times.map((time) => ({ ...CALL, ...at(time) })));
  expect([answer.status, warned(answer)], answer.text).toEqual([201, []]);
  return bodyOf(answer).record?.id ?? '';
}

const create = (sequence: string, record: object, options?: object, query = '') =>
  ask(`/sequences/${sequence}/sequence_steps${query}`, { record }, options);
const byIntervals = () =>
  sandbox()
    .sequences()
    .find(({ seed }) => seed === 'with_steps')?.id ?? '';
const stored = (sequence: string) =>
  sandbox()
    .steps(sequence)
    .map(({ native }) => native['emailer_step']);

describe('a step that is added', () => {
  test.each([{}, { interval_seconds: 60 }, at(null)])(
    '%j: without a time it is refused, before anything is sent',
    async (more) => {
      const sequence = await exactSequence(FIRST);
      const before = sent();
      for (const [prefer, query] of [
        ['', ''],
        ['handling=strict', ''],
        ['', '?dry_run=true'],
      ] as const) {
        const answer = await create(sequence, { ...CALL, ...more }, { prefer }, query);
        expect([answer.status, told(answer)], answer.text).toEqual([422, [AT_TIME]]);
      }
      expect(sent()).toBe(before);
    },
  );

  test('with a time it runs then, and an interval is left out', async () => {
    const sequence = await exactSequence(FIRST);
    const alone = await create(sequence, { ...CALL, ...at(SECOND) });
    expect([alone.status, warned(alone)], alone.text).toEqual([201, []]);
    const both = { ...CALL, interval_seconds: 86_400, ...at(THIRD) };
    const before = sent();
    const strict = await create(sequence, both, { prefer: 'handling=strict' });
    expect([strict.status, told(strict)]).toEqual([422, ['STRICT_HANDLING /record/interval_seconds']]);
    const shown = await create(sequence, both, {}, '?dry_run=true');
    expect([warned(shown), sent()]).toEqual([[NOT_APPLIED], before]);
    const made = await create(sequence, both);
    expect([made.status, warned(made)], made.text).toEqual([201, [NOT_APPLIED]]);
    expect(bodyOf(made).warnings?.[0]).toMatchObject({ from: 86_400 });
    expect(stored(sequence).slice(1)).toMatchObject([
      { exact_datetime: SECOND, wait_time: 0 },
      { exact_datetime: THIRD, wait_time: 0 },
    ]);
  });

  test('a date does not schedule it either', async () => {
    const sequence = await exactSequence(FIRST);
    const answer = await create(sequence, { ...CALL, date: '2030-01-31', interval_seconds: 0, ...at(SECOND) });
    expect([answer.status, warned(answer)], answer.text).toEqual([201, [NOT_APPLIED, 'DATE_NOT_APPLIED /record/date']]);
  });

  test('each of a batch', async () => {
    const sequence = await exactSequence(FIRST);
    const records = [{ ...CALL, ...at(SECOND) }, CALL, { ...CALL, interval_seconds: 60, ...at(THIRD) }];
    const body = { records, stop_on_error: false };
    for (const query of ['?dry_run=true', '']) {
      const answer = await ask(`/sequences/${sequence}/sequence_steps/_batch${query}`, body);
      const { results } = answer.json as { results: { status: number; errors?: { source: object }[] }[] };
      expect(
        results.map(({ status }) => status),
        answer.text,
      ).toEqual([201, 422, 201]);
      expect(results[1]?.errors?.[0]?.source).toEqual({ pointer: '/records/1/custom_fields/exact_datetime' });
      expect(answer.text).toContain('"pointer":"/records/2/interval_seconds"');
    }
    expect(stored(sequence).map((step) => step?.['exact_datetime'])).toEqual([FIRST, SECOND, THIRD]);
  });

  test.each([PAST, FIRST])('%s: Apollo refuses what is past, or not after the step before', async (time) => {
    const sequence = await exactSequence(FIRST);
    const answer = await create(sequence, { ...CALL, ...at(time) });
    expect([answer.status, told(answer)], answer.text).toEqual([422, ['PROVIDER_REJECTED']]);
    expect(errorsOf(answer)[0]?.detail).toContain('must be in the future and after the step before');
    expect(stored(sequence)).toHaveLength(1);
  });

  test.each([{}, { interval_seconds: 60 }])('%j: where the sequence goes by intervals it has no time', async (more) => {
    const before = stored(byIntervals());
    for (const query of ['?dry_run=true', '']) {
      const answer = await create(byIntervals(), { ...CALL, ...more, ...at(FIRST) }, {}, query);
      expect([answer.status, told(answer)], answer.text).toEqual([422, [AT_TIME]]);
    }
    expect([sent(), stored(byIntervals())]).toEqual([0, before]);
    expect((await create(byIntervals(), { ...CALL, ...more, ...at(null) })).status).toBe(201);
  });
});

describe('a new sequence', () => {
  const both = [
    { ...CALL, interval_seconds: 60, ...at(FIRST) },
    { ...CALL, ...at(SECOND) },
  ];

  test('tells each interval that is left out; strict refuses it', async () => {
    const warning = 'INTERVAL_NOT_APPLIED /record/steps/0/interval_seconds';
    expect(warned(await makeSequence(both, {}, '?dry_run=true'))).toEqual([warning]);
    const strict = await makeSequence(both, { prefer: 'handling=strict' });
    expect(told(strict)).toEqual(['STRICT_HANDLING /record/steps/0/interval_seconds']);
    expect(sent()).toBe(0);
    const answer = await makeSequence(both);
    expect([answer.status, warned(answer)], answer.text).toEqual([201, [warning]]);
  });

  test('needs a time for each step', async () => {
    const answer = await makeSequence([{ ...CALL, ...at(FIRST) }, CALL]);
    expect(told(answer)).toEqual(['UNSUPPORTED_VALUE /record/steps/1/custom_fields/exact_datetime']);
    expect(sent()).toBe(0);
  });
});

test('a new sequence that goes by intervals has no times', async () => {
  const record = { name: 'By intervals', steps: [{ ...CALL, interval_seconds: 60, ...at(FIRST) }] };
  const answer = await ask('/sequences', { record });
  expect(told(answer)).toEqual(['UNSUPPORTED_VALUE /record/steps/0/custom_fields/exact_datetime']);
  expect(sent()).toBe(0);
});

describe('a step that is changed', () => {
  const change = (sequence: string, step: number, record: object) =>
    ask(
      `/sequences/${sequence}/sequence_steps/${sandbox().steps(sequence)[step]?.id ?? ''}`,
      { record },
      { method: 'PATCH' },
    );

  test('keeps a time, and its place in the order', async () => {
    const sequence = await exactSequence(FIRST, THIRD);
    const before = sent();
    expect(told(await change(sequence, 0, at(null)))).toEqual([AT_TIME]);
    expect(told(await change(sequence, 0, { interval_seconds: 60 }))).toEqual([
      'UNSUPPORTED_VALUE /record/interval_seconds',
    ]);
    expect(sent()).toBe(before);
    for (const time of [PAST, THIRD, '2027-06-04T09:00:00Z'])
      expect(told(await change(sequence, 0, at(time)))).toEqual(['PROVIDER_REJECTED']);
    const answer = await change(sequence, 0, at(SECOND));
    expect([answer.status, warned(answer)], answer.text).toEqual([200, []]);
    expect(stored(sequence).map((step) => step?.['exact_datetime'])).toEqual([SECOND, THIRD]);
  });

  test('gets none where the sequence goes by intervals', async () => {
    expect(told(await change(byIntervals(), 0, at(FIRST)))).toEqual([AT_TIME]);
    expect((await change(byIntervals(), 0, { ...at(null), interval_seconds: 60 })).status).toBe(200);
  });
});
