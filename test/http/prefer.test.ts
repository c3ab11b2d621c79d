/** `Prefer` (RFC 7240): how a request says that nothing may be lost on the way. */
import { describe, expect, test } from 'vitest';
import { API_KEY } from '../support/house.ts';
import { createStep, houseOfFile, listSequences, tenant, told, warned, writesDone } from './support.ts';

const house = await houseOfFile();

/** An Outreach step has no name: lenient handling leaves it out and says so. */
const LOSSY = { type: 'call', name: 'Call' };

describe('strict handling refuses what would be lost, and writes nothing', () => {
  test.each([
    'handling=strict',
    'handling="strict"',
    'Handling=strict',
    ' handling = strict ',
    'handling=strict; because=important',
    'handling=strict;because="a, b"',
    'handling="strict" ; because',
    'respond-async, wait=soon, handling=strict',
    'respond-async,wait=soon,handling=strict',
    'note="a, b", handling=strict',
    'unknown;with=parameters;and="more", handling=strict, other',
    ', ,handling=strict,',
    'handling=strict, handling=lenient',
  ])('%s', async (prefer) => {
    for (const query of ['', '?dry_run=true']) {
      const answer = await createStep(house, LOSSY, { query, headers: { prefer } });
      expect(answer.status, answer.text).toBe(422);
      expect(told(answer)).toEqual(['STRICT_HANDLING /record/name']);
      expect(answer.headers.get('preference-applied')).toBe('handling=strict');
    }
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });

  test('in a second line of the header', async () => {
    const headers = Object.entries({ 'x-api-key': API_KEY, 'content-type': 'application/json', ...tenant('outreach') });
    const answer = await house.app.request('/sequences/18/sequence_steps', {
      method: 'POST',
      headers: [...headers, ['prefer', 'respond-async'], ['prefer', 'handling=strict']],
      body: JSON.stringify({ record: LOSSY }),
    });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('preference-applied')).toBe('handling=strict');
  });

  test('and takes what loses nothing', async () => {
    const answer = await createStep(
      house,
      { type: 'call', interval_seconds: 60 },
      { headers: { prefer: 'handling=strict' } },
    );
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('preference-applied')).toBe('handling=strict');
  });
});

describe('lenient handling', () => {
  test.each([
    ['handling=lenient', 'handling=lenient'],
    ['handling="lenient", wait=10', 'handling=lenient, wait=10'],
    ['handling=lenient, handling=strict', 'handling=lenient'],
    ['handling=nonsense', null],
    ['handling', null],
    ['handling=', null],
    ['handling=""', null],
    ['handling=stricter', null],
    ['strict', null],
    ['xhandling=strict', null],
    ['handling-of-dates=strict', null],
    ['respond-async', null],
    ['return=minimal', null],
    ['note="handling=strict"', null],
    ['note="a, handling=strict"', null],
    ['note; handling=strict', null],
    ['note; because="a, handling=strict"', null],
    ['note="an \\"escaped\\", handling=strict"', null],
    ['"handling=strict"', null],
    [';,=;"', null],
  ])('%s is applied as %s', async (prefer, applied) => {
    const answer = await createStep(house, LOSSY, { headers: { prefer } });
    expect(answer.status, answer.text).toBe(201);
    expect(warned(answer)).toEqual(['FIELD_NOT_SUPPORTED /record/name']);
    expect(answer.headers.get('preference-applied')).toBe(applied);
  });

  test('is what counts without the header, and is not echoed then', async () => {
    const answer = await createStep(house, LOSSY);
    expect(answer.status).toBe(201);
    expect(answer.headers.has('preference-applied')).toBe(false);
    expect(writesDone(house)).toHaveLength(1);
  });

  test('a list has no handling to apply', async () => {
    const { 'x-customer-id': customer = '' } = tenant('outreach');
    expect((await listSequences(house, 'outreach', customer)).headers.has('preference-applied')).toBe(false);
  });
});
