/** Whose record it is that Outreach shows after a write whose outcome is not known: ours, somebody else's, or not to be told. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_GRACE_MS } from '../../src/core/settle-unknown.ts';
import type { Answer } from '../support/answer.ts';
import { openHouse, type House } from '../support/house.ts';
import { changed, linksOf, made, native, tie, type Native } from './outreach-native.ts';
import { bodyOf, errorsOf, tenant, writesDone } from './support.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.connect('outreach');
});
afterEach(() => house.close());

const BROKEN = ['PROVIDER_CONNECTION_BROKEN'];
const KEY = { ...tenant('outreach'), 'idempotency-key': 'key', prefer: 'wait=0' };
const STEPS = '/sequences/18/sequence_steps';
const EMAIL_STEP = '/sequences/20/sequence_steps/52';

const ask = (method: string, path: string, record: object, headers: object = KEY): Promise<Answer> =>
  house.ask(path, { method, headers: { ...headers }, body: { record } });

function strike(path: RegExp, at: 'before_commit' | 'after_commit'): void {
  house.sandbox('outreach').addFault({ match: { method: 'POST', path }, fault: { kind: 'reset', at } });
}

/** Their `code` is OUTCOME_UNKNOWN, whatever it was. */
const problemsOf = (answer: Answer) => errorsOf(answer).map((error) => error.problem_type);

const links = () => linksOf(house, 52);

async function expectAmbiguous(again: () => Promise<Answer>, candidates: readonly number[]): Promise<void> {
  const early = await again();
  expect([early.status, ...problemsOf(early)], early.text).toEqual([409, 'OUTCOME_NOT_SETTLED']);
  house.clock.pass(DEFAULT_GRACE_MS);
  const before = writesDone(house).length;
  for (let time = 0; time < 2; time += 1) {
    const late = await again();
    expect([late.status, ...problemsOf(late)], late.text).toEqual([502, 'OUTCOME_AMBIGUOUS']);
    expect(errorsOf(late)[0]?.meta).toMatchObject({ outcome: 'unknown', candidates: candidates.map(String) });
  }
  expect(writesDone(house)).toHaveLength(before);
}

describe('a new link of a step that has one already', () => {
  const relink = (record: object) => () => ask('PATCH', EMAIL_STEP, record);

  test('was not made: the old one is not taken for it, and the email stays on', async () => {
    const again = relink({ template: { id: '76' } });
    strike(/sequenceTemplates$/, 'before_commit');
    expect(problemsOf(await again())).toEqual(BROKEN);
    expect(problemsOf(await again())).toEqual(['OUTCOME_NOT_SETTLED']);
    expect(await links()).toEqual([[61, true, false, 76]]);
    house.clock.pass(DEFAULT_GRACE_MS);
    const late = await again();
    expect([late.status, late.json], late.text).toMatchObject([200, { warnings: [] }]);
    expect(await links()).toEqual([
      [61, false, false, 76],
      [expect.any(Number), true, false, 76],
    ]);
  });

  test('was not made: one of the same template without the thread is not taken for it', async () => {
    expect((await ask('PATCH', EMAIL_STEP, { template: { id: '77' } }, tenant('outreach'))).status).toBe(200);
    const again = relink({ template: { id: '76' }, is_reply: true });
    strike(/sequenceTemplates$/, 'before_commit');
    expect(problemsOf(await again())).toEqual(BROKEN);
    house.clock.pass(DEFAULT_GRACE_MS);
    expect((await again()).status).toBe(200);
    expect((await links()).filter(([, enabled]) => enabled)).toEqual([[expect.any(Number), true, true, 76]]);
  });

  test('was not made: one that was there a moment before is not taken for it', async () => {
    const ties = { ...tie('sequenceStep', 52), ...tie('template', 77) };
    const { id } = await made(house, 'sequenceTemplate', { isReply: false }, ties);
    const again = relink({ template: { id: '77' } });
    strike(/sequenceTemplates$/, 'before_commit');
    expect(problemsOf(await again())).toEqual(BROKEN);
    house.clock.pass(DEFAULT_GRACE_MS);
    expect((await again()).status).toBe(200);
    expect(await links()).toEqual([
      [61, false, false, 76],
      [id, false, false, 77],
      [expect.any(Number), true, false, 77],
    ]);
  });

  test('was made: it is taken, beside the old one', async () => {
    const again = relink({ template: { id: '76' } });
    strike(/sequenceTemplates$/, 'after_commit');
    expect(problemsOf(await again())).toEqual(BROKEN);
    const [, ours] = await links();
    const late = await again();
    expect(late.status, late.text).toBe(200);
    expect(await links()).toEqual([
      [61, false, false, 76],
      [ours?.[0], true, false, 76],
    ]);
  });

  test('was made, and somebody has changed it since: it is told, and none is made again', async () => {
    const again = relink({ template: { id: '76' } });
    strike(/sequenceTemplates$/, 'after_commit');
    await again();
    const ours = Number((await links())[1]?.[0]);
    await changed(house, 'sequenceTemplate', ours, { isReply: true });
    await expectAmbiguous(again, [ours]);
  });
});

const CALL = { type: 'call', interval_seconds: 86_400, task_note: 'Ours' };
const EMAIL = { type: 'auto_email', template: { subject: 'Hello', body: '<p>Hello there</p>' } };
const SEQUENCE = {
  name: 'Q3',
  tags: ['a'],
  type: 'team',
  steps: [EMAIL],
  custom_fields: { description: 'Ours' },
};
const CASES = {
  sequence: { path: '/sequences', record: SEQUENCE, post: /sequences$/ },
  template: { path: STEPS, record: EMAIL, post: /templates$/ },
  step: { path: STEPS, record: CALL, post: /sequenceSteps$/ },
};

const theirs = (what: string, kind: keyof typeof CASES, attributes: object, ties: object = {}) => ({
  what,
  kind,
  attributes,
  ties,
});

describe('what somebody else makes meanwhile is not taken, and nothing is written again beside it', () => {
  const sequence = { name: 'Q3', tags: ['a'], shareType: 'shared', description: 'Ours' };
  const template = { subject: 'Hello', bodyHtml: '<p>Hello there</p>' };
  const step = { stepType: 'call', interval: 86_400, taskNote: 'Ours' };
  const cases = [
    theirs('other tags', 'sequence', { ...sequence, tags: ['b'] }),
    theirs('another privacy', 'sequence', { ...sequence, shareType: 'private' }),
    theirs('another custom field', 'sequence', { ...sequence, description: 'Theirs' }),
    theirs('an owner', 'sequence', sequence, { owner: { data: { type: 'user', id: 9 } } }),
    theirs('another subject', 'template', { ...template, subject: 'Theirs' }),
    theirs('a recipient', 'template', { ...template, ccRecipients: ['a@b.c'] }),
    theirs('a name', 'template', { ...template, name: 'Theirs' }),
    theirs('a tidied text', 'template', { name: 'Theirs', bodyHtml: '<div><p>Hello  there.</p></div>' }),
    theirs('another interval', 'step', { ...step, interval: 3_600 }),
    theirs('another kind', 'step', { ...step, stepType: 'task' }),
    theirs('a delay', 'step', { ...step, taskAutoskipDelay: 60 }),
    theirs('no note', 'step', { stepType: 'call', interval: 86_400 }),
  ];

  test.each(cases)('with $what: a $kind', async ({ kind, attributes, ties }) => {
    const { path, record, post } = CASES[kind];
    const type = kind === 'step' ? 'sequenceStep' : kind;
    strike(post, 'before_commit');
    expect(problemsOf(await ask('POST', path, record))).toEqual(BROKEN);
    const { id } = await made(house, type, attributes, kind === 'step' ? tie('sequence', 18) : ties);
    await expectAmbiguous(() => ask('POST', path, record), [id]);
  });

  test.each(['a step', 'being on'])('a sequence that is ours but for %s', async (what) => {
    strike(/sequences$/, 'before_commit');
    await ask('POST', '/sequences', SEQUENCE);
    const { id } = await made(house, 'sequence', sequence);
    if (what === 'a step') await made(house, 'sequenceStep', { stepType: 'call', interval: 0 }, tie('sequence', id));
    else await native(house, 'POST', `sequences/${id}/actions/activate`);
    await expectAmbiguous(() => ask('POST', '/sequences', SEQUENCE), [id]);
  });

  test('but what is surely not ours is in nobody’s way', async () => {
    strike(/templates$/, 'before_commit');
    await ask('POST', STEPS, EMAIL);
    await made(house, 'template', { subject: 'Theirs', bodyHtml: '<p>Quite another</p>' });
    await made(house, 'sequence', { name: 'Theirs' });
    house.clock.pass(DEFAULT_GRACE_MS);
    const late = await ask('POST', STEPS, EMAIL);
    expect(late.status, late.text).toBe(201);
  });

  test('nor is a sequence of another name that nobody has touched', async () => {
    strike(/sequences$/, 'before_commit');
    await ask('POST', '/sequences', SEQUENCE);
    await made(house, 'sequence', { name: 'Theirs' });
    house.clock.pass(DEFAULT_GRACE_MS);
    const late = await ask('POST', '/sequences', SEQUENCE);
    expect(late.status, late.text).toBe(201);
  });

  test('nor is what was made when ours could not come any more, or elsewhere', async () => {
    strike(/sequenceSteps$/, 'before_commit');
    await ask('POST', STEPS, CALL);
    await made(house, 'sequenceStep', { stepType: 'call', interval: 0 }, tie('sequence', 22));
    house.clock.pass(3 * DEFAULT_GRACE_MS);
    await made(house, 'sequenceStep', { stepType: 'call', interval: 0 }, tie('sequence', 18));
    const late = await ask('POST', STEPS, CALL);
    expect(late.status, late.text).toBe(201);
  });

  test('nor is what other writes of ours have made', async () => {
    for (const [name, { path, record, post }] of Object.entries(CASES)) {
      const key = { ...KEY, 'idempotency-key': name };
      strike(post, 'before_commit');
      expect(problemsOf(await ask('POST', path, record, key))).toEqual(BROKEN);
      const other = name === 'sequence' ? { name: 'Another' } : { task_note: 'Another' };
      const beside = await ask('POST', path, { ...record, ...other }, { ...KEY, 'idempotency-key': `${name} beside` });
      expect(beside.status, beside.text).toBe(201);
      house.clock.pass(DEFAULT_GRACE_MS);
      const late = await ask('POST', path, record, key);
      expect(late.status, late.text).toBe(201);
      expect(bodyOf(late).record?.id).not.toBe(bodyOf(beside).record?.id);
    }
  });
});

describe('what was made is not made again where somebody has changed it since', () => {
  const changes = {
    sequence: { name: 'Renamed' },
    template: { subject: 'New', bodyHtml: '<p>Quite another</p>' },
    step: { taskNote: 'Theirs' },
  };

  test.each(Object.keys(changes) as (keyof typeof changes)[])('a %s', async (kind) => {
    const { path, record, post } = CASES[kind];
    const type = kind === 'step' ? 'sequenceStep' : kind;
    strike(post, 'after_commit');
    expect(problemsOf(await ask('POST', path, record))).toEqual(BROKEN);
    const list = kind === 'step' ? 'sequenceSteps?filter[sequence][id]=18' : `${type}s?page[size]=1000`;
    const all = await native<readonly Native[]>(house, 'GET', list);
    const id = Math.max(...all.map((each) => each.id));
    await changed(house, type, id, changes[kind]);
    await expectAmbiguous(() => ask('POST', path, record), [id]);
  });

  test('nor where steps that come before have pushed it on', async () => {
    await house.close();
    house = await openHouse({ worlds: { outreach: { renumber: 'shift' } } });
    await house.connect('outreach');
    strike(/sequenceSteps$/, 'after_commit');
    expect(problemsOf(await ask('POST', STEPS, { ...CALL, order: 1 }))).toEqual(BROKEN);
    await made(house, 'sequenceStep', { stepType: 'task', interval: 0, order: 1 }, tie('sequence', 18));
    house.clock.pass(DEFAULT_GRACE_MS);
    const late = await ask('POST', STEPS, { ...CALL, order: 1 });
    expect(late.status, late.text).toBe(201);
    expect(house.sandbox('outreach').steps('18')).toHaveLength(2);
  });
});
