/** The id of a step that the provider's answer does not name: found by looking, for up to 10 s, and never guessed. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import { openHouse, type House, type HouseOptions } from '../support/house.ts';
import { bodyOf, connectionPath, createStep, errorsOf, told, writesDone } from './support.ts';

const CADENCE = '123';
const CALL = { type: 'call', name: 'Call', interval_seconds: 86_400 };
const IMPORTED = [{ kind: 'steps_in_cadence', id: CADENCE }];

let house: House | undefined;
afterEach(() => house?.close());

async function open(options: HouseOptions = {}): Promise<House> {
  house = await openHouse(options);
  await house.connect('salesloft');
  return house;
}

/** Answers the looks for the new step by force; the look before the import counts, and is left alone. */
function forceLooks(inside: House, times: number, answer: ForcedAnswer): void {
  for (let time = 0; time < times; time += 1) {
    inside.sandbox('salesloft').answerNext({ method: 'GET', path: /\/steps\?cadence_id=\d+$/ }, answer);
  }
}

const rows = (...data: readonly object[]): ForcedAnswer => ({ status: 200, body: { data } });
const row = (id: number, more: object = {}) => ({ id, type: 'phone', day: 2, name: 'Call', ...more });
const waited = ({ clock }: House): number => clock.waits.reduce((sum, each) => sum + each, 0);

function expectImportedOnce(inside: House): void {
  expect(writesDone(inside, 'salesloft').map(({ path }) => path)).toEqual(['/v2/cadence_imports']);
}

describe('the id of a new Salesloft step', () => {
  test('is found at once where it shows at once', async () => {
    const inside = await open();
    const answer = await createStep(inside, CALL, { provider: 'salesloft' });
    expect(answer.status, answer.text).toBe(201);
    expect(bodyOf(answer).record?.id).toBe(inside.sandbox('salesloft').steps(CADENCE).at(0)?.id);
    expect(inside.clock.waits).toEqual([]);
  });

  test('is waited for where it shows after 2 s', async () => {
    const inside = await open({ worlds: { salesloft: { steps_visible_after: '2s' } } });
    const answer = await createStep(inside, CALL, { provider: 'salesloft' });
    expect(answer.status, answer.text).toBe(201);
    expect(bodyOf(answer).record?.id).toBe(inside.sandbox('salesloft').steps(CADENCE).at(0)?.id);
    expect(waited(inside)).toBeGreaterThanOrEqual(2_000);
    expect(waited(inside)).toBeLessThan(10_000);
    expectImportedOnce(inside);
  });

  test('that never shows is not known after 10 s, and nothing is sent again', async () => {
    const inside = await open();
    forceLooks(inside, 100, rows());
    const answer = await createStep(inside, CALL, { provider: 'salesloft' });
    expect(answer.status).toBe(502);
    expect(errorsOf(answer)).toMatchObject([
      {
        code: 'OUTCOME_UNKNOWN',
        meta: {
          origin: 'remote-provider',
          provider: 'salesloft',
          outcome: 'unknown',
          created: IMPORTED,
          retriable: false,
        },
      },
    ]);
    expect(waited(inside)).toBeGreaterThan(7_500);
    expect(waited(inside)).toBeLessThanOrEqual(10_000);
    expectImportedOnce(inside);
  });

  test('among others is the one with its type, day and name', async () => {
    const inside = await open();
    forceLooks(
      inside,
      1,
      rows(
        row(11, { day: 1 }),
        row(12, { type: 'other' }),
        row(13),
        row(14, { name: 'Another' }),
        row(15, { name: null }),
      ),
    );
    expect((await createStep(inside, CALL, { provider: 'salesloft' })).json).toMatchObject({ record: { id: '13' } });
  });

  test('is not guessed between two that look alike', async () => {
    const inside = await open();
    forceLooks(inside, 100, rows(row(11), row(12, { type: 'other' }), row(13)));
    const answer = await createStep(inside, CALL, { provider: 'salesloft' });
    expect(answer.status).toBe(502);
    expect(errorsOf(answer)).toMatchObject([
      {
        code: 'STEP_ID_AMBIGUOUS',
        meta: { outcome: 'created', candidates: ['11', '13'], created: IMPORTED, retriable: false },
      },
    ]);
    for (const id of ['11', '13']) expect(errorsOf(answer)[0]?.detail).toContain(id);
    expectImportedOnce(inside);
  });

  test.each<[string, ForcedAnswer]>([
    ['fails', { status: 500, body: { error: 'Oops' } }],
    ['is refused', { status: 403, body: { error: 'Not allowed' } }],
    ['is refused for its token', { status: 401, body: { error: 'Invalid Bearer token' } }],
    ['is slowed down', { status: 429, headers: { 'retry-after': '5' }, body: { error: 'Slow down' } }],
    ['cannot be read', { status: 200, body: '<html></html>' }],
    ['has ids that are none', rows({ ...row(1), id: '1; drop' })],
  ])('is not known where the look for it %s', async (_, look) => {
    const inside = await open();
    forceLooks(inside, 100, look);
    const answer = await createStep(inside, CALL, { provider: 'salesloft' });
    expect(answer.status, answer.text).toBe(502);
    expect(told(answer)).toEqual(['OUTCOME_UNKNOWN']);
    expect(errorsOf(answer)[0]?.meta).toMatchObject({ outcome: 'unknown', created: IMPORTED, retriable: false });
    expectImportedOnce(inside);
  });

  test('is found after a look that failed: reading is safe', async () => {
    const inside = await open();
    forceLooks(inside, 2, { status: 429, body: { error: 'Slow down' } });
    const answer = await createStep(inside, CALL, { provider: 'salesloft' });
    expect(answer.status, answer.text).toBe(201);
    expect(bodyOf(answer).record?.id).toBe(inside.sandbox('salesloft').steps(CADENCE).at(0)?.id);
    expectImportedOnce(inside);
  });

  test('is not taken from an import into another cadence', async () => {
    const inside = await open();
    const elsewhere = { status: 200, body: { data: { cadence: { id: 999 } } } };
    inside.sandbox('salesloft').answerNext({ method: 'POST', path: /cadence_imports/ }, elsewhere);
    const answer = await createStep(inside, CALL, { provider: 'salesloft' });
    expect(told(answer)).toEqual(['OUTCOME_UNKNOWN']);
    expect(answer.text).not.toContain('"id":"999"');
  });

  test('is not looked for where the import was refused', async () => {
    const inside = await open();
    inside
      .sandbox('salesloft')
      .answerNext({ method: 'POST', path: /cadence_imports/ }, { status: 422, body: { errors: { name: ['is bad'] } } });
    const answer = await createStep(inside, CALL, { provider: 'salesloft' });
    expect(answer.status).toBe(422);
    expect(errorsOf(answer)[0]?.meta.created).toBeUndefined();
    expect(inside.sandbox('salesloft').calls()).toHaveLength(2);
    expect((await inside.ask(connectionPath('salesloft'))).json).toMatchObject({ status: 'active' });
  });
});
