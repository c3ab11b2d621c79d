/** Who calls, for whom, and in which product: the gateway's key and the two headers of a tenant. */
import { describe, expect, test } from 'vitest';
import { API_KEY } from '../support/house.ts';
import { connectionPath, createStep, errorsOf, houseOfFile, listSequences, tenant, told } from './support.ts';

const house = await houseOfFile();

const NO_KEY = { 'x-api-key': '' };

describe('the API key', () => {
  test.each([
    ['x-api-key', { 'x-api-key': API_KEY }],
    ['Bearer', { ...NO_KEY, authorization: `Bearer ${API_KEY}` }],
    ['bearer', { ...NO_KEY, authorization: `bearer ${API_KEY}` }],
    ['Bearer with spaces', { ...NO_KEY, authorization: `Bearer   ${API_KEY}` }],
  ])('as %s lets in', async (_, headers) => {
    expect((await house.ask('/providers', { headers })).status).toBe(200);
  });

  test.each([
    ['nothing', {}],
    ['Basic', { authorization: `Basic ${API_KEY}` }],
    ['no scheme', { authorization: API_KEY }],
    ['an empty Bearer', { authorization: 'Bearer ' }],
    ['two words after Bearer', { authorization: `Bearer ${API_KEY} ${API_KEY}` }],
    ['another header', { 'api-key': API_KEY }],
    ['a cookie', { cookie: `x-api-key=${API_KEY}` }],
  ])('missing is 401: %s', async (_, headers) => {
    const answer = await house.ask('/providers', { headers: { ...NO_KEY, ...headers } });
    expect(answer.status).toBe(401);
    expect(told(answer)).toEqual(['API_KEY_MISSING']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  const wrong = [
    `${API_KEY}x`,
    API_KEY.slice(0, -1),
    API_KEY.toUpperCase(),
    `x${API_KEY}`,
    'undefined',
    'a'.repeat(8_000),
  ];
  test.each(wrong)('wrong is 401, and neither answer nor log shows it: %s', async (key) => {
    for (const headers of [{ 'x-api-key': key }, { ...NO_KEY, authorization: `Bearer ${key}` }]) {
      const answer = await house.ask('/providers', { headers });
      expect(answer.status).toBe(401);
      expect(told(answer)).toEqual(['API_KEY_WRONG']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.text + house.logs.join('')).not.toContain(key);
    }
    expect(house.logs.join('')).not.toContain(API_KEY);
  });

  test.each([
    ['GET', '/sequences'],
    ['POST', '/sequences/18/sequence_steps'],
    ['POST', '/engagement/v2/sequences/18/sequence_steps'],
    ['GET', '/engagement/v2/sequences'],
    ['GET', '/providers'],
    ['GET', '/providers/outreach'],
    ['PUT', connectionPath('outreach')],
    ['GET', connectionPath('outreach')],
    ['DELETE', connectionPath('outreach')],
    ['POST', `${connectionPath('outreach')}/actions/test`],
    ['GET', '/nowhere'],
    ['GET', '/dev'],
    ['POST', '/dev/reset'],
    ['GET', '/healthz/'],
    ['GET', '//healthz'],
    ['GET', '/healthz/../providers'],
    ['GET', '/HEALTHZ'],
  ])('is asked for by %s %s before anything else', async (method, path) => {
    const answer = await house.ask(path, { method, headers: { ...NO_KEY, ...tenant('outreach') } });
    expect(answer.status).toBe(401);
    expect(house.sandbox('outreach').calls()).toEqual([]);
    expect((await house.ask(connectionPath('outreach'))).status).toBe(200);
  });
});

describe('x-customer-id and x-provider-name', () => {
  test('what is missing is named, both at once', async () => {
    const { 'x-customer-id': customer = '', 'x-provider-name': provider = '' } = tenant('outreach');
    for (const [headers, missing] of [
      [{}, ['x-customer-id', 'x-provider-name']],
      [{ 'x-customer-id': customer }, ['x-provider-name']],
      [{ 'x-provider-name': provider }, ['x-customer-id']],
    ] as const) {
      for (const ask of [
        { path: '/sequences' },
        { path: '/sequences/18/sequence_steps', method: 'POST', body: { record: { type: 'call' } } },
      ]) {
        const answer = await house.ask(ask.path, { ...ask, headers });
        expect(answer.status).toBe(400);
        expect(told(answer)).toEqual(missing.map((name) => `MISSING_HEADER ${name}`));
        for (const [index, name] of missing.entries()) expect(errorsOf(answer)[index]?.detail).toContain(name);
      }
    }
  });

  const impossible = [
    '.',
    '..',
    'a b',
    'a/b',
    'a\\b',
    'a,b',
    'a%2Fb',
    'a?b',
    'a#b',
    "a'b",
    'a"b',
    '<a>',
    'a;b',
    '{a}',
    'é',
    'a'.repeat(256),
  ];
  test.each(impossible)('a customer id that cannot be is 400: %s', async (customer) => {
    const answer = await listSequences(house, 'outreach', customer);
    expect(answer.status).toBe(400);
    expect(told(answer)).toEqual(['INVALID_HEADER x-customer-id']);
  });

  test.each(impossible.filter((id) => !['.', '..', 'a?b', 'a#b', 'a\\b'].includes(id)))(
    'in a path the same id is 404: %s',
    async (customer) => {
      const answer = await house.ask(`/customers/${encodeURIComponent(customer)}/connections/outreach`);
      expect(answer.status, answer.text).toBe(404);
      expect(told(answer)).toEqual(['INVALID_ID']);
    },
  );

  const possible = ['a', '...', '-', 'A-Z_a.z:0@9+x=y', 'user@example.com', 'urn:uuid:1', 'a'.repeat(255)];
  test.each(possible)('a customer id that can be is the same in header and path: %s', async (customer) => {
    const [type = '', secret = ''] = Object.entries(house.sandbox('outreach').credentials)[0] ?? [];
    const path = `/customers/${encodeURIComponent(customer)}/connections/outreach`;
    const put = await house.ask(path, { method: 'PUT', body: { credentials: { type, [type]: secret } } });
    expect(put.status, put.text).toBe(201);
    expect(put.json).toMatchObject({ record: { customer_id: customer } });
    expect((await listSequences(house, 'outreach', customer)).status).toBe(200);
  });

  test.each(['hubspot', 'Outreach', '..', 'constructor', '__proto__', 'outreach,apollo', 'a"b'])(
    'an unknown provider is 404 with the list: %s',
    async (name) => {
      const answer = await listSequences(house, name);
      expect(answer.status).toBe(404);
      expect(told(answer)).toEqual(['PROVIDER_UNKNOWN x-provider-name']);
      for (const known of house.registry.keys()) expect(errorsOf(answer)[0]?.detail).toContain(known);
    },
  );

  test('a bad customer and an unknown provider reach nothing', async () => {
    const answer = await createStep(
      house,
      { type: 'call' },
      { headers: { 'x-customer-id': 'a b', 'x-provider-name': 'hubspot' } },
    );
    expect(answer.status).toBe(400);
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });
});

describe('x-warning-count', () => {
  test('counts the warnings of writes and previews, and is on no error', async () => {
    const lossy = { type: 'call', name: 'Call', template: { body: '<p>Body</p>', subject: 'S' }, unknown: 1 };
    for (const query of ['', '?dry_run=true']) {
      const answer = await createStep(house, lossy, { query });
      expect(answer.headers.get('x-warning-count')).toBe('3');
      expect((answer.json as { warnings: unknown[] }).warnings).toHaveLength(3);
      expect((await createStep(house, { type: 'call' }, { query })).headers.get('x-warning-count')).toBe('0');
      const strict = await createStep(house, lossy, { query, headers: { prefer: 'handling=strict' } });
      expect(strict.status).toBe(422);
      expect(strict.headers.has('x-warning-count')).toBe(false);
    }
  });
});
