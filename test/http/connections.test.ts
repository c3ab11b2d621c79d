/** Connections: their life, what is shown of them, and what they let through. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, openHouse } from '../support/house.ts';
import {
  connectionPath,
  createStep,
  errorsOf,
  houseOfFile,
  listSequences,
  putConnection,
  told,
  warned,
} from './support.ts';

const house = await houseOfFile(openHouse);

const TOKEN = 'outreach-sandbox-token';
const OTHER_SECRET = 'other-secret-0123456789';
let count = 0;

/** A customer that nobody has used. */
function newCustomer(): string {
  count += 1;
  return `customer-${String(count)}`;
}

function expectHidden({ text, headers }: Answer, secret: string): void {
  const shown = [text, ...headers.values(), ...house.logs].filter((each) => each.includes(secret));
  expect(shown.map((each) => each.slice(0, 500))).toEqual([]);
}

describe('life', () => {
  test('stored 201, stored again 200, read, forgotten 204, gone 404', async () => {
    const customer = newCustomer();
    const path = connectionPath('outreach', customer);
    const made = new Date(house.clock.now()).toISOString();
    const first = await putConnection(house, 'outreach', 'access_token', OTHER_SECRET, customer);
    const record = {
      customer_id: customer,
      provider_name: 'outreach',
      credential_type: 'access_token',
      status: 'active',
      created_at: made,
      updated_at: made,
    };
    expect(first.status).toBe(201);
    expect(first.json).toEqual({ record, warnings: [] });
    expect(first.headers.get('x-warning-count')).toBe('0');
    expect((await house.ask(path)).json).toEqual(record);

    house.clock.pass(60_000);
    const expires_at = '2030-01-01T01:00:00+01:00';
    const second = await house.ask(path, {
      method: 'PUT',
      body: { credentials: { type: 'access_token', access_token: TOKEN, expires_at } },
    });
    expect(second.status).toBe(200);
    const renewed = {
      ...record,
      updated_at: new Date(house.clock.now()).toISOString(),
      expires_at: '2030-01-01T00:00:00.000Z',
    };
    expect(second.json).toEqual({ record: renewed, warnings: [] });
    expect((await house.ask(path)).json).toEqual(renewed);

    const gone = await house.ask(path, { method: 'DELETE' });
    expect(gone.status).toBe(204);
    expect(gone.text).toBe('');
    for (const method of ['GET', 'DELETE'])
      expect(told(await house.ask(path, { method }))).toEqual(['CONNECTION_NOT_FOUND']);
    expect((await putConnection(house, 'outreach', 'access_token', TOKEN, customer)).status).toBe(201);
    expect(((await house.ask(path)).json as { created_at: string }).created_at).toBe(
      new Date(house.clock.now()).toISOString(),
    );
  });

  test('one customer has one for each provider, of another kind and other times', async () => {
    const customer = newCustomer();
    await putConnection(house, 'apollo', 'api_key', 'apollo-sandbox-key', customer);
    await putConnection(house, 'outreach', 'access_token', TOKEN, customer);
    await house.ask(connectionPath('outreach', customer), { method: 'DELETE' });
    expect((await house.ask(connectionPath('apollo', customer))).json).toMatchObject({
      provider_name: 'apollo',
      credential_type: 'api_key',
    });
  });

  test('an unknown provider is 404 for every method', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: { credentials: { type: 'api_key', api_key: OTHER_SECRET } } } : {};
      expect(told(await house.ask(connectionPath('hubspot'), { method, ...body }))).toEqual(['PROVIDER_UNKNOWN']);
    }
  });
});

describe('credentials that cannot be', () => {
  const put = (provider: string, body: unknown, customer = newCustomer()) =>
    house.ask(connectionPath(provider, customer), { method: 'PUT', body });

  test('a kind that the provider does not take is 422 with the pointer, and nothing is stored', async () => {
    const customer = newCustomer();
    const answer = await putConnection(house, 'outreach', 'api_key', OTHER_SECRET, customer);
    expect(answer.status).toBe(422);
    expect(told(answer)).toEqual(['CREDENTIAL_TYPE_NOT_SUPPORTED /credentials/type']);
    expect(errorsOf(answer)[0]?.detail).toContain('access_token');
    expect((await house.ask(connectionPath('outreach', customer))).status).toBe(404);
  });

  test('a kind that nobody takes is 422 with the list', async () => {
    const answer = await put('outreach', { credentials: { type: 'password', password: OTHER_SECRET } });
    expect(answer.status).toBe(422);
    expect(told(answer)).toEqual(['INVALID_VALUE /credentials/type']);
    for (const kind of ['api_key', 'access_token']) expect(errorsOf(answer)[0]?.detail).toContain(kind);
  });

  test.each([
    ['a space', 'has a space'],
    ['a space at an end', ' secret-01234'],
    ['a line end', 'secret\r\nx-evil: 1'],
    ['a bare LF', 'secret-0123\n'],
    ['a tab', 'secret\t0123'],
    ['NUL', 'secret\u00000123'],
    ['DEL', 'secret\u007f0123'],
    ['what is not ASCII', 'sécrèt-01234'],
    ['an emoji', 'secret-0123🎉'],
    ['nothing', ''],
    ['too little', 'seven77'],
    ['too much', 'x'.repeat(4_097)],
  ])('a secret with %s is 422, and is not shown', async (_, secret) => {
    for (const [provider, type] of [
      ['outreach', 'access_token'],
      ['apollo', 'api_key'],
    ] as const) {
      const customer = newCustomer();
      const answer = await putConnection(house, provider, type, secret, customer);
      expect(answer.status).toBe(422);
      expect(told(answer)).toEqual([`INVALID_VALUE /credentials/${type}`]);
      if (secret !== '') expectHidden(answer, JSON.stringify(secret).slice(1, -1));
      expect((await house.ask(connectionPath(provider, customer))).status).toBe(404);
    }
  });

  test('the longest and the shortest secret are taken', async () => {
    for (const secret of ['eight888', '!~"\\\'{}%;,', 'x'.repeat(4_096)]) {
      expect((await putConnection(house, 'outreach', 'access_token', secret, newCustomer())).status).toBe(201);
    }
  });

  test.each([
    [{}, ['MISSING_KEY /credentials']],
    [[], ['WRONG_TYPE ']],
    [{ credentials: 'text' }, ['WRONG_TYPE /credentials']],
    [{ credentials: [] }, ['WRONG_TYPE /credentials']],
    [{ credentials: null }, ['WRONG_TYPE /credentials']],
    [{ credentials: {} }, ['MISSING_KEY /credentials/type']],
    [{ credentials: { type: 5 } }, ['WRONG_TYPE /credentials/type']],
    [{ credentials: { type: null } }, ['WRONG_TYPE /credentials/type']],
    [{ credentials: { type: 'access_token' } }, ['MISSING_KEY /credentials/access_token']],
    [{ credentials: { type: 'access_token', api_key: OTHER_SECRET } }, ['MISSING_KEY /credentials/access_token']],
    [{ credentials: { type: 'access_token', access_token: 12_345_678 } }, ['WRONG_TYPE /credentials/access_token']],
    [{ credentials: { type: 'access_token', access_token: [OTHER_SECRET] } }, ['WRONG_TYPE /credentials/access_token']],
    [
      { credentials: { type: 'access_token', access_token: OTHER_SECRET, expires_at: 1_900_000_000 } },
      ['WRONG_TYPE /credentials/expires_at'],
    ],
  ])('%j is 400', async (body, errors) => {
    const answer = await put('outreach', body);
    expect(told(answer), answer.text).toEqual(errors);
    expect(answer.status).toBe(400);
  });

  test.each(['', 'tomorrow', '2030-01-01', '2030-01-01T00:00:00', '2030-02-30T00:00:00Z', '1900000000'])(
    'an expiry of %j is 422',
    async (expires_at) => {
      const answer = await put('outreach', {
        credentials: { type: 'access_token', access_token: OTHER_SECRET, expires_at },
      });
      expect(told(answer)).toEqual(['INVALID_VALUE /credentials/expires_at']);
      expect(answer.status).toBe(422);
    },
  );

  test('unknown keys are warned of at every depth', async () => {
    const credentials = {
      type: 'access_token',
      access_token: TOKEN,
      expiresAt: '2020-01-01T00:00:00Z',
      api_key: OTHER_SECRET,
    };
    const answer = await put('outreach', { credentials, status: 'active' });
    expect(answer.status, answer.text).toBe(201);
    expect(warned(answer)).toEqual(
      ['/credentials/expiresAt', '/credentials/api_key', '/status'].map((at) => `UNKNOWN_FIELD ${at}`),
    );
    expect(answer.headers.get('x-warning-count')).toBe('3');
    expect(answer.text).not.toContain(OTHER_SECRET);
  });
});

describe('a secret is never shown', () => {
  test('in no answer and no log line, whatever is asked', async () => {
    const customer = newCustomer();
    const path = connectionPath('outreach', customer);
    const answers = [
      await putConnection(house, 'outreach', 'access_token', OTHER_SECRET, customer),
      await house.ask(path),
      await house.ask(`${path}/actions/test`, { method: 'POST' }),
      await listSequences(house, 'outreach', customer),
      await createStep(house, { type: 'call' }, { headers: { 'x-customer-id': customer } }),
      await createStep(house, { type: 'call' }, { headers: { 'x-customer-id': customer }, query: '?dry_run=true' }),
      await house.ask(path, { method: 'DELETE' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 424, 424, 424, 200, 204]);
    for (const answer of answers) expectHidden(answer, OTHER_SECRET);
  });

  test.each([
    OTHER_SECRET,
    `"${OTHER_SECRET}`,
    `{"credentials":{"type":"access_token","access_token":"${OTHER_SECRET}}`,
    `{"credentials":{"type":"access_token","access_token":"${OTHER_SECRET}" x}}`,
    `{"credentials":{"type":"access_token","access_token":${OTHER_SECRET}}}`,
    `access_token=${OTHER_SECRET}`,
  ])('where the body is not JSON: %s', async (body) => {
    const answer = await house.ask(connectionPath('outreach', newCustomer()), { method: 'PUT', body });
    expect(told(answer)).toEqual(['MALFORMED_JSON']);
    for (let start = 0; start + 8 <= OTHER_SECRET.length; start += 1)
      expectHidden(answer, OTHER_SECRET.slice(start, start + 8));
  });
});

describe('whose connection it is', () => {
  test('without one: 404 that says how to make it, and no call', async () => {
    const customer = newCustomer();
    for (const answer of [
      await listSequences(house, 'outreach', customer),
      await createStep(house, { type: 'call' }, { headers: { 'x-customer-id': customer } }),
      await house.ask(`${connectionPath('outreach', customer)}/actions/test`, { method: 'POST' }),
    ]) {
      expect(answer.status).toBe(404);
      expect(told(answer)).toEqual(['CONNECTION_NOT_FOUND']);
      expect(errorsOf(answer)[0]?.detail).toContain(`PUT ${connectionPath('outreach', customer)}`);
    }
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });

  test('no other customer can use it, and each call has its own credentials', async () => {
    const [first, second, third] = [newCustomer(), newCustomer(), newCustomer()];
    const { api_key: key = '', access_token: token = '' } = house.sandbox('salesloft').credentials;
    await putConnection(house, 'salesloft', 'api_key', key, first);
    await putConnection(house, 'salesloft', 'access_token', token, second);
    const customers = [first, second, third, first, second];
    const together = await Promise.all(customers.map((customer) => listSequences(house, 'salesloft', customer)));
    expect(together.map(({ status }) => status)).toEqual([200, 200, 404, 200, 200]);
    for (const [index, customer] of customers.entries()) {
      expect((await listSequences(house, 'salesloft', customer)).status).toBe(together[index]?.status);
    }
    const sent = house
      .sandbox('salesloft')
      .calls()
      .map(({ headers }) => headers['authorization']);
    expect(sent.slice(-4)).toEqual([`Bearer ${key}`, `Bearer ${token}`, `Bearer ${key}`, `Bearer ${token}`]);
    expect(sent.slice(0, -4).toSorted()).toEqual(sent.slice(-4).toSorted());
  });

  test('ids that only look alike are different customers', async () => {
    await putConnection(house, 'outreach', 'access_token', TOKEN, 'Alike-1');
    for (const customer of ['alike-1', 'Alike-1.', 'Alike-', 'Alike-1%', 'Alike_1']) {
      expect((await house.ask(connectionPath('outreach', encodeURIComponent(customer)))).status, customer).toBe(404);
    }
    expect((await house.ask(connectionPath('outreach', CUSTOMER))).status).toBe(404);
  });
});
