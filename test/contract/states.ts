/** Preconditions: what depends on the provider's state, each with the seeds that decide it. */
import { expect, test } from 'vitest';
import { cellFor } from '../../src/model/cell.ts';
import { canCreate, create, createStepsOf, hasSeed, minimalRecord, pairs, type Stage, typeFor } from './stage.ts';

const BODY = { body: '<p>Body</p>' };

export function stateTests(stage: () => Stage): void {
  const least = () => minimalRecord(typeFor(stage().provider, 'call'));

  test('sequence_empty: a step is refused where there are steps already, before anything is written', async () => {
    const declared = createStepsOf(stage().provider).preconditions.sequence_empty;
    const outcome = await create(stage(), { ...least(), name: 'Call' }, { seed: 'with_steps' });
    if (declared === undefined) {
      expect(outcome.status, outcome.answer.text).toBe(201);
      return;
    }
    expect(outcome.errors).toEqual([{ code: 'SEQUENCE_NOT_EMPTY', detail: declared }]);
    expect(outcome.writes).toEqual([]);
  });

  test('earlier_email: a reply needs an email before it, or becomes a thread with its own subject', async () => {
    const { preconditions, fields } = createStepsOf(stage().provider);
    if (preconditions.earlier_email === undefined && cellFor(fields.is_reply, 'auto_email').support === 'native')
      return;
    if (!canCreate(stage().provider, 'auto_email')) return;
    const first = await create(stage(), {
      type: 'auto_email',
      is_reply: true,
      template: { ...BODY, subject: 'Subject' },
    });
    expect(pairs(first.warnings)).toContain('REPLY_AS_NEW_THREAD /record/is_reply');
    expect(first.status, first.answer.text).toBe(201);
    const bare = await create(stage(), { type: 'auto_email', is_reply: true, template: BODY });
    expect(bare.errors).toMatchObject([{ code: 'SUBJECT_REQUIRED', pointer: '/record/template/subject' }]);
    expect(bare.writes).toEqual([]);
    // Where only an empty sequence takes steps, there is never an email before one.
    const never = preconditions.earlier_email === undefined || preconditions.sequence_empty !== undefined;
    if (!hasSeed(stage().sandbox, 'with_email') || never) return;
    const reply = await create(stage(), { type: 'auto_email', is_reply: true, template: BODY }, { seed: 'with_email' });
    expect(pairs(reply.warnings)).not.toContain('REPLY_AS_NEW_THREAD /record/is_reply');
    expect(reply.status, reply.answer.text).toBe(201);
  });

  test('a date alone is never left out, and a date with an interval is', async () => {
    const alone = await create(stage(), { ...least(), date: '2030-01-31' });
    expect(alone.errors).toMatchObject([{ code: 'DATE_NOT_SUPPORTED', pointer: '/record/date' }]);
    expect(alone.writes).toEqual([]);
    const both = await create(stage(), { ...least(), date: '2030-01-31', interval_seconds: 172_800 });
    expect(both.status, both.answer.text).toBe(201);
    expect(pairs(both.warnings)).toContain('DATE_NOT_APPLIED /record/date');
    expect(both.added[0]?.delay_seconds).toBe(172_800);
  });

  test('date_based: the date schedules the step, and the interval is told to be left out', async () => {
    const { preconditions, fields } = createStepsOf(stage().provider);
    if (preconditions.date_based === undefined) return;
    const cell = cellFor(fields.date, least().type);
    const [group = '', key = ''] = (cell.support === 'native' ? (cell.at ?? '') : '').split('.');
    const dated = await create(stage(), { ...least(), date: '2030-01-31' }, { seed: 'date_based' });
    expect(dated.status, dated.answer.text).toBe(201);
    expect(dated.added[0]?.native[group]?.[key]).toBe('2030-01-31');
    expect(dated.added[0]?.delay_seconds).toBeNull();
    const both = await create(stage(), { ...least(), date: '2030-01-31', interval_seconds: 0 }, { seed: 'date_based' });
    expect(pairs(both.warnings)).toContain('INTERVAL_NOT_APPLIED /record/interval_seconds');
    expect(both.added[0]?.delay_seconds).toBeNull();
  });

  test('an order that is taken or leaves a gap is refused where positions are fixed', async () => {
    const { fields, preconditions } = createStepsOf(stage().provider);
    if (cellFor(fields.order, least().type).support !== 'native' || preconditions.earlier_email === undefined) return;
    const taken = await create(stage(), { ...least(), order: 1 }, { seed: 'with_steps' });
    expect(taken.errors).toMatchObject([{ code: 'ORDER_TAKEN', pointer: '/record/order' }]);
    const far = await create(stage(), { ...least(), order: 99 }, { seed: 'with_steps' });
    expect(far.errors).toMatchObject([{ code: 'ORDER_OUT_OF_RANGE', pointer: '/record/order' }]);
    expect([...taken.writes, ...far.writes]).toEqual([]);
  });
}
