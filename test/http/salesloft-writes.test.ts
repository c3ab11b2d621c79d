/** Salesloft: what is looked at before an import, and whose fault a refusal is. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { errorsOf, houseOfFile, sequenceOf, tenant, told, writesDone } from './support.ts';

const house = await houseOfFile();
const sandbox = house.sandbox('salesloft');
const EMPTY = sequenceOf(sandbox);

const post = (path: string, body: object): Promise<Answer> =>
  house.ask(path, { method: 'POST', headers: { ...tenant('salesloft'), prefer: 'wait=0' }, body });
const stepsOf = (sequence: string): string => `/sequences/${sequence}/sequence_steps`;
const copying = (id: string) => ({ type: 'auto_email', name: 'Copied', template: { id } });

describe('a template that Salesloft does not have', () => {
  const NAMED = { code: 'PROVIDER_RECORD_NOT_FOUND', status: '404', meta: { origin: 'remote-provider' } };

  test.each(['', '?dry_run=true'])('is the fault of the step that names it: %s', async (query) => {
    for (const type of ['auto_email', 'linkedin_send_message']) {
      const answer = await post(stepsOf(EMPTY) + query, { record: { ...copying('999'), type } });
      expect([answer.status, told(answer)]).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND /record/template/id']]);
      expect(errorsOf(answer)).toMatchObject([NAMED]);
      expect(errorsOf(answer)[0]?.detail).toContain('999');
    }
    expect(writesDone(house, 'salesloft')).toEqual([]);
  });

  test.each(['', '?dry_run=true'])('is not the fault of the other records of a batch: %s', async (query) => {
    const records = [copying('501'), copying('999'), { type: 'call', name: 'Call' }, copying('998')];
    const answer = await post(`${stepsOf(EMPTY)}/_batch${query}`, { records });
    const skipped = { status: null, skipped: true };
    const fault = (index: number) => ({
      status: 404,
      errors: [{ ...NAMED, source: { pointer: `/records/${index}/template/id` } }],
    });
    expect(answer.json).toMatchObject({ results: [skipped, fault(1), skipped, fault(3)] });
    expect(writesDone(house, 'salesloft')).toEqual([]);
  });

  test('is the fault of the step of a new sequence', async () => {
    const answer = await post('/sequences', { record: { name: 'New', steps: [copying('501'), copying('999')] } });
    expect([answer.status, told(answer)]).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND /record/steps/1/template/id']]);
    expect(writesDone(house, 'salesloft')).toEqual([]);
  });

  test('is another than one that cannot be read now', async () => {
    const failure = { status: 500, body: { error: 'Unexpected server error occurred. Please try again.' } };
    sandbox.answerNext({ method: 'GET', path: /\/email_templates\/999$/ }, failure);
    expect(told(await post(stepsOf(EMPTY), { record: copying('999') }))).toEqual(['PROVIDER_FAILED']);
  });
});

test.each(['', '?dry_run=true'])(
  'a cadence that has steps: the refusal names what can be done instead: %s',
  async (query) => {
    const answer = await post(stepsOf('124') + query, { record: { type: 'call' } });
    expect([answer.status, told(answer)]).toEqual([422, ['SEQUENCE_NOT_EMPTY']]);
    expect(errorsOf(answer)[0]?.detail).toContain('POST /sequences');
    expect(writesDone(house, 'salesloft')).toEqual([]);
  },
);
