/** The recommended sequences: https://www.upscaleoutreach.com/api-docs/get-sequences, served by the gateway itself. */
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import sequences from '../../src/catalogue/sequences.json' with { type: 'json' };
import type { Answer } from '../support/answer.ts';
import { API_KEY, openHouse } from '../support/house.ts';
import { openDoor } from './door.ts';
import { houseOfFile, PROVIDERS, tenant, told } from './support.ts';

const PATH = '/sequences/get_sequences';

/** The table of allowed values, in its order; the first of the defaults is that of the same page. */
const VALUES = {
  sequence_length: ['short', 'medium', 'long'],
  campaign_objective: ['brand_awareness', 'event_attendance', 'meeting'],
  cadence_profile: ['rapid', 'normal', 'long_term'],
  saturated_markets: ['true', 'false'],
} as const;
const DEFAULTS = ['medium', 'meeting', 'normal', 'false'] as const;

type Parameter = keyof typeof VALUES;
const PARAMETERS = Object.keys(VALUES) as Parameter[];

const CHOICES = VALUES.sequence_length.flatMap((length) =>
  VALUES.campaign_objective.flatMap((objective) =>
    VALUES.cadence_profile.flatMap((profile) =>
      VALUES.saturated_markets.map((saturated) => [length, objective, profile, saturated] as const),
    ),
  ),
);

interface Sequence {
  readonly id: string;
  readonly steps: readonly { readonly step: number; readonly message_type: string; readonly wait_time_after: string }[];
}

const house = await houseOfFile(openHouse);

function ask(query: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const search = new URLSearchParams(query).toString();
  return house.ask(search === '' ? PATH : `${PATH}?${search}`);
}

async function idsFor(query: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const answer = await ask(query);
  expect(answer.status, answer.text).toBe(200);
  return listed(answer).map(({ id }) => id);
}

function listed({ json }: Answer): readonly Sequence[] {
  return (json as { sequences: readonly Sequence[] }).sequences;
}

describe('without a parameter', () => {
  test('all 54 are there, each once, in the order of the values that make their ids', async () => {
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(listed(answer).map(({ id }) => id)).toEqual(CHOICES.map((choice) => choice.join('_')));
    expect(listed(answer)).toHaveLength(54);
  });

  test('each has an id and steps and nothing else, and the answer nothing but sequences', async () => {
    const answer = await ask();
    expect(Object.keys(answer.json as object)).toEqual(['sequences']);
    for (const sequence of listed(answer)) {
      expect(Object.keys(sequence)).toEqual(['id', 'steps']);
      for (const step of sequence.steps) {
        expect(Object.keys(step)).toEqual(['step', 'message_type', 'wait_time_after']);
        expect([typeof step.step, typeof step.message_type, typeof step.wait_time_after]).toEqual([
          ...['number', 'string', 'string'],
        ]);
      }
    }
    expect(listed(answer)).toEqual(sequences);
  });
});

describe('with a parameter all four filter, and the defaults stand in for the others', () => {
  const alone = PARAMETERS.flatMap((name) => VALUES[name].map((value) => ({ name, value })));

  test.each(alone)('$name=$value alone', async ({ name, value }) => {
    const id = PARAMETERS.map((each, index) => (each === name ? value : DEFAULTS[index])).join('_');
    expect(await idsFor({ [name]: value })).toEqual([id]);
  });

  test.each(PARAMETERS)('%s=default alone is the sequence of all defaults', async (name) => {
    expect(await idsFor({ [name]: 'default' })).toEqual(['medium_meeting_normal_false']);
  });

  test('every combination is exactly its own sequence', async () => {
    for (const choice of CHOICES) {
      const query = Object.fromEntries(PARAMETERS.map((name, index) => [name, choice[index] ?? '']));
      expect(await idsFor(query)).toEqual([choice.join('_')]);
    }
  });

  test('two of them, and default beside a value', async () => {
    const query = { cadence_profile: 'long_term', sequence_length: 'long' };
    expect(await idsFor(query)).toEqual(['long_meeting_long_term_false']);
    expect(await idsFor({ ...query, campaign_objective: 'default', saturated_markets: 'true' })).toEqual([
      'long_meeting_long_term_true',
    ]);
    expect(await idsFor(Object.fromEntries(PARAMETERS.map((name) => [name, 'default'])))).toEqual([
      'medium_meeting_normal_false',
    ]);
  });

  test('what is filtered is the same sequence as in the whole list', async () => {
    const [one] = listed(await ask({ saturated_markets: 'true' }));
    expect(one).toEqual(listed(await ask()).find(({ id }) => id === 'medium_meeting_normal_true'));
  });
});

describe('a value that nobody knows matches nothing', () => {
  const unknown = ['', 'Medium', ' medium', 'brand', 'long', 'meeting_normal', 'TRUE', '1', 'constructor', '.*', '_'];
  const cases = PARAMETERS.flatMap((name) =>
    unknown.filter((value) => !VALUES[name].some((known) => known === value)).map((value) => ({ name, value })),
  );

  test.each(cases)('$name=$value', async ({ name, value }) => {
    expect(await idsFor({ [name]: value })).toEqual([]);
  });

  test('nor do values that only together spell an id', async () => {
    // Joined by _ they read long_meeting_long_term_false, but no profile is called so.
    expect(await idsFor({ sequence_length: 'long', cadence_profile: 'long', saturated_markets: 'term_false' })).toEqual(
      [],
    );
    expect(await idsFor({ sequence_length: 'medium_meeting', campaign_objective: 'normal' })).toEqual([]);
  });
});

describe('who may ask', () => {
  const without = { 'x-api-key': '' };

  test.each([
    ['Api-Key', { ...without, 'Api-Key': API_KEY }],
    ['api-key', { ...without, 'api-key': API_KEY }],
    ['x-api-key', { 'x-api-key': API_KEY }],
    ['Bearer', { ...without, authorization: `Bearer ${API_KEY}` }],
  ])('whoever has the key, in %s, and says no tenant', async (_, headers) => {
    const answer = await house.ask(PATH, { headers });
    expect(answer.status, answer.text).toBe(200);
    expect(listed(answer)).toHaveLength(54);
  });

  test.each([
    ['no key', without],
    ['a wrong key in Api-Key', { ...without, 'Api-Key': 'wrong' }],
    ['an empty bearer', { ...without, authorization: 'Bearer ' }],
    ['the key as another scheme', { ...without, authorization: `Basic ${API_KEY}` }],
    ['a wrong x-api-key', { 'x-api-key': 'wrong' }],
    ['a wrong bearer', { ...without, authorization: 'Bearer wrong' }],
    ['a wrong key that asks for another shape', { ...without, accept: 'application/problem+json' }],
  ])('nobody with %s: 401, flat', async (_, headers) => {
    const answer = await house.ask(`${PATH}?sequence_length=short`, { headers });
    expect(answer.status).toBe(401);
    expect(answer.json).toEqual({ error: 'Unauthorized: Invalid API key' });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  test('Api-Key opens nothing else, whose errors stay what they are', async () => {
    for (const path of ['/sequences', '/providers', '/sequences/get_sequence', '/sequences/get_sequences/']) {
      const answer = await house.ask(path, { headers: { ...without, ...tenant('outreach'), 'Api-Key': API_KEY } });
      expect(answer.status, path).toBe(401);
      expect(told(answer), path).toEqual(['API_KEY_MISSING']);
    }
  });

  test('a tenant makes no difference, and no provider is called', async () => {
    for (const name of PROVIDERS) {
      const answer = await house.ask(PATH, { headers: tenant(name) });
      expect(listed(answer)).toHaveLength(54);
      expect(house.sandbox(name).calls()).toEqual([]);
    }
  });
});

test('what nobody has foreseen is a flat 500 that shows nothing of itself', async () => {
  let broken = true;
  const log = pino(
    { level: 'info' },
    {
      write: () => {
        if (!broken) return;
        broken = false;
        throw new Error('the disk at /var/log is full');
      },
    },
  );
  const door = await openDoor({ log });
  const answer = await door.ask(PATH);
  const after = await door.ask(PATH);
  await door.close();
  expect(answer.status).toBe(500);
  expect(answer.json).toEqual({ error: expect.any(String) });
  expect((answer.json as { error: string }).error).not.toBe('');
  expect(answer.text).not.toContain('disk');
  expect(answer.text).not.toContain('/var/log');
  expect(after.status).toBe(200);
});

describe('the catalogue keeps to the table', () => {
  const catalogue: readonly Sequence[] = sequences;
  const days = (wait: string): number => {
    const [, whole = NaN, hours = NaN] = (/^(\d+)d (\d|1\d|2[0-3])h$/.exec(wait) ?? []).map(Number);
    return whole + hours / 24;
  };
  const cases = CHOICES.map((choice) => ({ id: choice.join('_'), choice }));
  const STEPS = { short: [1, 2], medium: [3, 3], long: [4, 5] } as const;
  const DAYS = { rapid: [7, 14], normal: [14, 28], long_term: [60, 93] } as const;
  const MESSAGE_TYPES = [
    'connection_request',
    'share_material',
    'stage_ambition',
    'hiring_activity',
    'first_follow_up',
  ];

  test('there is one for every combination, and no other', () => {
    expect(catalogue.map(({ id }) => id).toSorted()).toEqual(cases.map(({ id }) => id).toSorted());
  });

  test.each(cases)('$id', ({ id, choice: [length, , profile, saturated] }) => {
    const { steps } = catalogue.find((sequence) => sequence.id === id) ?? { steps: [] };
    const [fewest, most] = STEPS[length];
    expect(steps.length).toBeGreaterThanOrEqual(fewest);
    expect(steps.length).toBeLessThanOrEqual(most);
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 1));

    const types = steps.map(({ message_type }) => message_type);
    expect(types.filter((type) => !MESSAGE_TYPES.includes(type))).toEqual([]);
    expect(types.includes('connection_request')).toBe(saturated === 'true');
    // Nobody can be written to on LinkedIn before the request, and nobody is asked twice.
    expect(types.lastIndexOf('connection_request')).toBeLessThanOrEqual(0);
    expect(types.indexOf('first_follow_up')).not.toBe(0);

    expect(steps.at(-1)?.wait_time_after).toBe('0d 0h');
    const waits = steps.map(({ wait_time_after: wait }) => days(wait));
    expect(waits.slice(0, -1).every((wait) => wait > 0)).toBe(true);
    const total = waits.reduce((sum, wait) => sum + wait, 0);
    const [shortest, longest] = DAYS[profile];
    expect(total).toBeGreaterThanOrEqual(shortest);
    expect(total).toBeLessThanOrEqual(longest);
  });
});
