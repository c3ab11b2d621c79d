/** What a provider answers is shown without the credentials that it might echo, and `Retry-After` is clamped. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { House } from '../support/house.ts';
import { openDoor } from './door.ts';
import { answerJson, openFaulty, type Behave } from './faulty.ts';
import { createStep, errorsOf, openConnectedHouse, putConnection, tenant } from './support.ts';

/** Nothing is repeated for whoever does not wait. */
const IMPATIENT = { prefer: 'wait=0' };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

describe('credentials that a provider echoes', () => {
  const SECRETS = ['plain-token-0123456789', '$&$1.*+?^tok/en=', 'quo"ted\\back\\slash'];
  const echoes: Readonly<Record<string, (secret: string) => Behave>> = {
    'in a message': (secret) =>
      answerJson(422, { errors: [{ title: 'Bad', detail: `The token Bearer ${secret} is not allowed: ${secret}.` }] }),
    'in a key': (secret) => answerJson(400, { errors: [{ title: 'Bad' }], [secret]: { [secret]: [secret, [secret]] } }),
    'in text': (secret) => answerJson(500, `Internal error for Bearer ${secret}`, { 'content-type': 'text/plain' }),
    'at the end of a long text': (secret) => answerJson(500, `${'x'.repeat(1_995)}${secret}`),
    'where a message is cut': (secret) => answerJson(500, `${'x'.repeat(295)}${secret}`),
    'in a message of a refused token': (secret) =>
      answerJson(401, { error: 'Invalid JWT token.', description: secret }),
    'in a success that cannot be read': (secret) => answerJson(200, { token: secret, data: secret }),
    'in HTML': (secret) => answerJson(200, `<html>${secret}</html>`, { 'content-type': 'text/html' }),
    'in headers': (secret) =>
      answerJson(429, { errors: [] }, { 'x-request-id': `id-${secret}`, 'retry-after': secret }),
    'in a redirect': (secret) =>
      answerJson(302, '', { location: `https://elsewhere.example/?token=${encodeURIComponent(secret)}` }),
  };

  test.each(Object.entries(echoes))('%s', async (_, behave) => {
    for (const secret of SECRETS) {
      const provider = await openFaulty(behave(secret));
      const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
      opened.push(door, provider);
      expect((await putConnection(door, 'outreach', 'access_token', secret)).status).toBe(201);
      const list = await door.ask('/sequences', { headers: { ...tenant('outreach'), ...IMPATIENT } });
      for (const answer of [list, await createStep(door, { type: 'call' }, { headers: IMPATIENT })]) {
        expect(answer.status).toBeGreaterThanOrEqual(400);
        const shown = [answer.text, ...answer.headers.values(), ...door.logs].join('\n');
        for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
          expect(shown.includes(form), shown).toBe(false);
        // Nor the beginning of one where a long text is cut.
        expect(shown.includes(`xxx${secret.slice(0, 4)}`), shown).toBe(false);
      }
      expect(provider.received.map(({ headers }) => headers.authorization)).toEqual([
        `Bearer ${secret}`,
        `Bearer ${secret}`,
      ]);
    }
  });

  test.each([
    ['a slash', (secret: string) => secret.replaceAll('/', '\\/')],
    ['letters', (secret: string) => secret.replaceAll('p', '\\u0070').replaceAll('t', '\\u0074')],
    ['a slash behind a backslash', (secret: string) => `\\\\${secret.replaceAll('/', '\\/')}`],
  ])('in a success, with %s escaped', async (_what, escaped) => {
    const secret = 'plain/token/0123456789';
    const page = `{"data":[{"type":"sequence","id":20,"attributes":{"name":"${escaped(secret)} \\"\\n"}}],"links":{}}`;
    const provider = await openFaulty(answerJson(200, page));
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', secret);
    const answer = await door.ask('/sequences?include_raw_data=true', { headers: tenant('outreach') });
    expect([answer.status, JSON.stringify(answer.json).includes('***')], answer.text).toEqual([200, true]);
    expect(JSON.stringify(answer.json)).not.toContain(secret);
  });

  test.each([600, 100_000])("an answer that is nested %i deep is the provider's, and told as such", async (depth) => {
    const nested = `${'{"x":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const [status, read, write] of [
      [200, 'BAD_PROVIDER_RESPONSE', 'OUTCOME_UNKNOWN'],
      [422, 'PROVIDER_REJECTED', 'PROVIDER_REJECTED'],
    ] as const) {
      const provider = await openFaulty(answerJson(status, nested));
      const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
      opened.push(door, provider);
      await putConnection(door, 'outreach', 'access_token', 'a-long-token');
      const list = await door.ask('/sequences', { headers: { ...tenant('outreach'), ...IMPATIENT } });
      const create = await createStep(door, { type: 'call' }, { headers: IMPATIENT });
      expect([errorsOf(list)[0]?.code, errorsOf(create)[0]?.code]).toEqual([read, write]);
      expect(errorsOf(list)[0]?.meta.origin).toBe('remote-provider');
      expect(door.logs.join('')).not.toContain('unforeseen');
    }
  });

  test.each([600, 100_000])('nor is a part of a good answer, where it is nested %i deep', async (depth) => {
    const nested = `${'{"x":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const page = `{"data":[{"type":"sequence","id":20,"attributes":{"name":"Deep","more":${nested}}}],"links":{}}`;
    const provider = await openFaulty(answerJson(200, page));
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', 'a-long-token');
    const answer = await door.ask('/sequences?include_raw_data=true', {
      headers: { ...tenant('outreach'), ...IMPATIENT },
    });
    expect(errorsOf(answer)).toMatchObject([{ code: 'BAD_PROVIDER_RESPONSE', meta: { origin: 'remote-provider' } }]);
  });

  test('what is left of an answer is kept, and cut where it is long', async () => {
    const body = { errors: [{ title: 'Bad', detail: 'Not this.' }], more: 'x'.repeat(100_000) };
    const provider = await openFaulty(answerJson(422, body));
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
    opened.push(door, provider);
    await putConnection(door, 'outreach', 'access_token', 'a-long-token');
    const answer = await createStep(door, { type: 'call' });
    expect(errorsOf(answer)[0]).toMatchObject({
      code: 'PROVIDER_REJECTED',
      detail: expect.stringContaining('Not this.') as string,
    });
    expect(errorsOf(answer)[0]?.meta.upstream?.status).toBe(422);
    expect(JSON.stringify(errorsOf(answer)[0]?.meta.upstream?.body)).toContain('Not this.');
    expect(answer.text.length).toBeLessThan(5_000);
  });
});

describe('Retry-After', () => {
  let house: House;
  beforeEach(async () => {
    house = await openConnectedHouse();
  });
  afterEach(() => house.close());

  test.each([
    ['0', '0'],
    ['5', '5'],
    ['60', '60'],
    ['61', '60'],
    ['3600', '60'],
    ['2999-12-31T23:59:59Z', '60'],
    ['Fri, 31 Dec 2999 23:59:59 GMT', '60'],
    ['99999999999', '60'],
    ['-5', '60'],
    ['2001-01-01T00:00:00Z', '60'],
    ['Mon, 01 Jan 2001 00:00:00 GMT', '60'],
    ['soon', '60'],
    ['NaN', '60'],
    ['Infinity', '60'],
  ])('%s is told as %s, and kept as it was', async (raw, told) => {
    house
      .sandbox('outreach')
      .answerNext(
        { method: 'POST', path: /sequenceSteps/ },
        { status: 429, headers: { 'retry-after': raw }, body: { errors: [{ title: 'Slow down' }] } },
      );
    const answer = await createStep(house, { type: 'call' }, { headers: IMPATIENT });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe(told);
    expect(errorsOf(answer)).toMatchObject([
      {
        code: 'PROVIDER_RATE_LIMITED',
        meta: { retriable: true, provider: 'outreach', upstream: { status: 429, retry_after: raw } },
      },
    ]);
    expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
  });

  test.each([
    [422, 'POST', undefined],
    [404, 'POST', undefined],
    [500, 'POST', undefined],
    [503, 'POST', '1800'],
    [200, 'POST', undefined],
  ])('with %i is told only where it asks to wait', async (status, method, expected) => {
    house
      .sandbox('outreach')
      .answerNext(
        { method, path: /sequenceSteps/ },
        { status, headers: { 'retry-after': '1800' }, body: { errors: [{ title: 'No' }] } },
      );
    const answer = await createStep(house, { type: 'call' }, { headers: IMPATIENT });
    expect(errorsOf(answer)[0]?.meta.upstream).toMatchObject({ status });
    expect(errorsOf(answer)[0]?.meta.upstream?.retry_after).toBe(expected);
  });

  test.each(['toISOString', 'toUTCString'] as const)('as a time is told in seconds from now: %s', async (form) => {
    const raw = new Date(house.clock.now() + 30_000)[form]();
    house
      .sandbox('outreach')
      .answerNext(
        { method: 'POST', path: /sequenceSteps/ },
        { status: 429, headers: { 'retry-after': raw }, body: {} },
      );
    expect((await createStep(house, { type: 'call' })).headers.get('retry-after')).toBe('30');
  });
});
