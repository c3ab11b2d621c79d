/** Changes in Outreach that would be wrong in silence: on half an answer, and against what an answer says. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { linksOf, native } from './outreach-native.ts';
import { errorsOf, houseOfFile, tenant, told, writesDone } from './support.ts';

const house = await houseOfFile();
const sandbox = () => house.sandbox('outreach');
const patch = (record: object, headers: object = {}) =>
  house.ask('/sequences/20/sequence_steps/52', {
    method: 'PATCH',
    headers: { ...tenant('outreach'), ...headers },
    body: { record },
  });

describe('a step of which Outreach shows only a part is not changed', () => {
  const sequence = { type: 'sequence', id: 20, attributes: { sequenceType: 'interval' } };
  const link = { type: 'sequenceTemplate', id: 61, attributes: { enabled: true, isReply: false } };
  const ties = {
    sequence: { data: { type: 'sequence', id: 20 } },
    sequenceTemplates: { data: [{ type: 'sequenceTemplate', id: 61 }] },
  };
  const step = (relationships: object) => ({
    type: 'sequenceStep',
    id: 52,
    attributes: { stepType: 'auto_email', interval: 0, order: 1 },
    relationships,
  });

  test.each<[string, object]>([
    ['nothing that it is tied to', { data: step(ties) }],
    ['its sequence alone', { data: step(ties), included: [sequence] }],
    ['another link', { data: step(ties), included: [sequence, { ...link, id: 62 }] }],
    ['its link alone', { data: step(ties), included: [link] }],
    ['not whether it has links', { data: step({ ...ties, sequenceTemplates: {} }), included: [sequence] }],
  ])('%s', async (_what, body) => {
    sandbox().answerNext({ method: 'GET', path: /sequenceSteps\/52/ }, { status: 200, body });
    const answer = await patch({ template: { id: '77' } });
    expect([answer.status, ...told(answer)], answer.text).toEqual([502, 'BAD_PROVIDER_RESPONSE']);
    expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
    expect(writesDone(house)).toEqual([]);
    expect(await linksOf(house, 52)).toEqual([[61, true, false, 76]]);
  });
});

describe.each([
  ['activate', false, true],
  ['deactivate', true, false],
])('%s: an answer that says that it is not so', (verb, before, after) => {
  const key = { ...tenant('outreach'), 'idempotency-key': verb, prefer: 'wait=0' };
  const ask = (action: string, headers: object) =>
    house.ask(`/sequences/20/actions/${action}`, { method: 'POST', headers: { ...headers } });
  const isOn = () =>
    sandbox()
      .sequences()
      .find(({ id }) => id === '20')?.active;

  test.each(['before_commit', 'after_commit'] as const)('is no success, and is looked up: %s', async (at) => {
    if (before) expect((await ask('activate', tenant('outreach'))).status).toBe(200);
    const body = { data: { type: 'sequence', id: 20, attributes: { enabled: before } } };
    const match = { method: 'POST', path: /actions/ };
    sandbox().addFault({ match, fault: { kind: 'answer', at, status: 200, body } });
    const answer = await ask(verb, { ...key, 'idempotency-key': `${verb} ${at}` });
    expect([answer.status, ...told(answer)], answer.text).toEqual([502, 'OUTCOME_UNKNOWN']);
    expect(errorsOf(answer)[0]).toMatchObject({ problem_type: 'BAD_PROVIDER_RESPONSE', meta: { outcome: 'unknown' } });
    const again = await ask(verb, { ...key, 'idempotency-key': `${verb} ${at}` });
    expect(again.status, again.text).toBe(200);
    expect(isOn()).toBe(after);
  });
});

describe('a change of the message that was left, and is gone on with', () => {
  const text = (body: string) => ({ template: { subject: 'New', body } });
  const refused = { status: 403, body: { errors: [{ id: 'unauthorizedRequest', detail: 'Not allowed.' }] } };
  const templateOn = async () => {
    const on = (await linksOf(house, 52)).filter(([, isOn]) => isOn);
    const said = on.map(([, , , template]) => native(house, 'GET', `templates/${template}`));
    return (await Promise.all(said)).map(({ attributes }) => attributes['bodyHtml']);
  };

  /** One that the provider refuses at this call; answers with what goes on with it. */
  async function left(record: object, path: RegExp, method = 'POST') {
    sandbox().answerNext({ method, path }, refused);
    const answer = await patch(record);
    expect([answer.status, ...told(answer)], answer.text).toEqual([424, expect.any(String)]);
    const [, id = ''] = /"operation_id":"([^"]+)"/.exec(answer.text) ?? [];
    return () => house.ask(`/operations/${id}/actions/resume`, { method: 'POST' });
  }

  async function expectDiverged(resume: () => Promise<Answer>, body: string): Promise<void> {
    const before = writesDone(house).length;
    for (let time = 0; time < 2; time += 1) {
      const answer = await resume();
      expect([answer.status, ...told(answer)], answer.text).toEqual([409, 'OPERATION_DIVERGED']);
      expect(errorsOf(answer)[0]?.meta.created).toEqual([{ kind: 'template', id: expect.any(String) as string }]);
    }
    expect(writesDone(house)).toHaveLength(before);
    expect(await templateOn()).toEqual([body]);
  }

  test('after a newer one: it stops, and the newer message stays alone', async () => {
    const resume = await left(text('<p>Older</p>'), /sequenceTemplates$/);
    expect((await patch(text('<p>Newer</p>'))).status).toBe(200);
    await expectDiverged(resume, '<p>Newer</p>');
  });

  test('after somebody has switched the step off: it stays off', async () => {
    const resume = await left(text('<p>Older</p>'), /sequenceTemplates$/);
    await native(house, 'POST', 'sequenceTemplates/61/actions/deactivate');
    const answer = await resume();
    expect([answer.status, ...told(answer)], answer.text).toEqual([409, 'OPERATION_DIVERGED']);
    expect(await templateOn()).toEqual([]);
  });

  test('after a newer one of a step that is off: the newer message stays', async () => {
    await native(house, 'POST', 'sequenceTemplates/61/actions/deactivate');
    const resume = await left(text('<p>Older</p>'), /sequenceTemplates\/61/, 'PATCH');
    expect((await patch(text('<p>Newer</p>'))).status).toBe(200);
    const links = await linksOf(house, 52);
    const answer = await resume();
    expect([answer.status, ...told(answer)], answer.text).toEqual([409, 'OPERATION_DIVERGED']);
    expect(await linksOf(house, 52)).toEqual(links);
  });

  test.each([
    ['its link', /sequenceTemplates$/],
    ['the switch of its link', /\/activate$/],
    ['the switch of the old one', /\/deactivate$/],
  ])('with nothing between, at %s: it ends as it would have', async (_what, path) => {
    const resume = await left(text('<p>Older</p>'), path);
    const answer = await resume();
    expect(answer.status, answer.text).toBe(200);
    expect(await templateOn()).toEqual(['<p>Older</p>']);
  });
});
