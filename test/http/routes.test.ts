/** Paths and queries: what is there, what is not, and what a misspelt parameter must never do. */
import { describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../src/core/operations.ts';
import { isNone } from '../../src/model/cell.ts';
import type {} from '../support/house.ts';
import {
  allSteps,
  bodyOf,
  connectionPath,
  createStep,
  errorsOf,
  houseOfFile,
  listSequences,
  PROVIDERS,
  tenant,
  told,
  writesDone,
} from './support.ts';

const house = await houseOfFile();

const ALIAS = '/engagement/v2';
const STEP = { record: { type: 'call' } };
const STEPS = '/sequences/18/sequence_steps';

describe('paths that are not there', () => {
  test.each([
    ['GET', '/nowhere'],
    ['GET', '/sequences/'],
    ['GET', '/Sequences'],
    ['GET', '//sequences'],
    ['POST', `${STEPS}/`],
    ['POST', '/sequences//sequence_steps'],
    ['POST', '/sequences/18/sequence_steps/extra/more'],
    ['DELETE', '/sequences'],
    ['OPTIONS', '/sequences'],
    ['GET', '/providers/outreach/extra'],
    ['GET', '/constructor'],
    ['GET', '/.env'],
    ['GET', '/docs/../package.json'],
    ['GET', '/docs/%2e%2e%2fpackage.json'],
    ['GET', '/docs/package.json'],
    ['GET', `${ALIAS}/providers`],
    ['GET', `${ALIAS}${connectionPath('outreach')}`],
    ['GET', `${ALIAS}/healthz`],
    ['GET', `${ALIAS}${ALIAS}/sequences`],
    ['GET', '/dev'],
    ['POST', '/dev/reset'],
  ])('%s %s is 404 in the shape of an error', async (method, path) => {
    const answer = await house.ask(path, { method, headers: tenant('outreach') });
    expect(answer.status).toBe(404);
    expect(errorsOf(answer)).toMatchObject([
      { code: 'ROUTE_NOT_FOUND', status: '404', meta: { origin: 'gateway', retriable: false } },
    ]);
    expect(errorsOf(answer)[0]?.detail).toContain(method);
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });
});

describe(`${ALIAS} serves the unified resources`, () => {
  test('creating and listing are what they are without it', async () => {
    const created = await house.ask(ALIAS + STEPS, { method: 'POST', headers: tenant('outreach'), body: STEP });
    expect(created.status, created.text).toBe(201);
    expect(created.json).toEqual({ record: { id: allSteps(house).at(0)?.id }, warnings: [] });
    const [plain, alias] = [
      await listSequences(house, 'outreach'),
      await house.ask(`${ALIAS}/sequences`, { headers: tenant('outreach') }),
    ];
    expect(alias.status).toBe(200);
    expect(alias.json).toEqual(plain.json);
  });

  test('and refuse the same', async () => {
    const answer = await house.ask(`${ALIAS}/sequences/nothing/sequence_steps?dryrun=true`, {
      method: 'POST',
      headers: {},
      body: {},
    });
    expect(told(answer)).toEqual(['INVALID_QUERY dryrun']);
  });
});

describe('unknown query parameters are refused', () => {
  test.each([
    'dryrun=true',
    'dry-run=true',
    'Dry_run=true',
    'dry_run[]=true',
    'dry_run%20=true',
    'page_size=1',
    'constructor=1',
    '__proto__=1',
    'dry_run=true&x=1',
  ])('creating with %s writes nothing', async (query) => {
    const answer = await createStep(house, { type: 'call' }, { query: `?${query}` });
    expect(answer.status, answer.text).toBe(400);
    expect(errorsOf(answer)).toMatchObject([
      { code: 'INVALID_QUERY', source: { parameter: expect.any(String) as string } },
    ]);
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });

  test.each([
    ['GET', '/sequences'],
    ['GET', '/providers'],
    ['GET', '/providers/outreach'],
    ['GET', connectionPath('outreach')],
    ['PUT', connectionPath('outreach')],
    ['DELETE', connectionPath('outreach')],
    ['POST', `${connectionPath('outreach')}/actions/test`],
  ])('%s %s', async (method, path) => {
    const body =
      method === 'PUT' ? { body: { credentials: { type: 'access_token', access_token: 'another-token' } } } : {};
    const answer = await house.ask(`${path}?surprise=1`, { method, headers: tenant('outreach'), ...body });
    expect(told(answer)).toEqual(['INVALID_QUERY surprise']);
    expect(answer.status).toBe(400);
    expect((await listSequences(house, 'outreach')).status).toBe(200);
  });

  test('all of them are told, beside the values that cannot be', async () => {
    const answer = await house.ask('/sequences?a=1&b=2&page_size=0', { headers: tenant('outreach') });
    expect(told(answer).toSorted()).toEqual(['INVALID_QUERY a', 'INVALID_QUERY b', 'INVALID_QUERY page_size']);
  });
});

describe('dry_run', () => {
  test('true is a preview that writes nothing, false and absent write', async () => {
    const preview = await createStep(house, { type: 'call' }, { query: '?dry_run=true' });
    expect(preview.status).toBe(200);
    expect(bodyOf(preview).requests).toHaveLength(1);
    expect(house.sandbox('outreach').calls()).toEqual([]);
    for (const query of ['?dry_run=false', '', '?'])
      expect((await createStep(house, { type: 'call' }, { query })).status).toBe(201);
    expect(writesDone(house)).toHaveLength(3);
  });

  test.each(['TRUE', 'True', '1', '0', 'yes', 'on', '', 'true%20', 'null'])('%j is refused', async (value) => {
    const answer = await createStep(house, { type: 'call' }, { query: `?dry_run=${value}` });
    expect(answer.status).toBe(400);
    expect(told(answer)).toEqual(['INVALID_QUERY dry_run']);
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });

  test.each(['dry_run=true&dry_run=false', 'dry_run=false&dry_run=true', 'dry_run&dry_run=true'])(
    'said twice never writes: %s',
    async (query) => {
      const answer = await createStep(house, { type: 'call' }, { query: `?${query}` });
      expect(answer.status).not.toBe(201);
      expect(writesDone(house)).toEqual([]);
    },
  );
});

describe('page_size', () => {
  test.each(['1', '2', '25', '99', '100'])('%s is a page', async (size) => {
    const answer = await house.ask(`/sequences?page_size=${size}`, { headers: tenant('outreach') });
    expect(answer.status, answer.text).toBe(200);
    const held = house.sandbox('outreach').sequences().length;
    expect((answer.json as { records: unknown[] }).records).toHaveLength(Math.min(held, Number(size)));
  });

  test.each(['0', '-1', '101', '1000', '1.5', '1e1', '01', '', '%2010', '+5', 'ten', 'NaN', '0x10', '٣'])(
    '%s is none',
    async (size) => {
      const answer = await house.ask(`/sequences?page_size=${size}`, { headers: tenant('outreach') });
      expect(answer.status).toBe(400);
      expect(told(answer)).toEqual(['INVALID_QUERY page_size']);
      expect(house.sandbox('outreach').calls()).toEqual([]);
    },
  );
});

describe('GET /providers', () => {
  test('lists every provider with every operation, as it is declared', async () => {
    const list = await house.ask('/providers');
    const { records } = list.json as { records: { name: string }[] };
    expect(records.map(({ name }) => name)).toEqual([...house.registry.keys()]);
    for (const [name, provider] of house.registry) {
      const one = await house.ask(`/providers/${name}`);
      expect(one.status).toBe(200);
      expect(records).toContainEqual(one.json);
      const { operations } = one.json as {
        operations: Readonly<Record<string, { support: string; route: string; because?: string }>>;
      };
      expect(Object.keys(operations).toSorted()).toEqual([...OPERATIONS].toSorted());
      for (const operation of OPERATIONS) {
        expect(operations[operation]?.support).toBe(isNone(provider.can[operation]) ? 'none' : 'native');
        expect(operations[operation]?.route).toMatch(/^(GET|POST|PUT|PATCH|DELETE) \//);
      }
      expect(one.text).not.toContain('undefined');
    }
    expect(PROVIDERS.every((name) => house.registry.has(name))).toBe(true);
  });

  test.each(['hubspot', 'Outreach', 'constructor', '__proto__', 'a%2Fb', '%00', 'a%22b'])(
    '/%s is 404 with the list',
    async (name) => {
      const answer = await house.ask(`/providers/${name}`);
      expect(answer.status).toBe(404);
      expect(told(answer)).toEqual(['PROVIDER_UNKNOWN']);
      for (const known of house.registry.keys()) expect(errorsOf(answer)[0]?.detail).toContain(known);
    },
  );
});
