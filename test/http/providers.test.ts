/** `GET /providers`: the declarations as data that a program can use. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_PAGE_SIZE } from '../../src/model/reading.ts';
import { openHouse, type House } from '../support/house.ts';
import { errorsOf, tenant, told, warned } from './support.ts';

const PROVIDERS = ['apollo', 'outreach', 'salesloft', 'upscale', 'zendesk_sell'] as const;

let house: House;

beforeAll(async () => {
  house = await openHouse();
  for (const name of PROVIDERS) await house.connect(name);
});
afterAll(() => house.close());

interface Matches {
  readonly pattern: string;
  readonly says: string;
}

async function described(name: string): Promise<Readonly<Record<string, unknown>>> {
  const answer = await house.ask(`/providers/${name}`);
  expect(answer.status).toBe(200);
  return answer.json as Readonly<Record<string, unknown>>;
}

/** Every value with its path, objects before what is in them. */
function walk(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return [[path, value], ...Object.entries(value).flatMap(([key, each]) => walk(each, `${path}/${key}`))];
}

const at = (value: unknown, path: string): unknown => new Map(walk(value)).get(path);

describe('forms', () => {
  test.each(PROVIDERS)('%s: nothing is said by an object without keys', async (name) => {
    const empty = walk(await described(name)).filter(
      ([path, value]) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.keys(value).length === 0 &&
        !path.endsWith('/preconditions'),
    );
    expect(empty).toEqual([]);
  });

  test.each([
    ['outreach', 'create_sequence', 'owner_id', '2', 'a'],
    ['outreach', 'update_sequence', 'owner_id', '2', '-2'],
    ['apollo', 'update_sequence', 'owner_id', '66302798d03b9601c7934ebf', '2'],
    ['salesloft', 'create_sequence', 'owner_id', 'owner@example.com', '2'],
    ['salesloft', 'create_sequence', 'tags', 'One', 'a, b'],
  ])('%s, %s, %s: the pattern is one', async (name, operation, field, fits, wrong) => {
    const form = at(await described(name), `/operations/${operation}/sequence_fields/${field}/matches`) as Matches;
    expect(Object.keys(form).toSorted()).toEqual(['pattern', 'says']);
    expect(form.says).toMatch(/\w/);
    const pattern = new RegExp(form.pattern, 'i');
    expect([pattern.test(fits), pattern.test(wrong)]).toEqual([true, false]);
  });
});

describe('the largest page', () => {
  test.each(PROVIDERS)('%s: is one that the gateway takes, and one more is refused', async (name) => {
    const ask = (path: string, size: number) => house.ask(`${path}?page_size=${size}`, { headers: tenant(name) });
    for (const [operation, path] of [
      ['list_sequences', '/sequences'],
      ['list_templates', '/templates'],
    ] as const) {
      const largest = at(await described(name), `/operations/${operation}/max_page_size`);
      if (largest === undefined) continue;
      expect(largest).toBe(MAX_PAGE_SIZE);
      expect((await ask(path, Number(largest))).status).toBe(200);
      const over = await ask(path, Number(largest) + 1);
      expect([over.status, told(over)]).toEqual([400, ['INVALID_QUERY page_size']]);
    }
  });

  test('that a provider gives is never exceeded: more is refused and not cut', async () => {
    const list = house.registry.get('outreach')?.can.list_sequences ?? {};
    const usual = Object.getOwnPropertyDescriptor(list, 'max_page_size') ?? {};
    Object.defineProperty(list, 'max_page_size', { ...usual, value: 10 });
    try {
      const headers = tenant('outreach');
      const over = await house.ask('/sequences?page_size=11', { headers });
      expect([over.status, told(over)]).toEqual([400, ['INVALID_QUERY page_size']]);
      expect(errorsOf(over)[0]?.detail).toContain('at most 10');
      expect((await house.ask('/sequences?page_size=10', { headers })).status).toBe(200);
      house.sandbox('outreach').reset();
      expect((await house.ask('/sequences', { headers })).status).toBe(200);
      expect(house.sandbox('outreach').calls()[0]?.path).toContain('page%5Bsize%5D=10');
    } finally {
      Object.defineProperty(list, 'max_page_size', usual);
    }
  });
});

describe('what is said is what happens', () => {
  test.each(['apollo', 'outreach', 'salesloft'])('%s: the order of new steps is that of their array', async (name) => {
    const order = at(await described(name), '/operations/create_sequence/fields/order');
    expect(order).toEqual({ support: 'none', because: expect.stringContaining('order of the array') as string });
    const body = { record: { name: 'New', steps: [{ type: 'call', order: 3 }] } };
    const answer = await house.ask('/sequences?dry_run=true', { method: 'POST', headers: tenant(name), body });
    expect(answer.status, answer.text).toBe(200);
    expect(warned(answer)).toContain('ORDER_FROM_ARRAY /record/steps/0/order');
  });

  test('Outreach: a step of a kind that can only be read can be changed all the same', async () => {
    const { operations } = (await described('outreach')) as { operations: object };
    const told = (operation: string) => at(operations, `/${operation}/step_types/linkedin_view_profile`);
    expect(told('create_steps')).toMatchObject({ support: 'none' });
    expect(told('update_step')).toEqual({ support: 'native', native: 'linkedin_view_profile' });
    const sandbox = house.sandbox('outreach');
    sandbox.answerNext({ method: 'GET', path: /sequenceSteps/ }, viewOfProfile(51, 19));
    const body = { record: { interval_seconds: 7_200 } };
    const path = '/sequences/19/sequence_steps/51';
    const answer = await house.ask(path, { method: 'PATCH', headers: tenant('outreach'), body });
    expect(answer.status, answer.text).toBe(200);
    expect(sandbox.steps('19').map(({ delay_seconds: delay }) => delay)).toEqual([7_200]);
  });
});

/** The seeded step as one that somebody has made in Outreach. */
function viewOfProfile(id: number, sequence: number) {
  const attributes = { stepType: 'linkedin_view_profile', interval: 0, order: 1 };
  const relationships = { sequence: { data: { type: 'sequence', id: sequence } }, sequenceTemplates: { data: [] } };
  const headers = { 'content-type': 'application/vnd.api+json' };
  return {
    status: 200,
    headers,
    body: {
      data: { type: 'sequenceStep', id, attributes, relationships },
      included: [{ type: 'sequence', id: sequence, attributes: { sequenceType: 'interval' } }],
    },
  };
}
