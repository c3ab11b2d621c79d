/** Values that the provider would take for others, or refuse after the dry run was fine: refused alike in both. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { bodyOf, errorsOf, houseOfFile, sequenceOf, tenant, told, warned, writesDone } from './support.ts';

const house = await houseOfFile();

const send = (method: string, path: string, record: object): Promise<Answer> =>
  house.ask(path, { method, headers: tenant('outreach'), body: { record } });

/** The dry run, then the request: both say the same. */
async function both(method: string, path: string, record: object): Promise<readonly Answer[]> {
  return [await send(method, `${path}?dry_run=true`, record), await send(method, path, record)];
}

describe('the owner of an Outreach sequence, which is sent as a number', () => {
  const WAYS = [
    ['POST', '/sequences', { name: 'Owned' }],
    ['PATCH', '/sequences/19', {}],
  ] as const;

  test.each(WAYS)('%s %s: an id that would become its neighbour is refused', async (method, path, record) => {
    for (const owner_id of [
      '9007199254740993',
      '9007199254740992',
      '9999999999999999',
      '0',
      '01',
      '-2',
      '2.0',
      '1e3',
    ]) {
      for (const answer of await both(method, path, { ...record, owner_id })) {
        expect([answer.status, told(answer)], owner_id).toEqual([422, ['UNSUPPORTED_VALUE /record/owner_id']]);
        expect(errorsOf(answer)[0]?.detail).toContain('9007199254740991');
      }
    }
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });

  test.each(WAYS)('%s %s: the last one that is kept arrives as it is', async (method, path, record) => {
    const [shown, made] = await both(method, path, { ...record, owner_id: '9007199254740991' });
    expect([shown?.status, made?.status], made?.text).toEqual([200, method === 'POST' ? 201 : 200]);
    expect(shown?.text).toContain('"id":9007199254740991');
    expect(writesDone(house)[0]?.body).toContain('"id":9007199254740991');
  });
});

describe('an interval in an Outreach sequence that goes by dates', () => {
  const DATED = '/sequences/21/sequence_steps';

  async function dated(): Promise<string> {
    const answer = await send('POST', DATED, { type: 'call', date: '2031-01-31' });
    expect(answer.status, answer.text).toBe(201);
    return `${DATED}/${bodyOf(answer).record?.id ?? ''}`;
  }

  test.each([0, 86_400])('alone (%i s) is refused before anything is written', async (interval_seconds) => {
    const path = await dated();
    for (const record of [{ interval_seconds }, { interval_seconds, task_note: 'n' }]) {
      for (const answer of await both('PATCH', path, record)) {
        expect([answer.status, told(answer)], answer.text).toEqual([
          422,
          ['UNSUPPORTED_VALUE /record/interval_seconds'],
        ]);
        expect(errorsOf(answer)[0]).toMatchObject({ meta: { origin: 'gateway' } });
        expect(errorsOf(answer)[0]?.detail).toContain('goes by dates');
      }
    }
    expect(writesDone(house)).toHaveLength(1);
  });

  test('with a date is left out and told', async () => {
    const path = await dated();
    for (const answer of await both('PATCH', path, { interval_seconds: 0, date: '2031-02-28' })) {
      expect([answer.status, warned(answer)]).toEqual([200, ['INTERVAL_NOT_APPLIED /record/interval_seconds']]);
    }
  });

  test('in a sequence that goes by intervals is what it was', async () => {
    const path = '/sequences/19/sequence_steps/51';
    for (const answer of await both('PATCH', path, { interval_seconds: 60 })) expect(answer.status).toBe(200);
  });
});

describe("a provider's message about a sequence has the place of the field", () => {
  test.each([
    ['POST', '/sequences', { name: '  ' }, ['PROVIDER_REJECTED /record/name']],
    ['PATCH', '/sequences/20', { name: '  ' }, ['PROVIDER_REJECTED /record/name']],
    ['POST', '/sequences', { name: '  ', steps: [{ type: 'call' }] }, ['PROVIDER_REJECTED /record/name']],
  ])('%s %s %j', async (method, path, record, expected) => {
    const answer = await house.ask(path, { method, headers: tenant('outreach'), body: { record } });
    expect([answer.status, told(answer)], answer.text).toEqual([422, expected]);
  });
});

describe("a provider's message about a step of a new sequence has its place", () => {
  const EMAIL = { type: 'auto_email', template: { body: '<p>Hi</p>', subject: 'Hi' } };
  const RECORD = { name: 'Three', steps: [{ type: 'call' }, EMAIL, EMAIL] };

  test.each([
    ['sequenceSteps', 3, '/data/attributes/interval', '/record/steps/2/interval_seconds'],
    ['sequenceSteps', 3, '/data/attributes/unheardOf', '/record/steps/2'],
    ['sequenceSteps', 3, undefined, '/record/steps/2'],
    ['templates', 1, '/data/attributes/name', '/record/steps/1/template/name'],
    ['sequenceTemplates', 2, '/data/attributes/isReply', '/record/steps/2/is_reply'],
  ])('%s, call %i: %s', async (path, nth, pointer, expected) => {
    const body = { errors: [{ id: 'validationError', detail: 'No.', ...(pointer ? { source: { pointer } } : {}) }] };
    const fault = { kind: 'answer', at: 'before_commit', status: 422, body } as const;
    const match = { method: 'POST', path: new RegExp(`/${path}$`) };
    house.sandbox('outreach').addFault({ match, fault, nth });
    const answer = await send('POST', '/sequences', RECORD);
    expect([answer.status, told(answer)], answer.text).toEqual([422, [`PROVIDER_REJECTED ${expected}`]]);
  });

  test.each([429, 404])('a %i is not the fault of the step', async (status) => {
    const fault = { kind: 'answer', at: 'before_commit', status, body: {} } as const;
    const match = { method: 'POST', path: /sequenceSteps$/ };
    house.sandbox('outreach').addFault({ match, fault, nth: 3, times: 'until_cleared' });
    expect(errorsOf(await send('POST', '/sequences', RECORD))[0]).not.toHaveProperty('source');
  });

  test.each(['apollo', 'salesloft'])('of %s, where one call makes all, nobody knows which', async (provider) => {
    const fault = { kind: 'answer', at: 'before_commit', status: 422, body: { error: 'No.' } } as const;
    house.sandbox(provider).addFault({ match: { method: 'POST' }, fault });
    const answer = await house.ask('/sequences', {
      method: 'POST',
      headers: tenant(provider),
      body: { record: RECORD },
    });
    expect([answer.status, told(answer)], answer.text).toEqual([422, ['PROVIDER_REJECTED']]);
  });
});

describe('a name that says nothing', () => {
  const IMPORT = `/sequences/${sequenceOf(house.sandbox('salesloft'))}/sequence_steps`;
  const EMAIL = { type: 'auto_email', name: 'Email', template: { subject: 'S', body: 'B' } };

  test.each(['', '  '])('%j: is refused where Salesloft requires one, in the dry run too', async (name) => {
    const WAYS = [
      [{ type: 'call', name }, 'INVALID_VALUE /record/name'],
      [{ ...EMAIL, template: { ...EMAIL.template, name } }, 'INVALID_VALUE /record/template/name'],
    ] as const;
    for (const [record, expected] of WAYS)
      for (const query of ['?dry_run=true', '']) {
        const answer = await house.ask(IMPORT + query, {
          method: 'POST',
          headers: tenant('salesloft'),
          body: { record },
        });
        expect([answer.status, told(answer)]).toEqual([422, [expected]]);
      }
    expect(writesDone(house, 'salesloft')).toEqual([]);
  });
});
