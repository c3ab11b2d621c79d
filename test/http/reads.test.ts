/** Reading, and the actions on what exists: lists, one sequence, its steps, templates, switching and deleting. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeCursor } from '../../src/http/cursor.ts';
import { isNone } from '../../src/model/cell.ts';
import { FILTERS, type Filter } from '../../src/model/reading.ts';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import { cursorTo } from '../support/cursors.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, openHouse, writesAmong, type House, type HouseOptions } from '../support/house.ts';
import { bodyOf, errorsOf, sequenceOf, tenant, told, warned } from './support.ts';

const PROVIDERS = ['apollo', 'outreach', 'salesloft', 'upscale', 'zendesk_sell'] as const;
const CALLS_AND_TASKS = '65334c9c2722cd008bde87c3';
const NOWHERE = 'f'.repeat(24);

interface Step {
  readonly id?: string;
  readonly type: string;
  readonly interval_seconds?: number;
  readonly unmodelled?: readonly { readonly pointer: string; readonly value: unknown }[];
}

interface Sequence {
  readonly id: string;
  readonly name?: string;
  readonly updated_at?: string;
  readonly steps?: readonly Step[];
  readonly unmodelled?: Step['unmodelled'] | undefined;
  readonly raw_data?: unknown;
}

interface Page {
  readonly pagination: {
    readonly next: string | null;
    readonly previous: string | null;
    readonly total_count?: number;
  };
  readonly records: readonly Sequence[];
}

let house: House;

async function open(worlds: HouseOptions['worlds'] = {}): Promise<void> {
  house = await openHouse({ worlds });
  for (const name of PROVIDERS) await house.connect(name);
}

/** Everything within happens in other worlds: two houses at a time would answer for the same hosts. */
async function inWorlds(worlds: HouseOptions['worlds'], work: () => Promise<void>): Promise<void> {
  await house.close();
  await open(worlds);
  try {
    await work();
  } finally {
    await house.close();
    await open();
  }
}

beforeAll(() => open());
beforeEach(() => {
  for (const name of PROVIDERS) house.sandbox(name).reset();
});
afterAll(() => house.close());

const ask = (name: string, path: string, method = 'GET', body?: unknown): Promise<Answer> =>
  house.ask(path, { method, headers: { ...tenant(name), prefer: 'wait=0' }, ...(body === undefined ? {} : { body }) });
const calls = (name: string) => house.sandbox(name).calls();
const pathsOf = (name: string) => calls(name).map(({ method, path }) => `${method} ${path}`);
const withSteps = (name: string): string => sequenceOf(house.sandbox(name), 'with_steps');
const stepIds = (name: string, id: string) =>
  house
    .sandbox(name)
    .steps(id)
    .map((step) => step.id);
const firstStep = (name: string) =>
  `/sequences/${withSteps(name)}/sequence_steps/${stepIds(name, withSteps(name))[0] ?? ''}`;
const tally = (answer: Answer) => [answer.status, told(answer)];

async function read<T>(name: string, path: string): Promise<T> {
  const answer = await ask(name, path);
  expect(answer.status, answer.text).toBe(200);
  return answer.json as T;
}

const page = (name: string, query = '') => read<Page>(name, `/sequences?${query}`);
const sequence = (name: string, id: string) => read<Required<Sequence>>(name, `/sequences/${id}`);
const stepsOf = async (name: string, id: string) => (await sequence(name, id)).steps;

function force(name: string, path: RegExp, answer: ForcedAnswer, method = 'GET'): void {
  house.sandbox(name).answerNext({ method, path }, answer);
}

/** What was answered to such a call before is answered to the next one, changed. */
function forceChanged(name: string, path: RegExp, change: (answer: string) => string): void {
  const last = calls(name).findLast((call) => path.test(call.path));
  force(name, path, { status: 200, body: change(last?.answer ?? '') }, last?.method);
}

/** The value at a pointer into an answer. */
function at({ json }: Answer, pointer: string): unknown {
  const keys = pointer.split('/').slice(1);
  return keys.reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], json);
}

const FAILURES: readonly (readonly [string, ForcedAnswer])[] = [
  ['PROVIDER_FAILED', { status: 500, body: { error: 'Oops' } }],
  ['PROVIDER_RATE_LIMITED', { status: 429, body: { error: 'Slow down' } }],
  ['BAD_PROVIDER_RESPONSE', { status: 200, body: '<html></html>' }],
  ['BAD_PROVIDER_RESPONSE', { status: 200, body: {} }],
];

describe('filters of a list', () => {
  /** A value of the filter that lets some through, and whom. */
  function choose(filter: Filter, held: readonly Sequence[]): readonly [value: string, ids: readonly string[]] {
    const [, second, third] = held;
    if (filter === 'ids') return [`${second?.id ?? ''}, ${third?.id ?? ''}`, [second?.id ?? '', third?.id ?? '']];
    if (filter === 'name') return [second?.name ?? 'nobody', [second?.id ?? '']];
    const timeOf = ({ updated_at: time = '2025-01-01T00:00:00Z' }: Sequence): number => Date.parse(time);
    const after =
      (held
        .map(timeOf)
        .toSorted((a, b) => a - b)
        .at(-3) ?? 0) + 1;
    return [new Date(after).toISOString(), held.filter((each) => timeOf(each) > after).map(({ id }) => id)];
  }

  const cases = PROVIDERS.flatMap((name) => FILTERS.map((filter) => ({ name, filter })));
  test.each(cases)('$name by $filter: applied where the provider has it, else told', async ({ name, filter }) => {
    const all = await page(name, 'page_size=100');
    const plain = pathsOf(name);
    const [value, wanted] = choose(filter, all.records);
    const query = new URLSearchParams({ page_size: '100', [filter]: value });
    // Nothing is refused: a list has no handling.
    const answer = await house.ask(`/sequences?${query.toString()}`, {
      headers: { ...tenant(name), prefer: 'handling=strict' },
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.has('preference-applied')).toBe(false);
    const { records } = answer.json as Page;
    const list = house.registry.get(name)?.can.list_sequences;
    if (list && !isNone(list) && !isNone(list.filters[filter])) {
      expect(records.map(({ id }) => id).toSorted()).toEqual(wanted.toSorted());
      expect(wanted.length).toBeGreaterThan(0);
      expect(wanted.length).toBeLessThan(all.records.length);
      expect(warned(answer)).toEqual([]);
      return;
    }
    expect(records).toEqual(all.records);
    expect(warned(answer)).toEqual([`FILTER_NOT_APPLIED ?${filter}`]);
    expect(answer.headers.get('x-warning-count')).toBe('1');
    expect(pathsOf(name)).toEqual([...plain, ...plain]);
  });

  test('several at once, and each that is missing is told', async () => {
    const query = `ids=${CALLS_AND_TASKS}&name=outbound&modified_after=2020-01-01T00:00:00Z`;
    const answer = await ask('apollo', `/sequences?${query}`);
    expect(warned(answer)).toEqual(['FILTER_NOT_APPLIED ?ids', 'FILTER_NOT_APPLIED ?modified_after']);
    expect((answer.json as Page).records.map(({ name }) => name)).toEqual(['Q3 Outbound Outreach']);
    const both = await page('outreach', 'ids=19,20&name=Sequence%20with%20a%20call');
    expect(both.records.map(({ id }) => id)).toEqual(['19']);
  });

  test.each(['Renewals,Inbound leads', 'Q3, outbound', 'A..Z', 'Renewals..', ',', '__null__', '__notnull__'])(
    'outreach: a name that it would read as something else is not sent, and told: %s',
    async (name) => {
      const all = await page('outreach', 'ids=18,19,22');
      const answer = await ask('outreach', `/sequences?ids=18,19,22&name=${encodeURIComponent(name)}`);
      expect([answer.status, (answer.json as Page).records]).toEqual([200, all.records]);
      expect(warned(answer)).toEqual(['FILTER_NOT_APPLIED ?name']);
      const [first, second] = pathsOf('outreach');
      expect(second).toBe(first);
    },
  );

  test('goes with the pages', async () => {
    const held = house
      .sandbox('zendesk_sell')
      .sequences()
      .filter(({ name }) => name.includes('Outbound'));
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const { records, pagination } = await page('zendesk_sell', `name=Outbound&page_size=10${cursor}`);
      seen.push(...records.map(({ id }) => id));
      next = pagination.next;
    }
    expect(seen).toEqual(held.map(({ id }) => id));
    expect(seen.length).toBeGreaterThan(20);
  });

  test.each(['outreach', 'salesloft'])('%s: a time with an offset is the same time', async (name) => {
    const [zulu, offset] = ['2025-01-13T12:50:00Z', '2025-01-13T14:20:00+01:30'].map(encodeURIComponent);
    expect(await page(name, `modified_after=${offset}`)).toEqual(await page(name, `modified_after=${zulu}`));
  });

  test.each(['apollo', 'outreach', 'salesloft', 'zendesk_sell'])('%s: a name arrives as it is', async (name) => {
    const text = 'a&b=c#d %+?/é';
    expect((await page(name, `name=${encodeURIComponent(text)}`)).records).toEqual([]);
    const { searchParams } = new URL(calls(name)[0]?.path ?? '', 'https://provider.example');
    expect([...searchParams.values()]).toContain(text);
  });

  test.each(PROVIDERS)('%s: a value that cannot be is refused without a call', async (name) => {
    for (const time of ['yesterday', '2026-01-01', '2026-01-01T00:00:00', '1767225600', ''])
      expect(tally(await ask(name, `/sequences?modified_after=${time}`))).toEqual([
        ...[400, ['INVALID_QUERY modified_after']],
      ]);
    const list = house.registry.get(name)?.can.list_sequences;
    const ids =
      list && !isNone(list) && !isNone(list.filters.ids) ? ['abc', '18,abc', '18,,19', '0', '1e3', '../18'] : [];
    for (const each of ids) expect(told(await ask(name, `/sequences?ids=${each}`))).toEqual(['INVALID_ID']);
    expect(calls(name)).toEqual([]);
  });
});

describe('pages', () => {
  const LISTS = [
    ...PROVIDERS.map((name) => [name, '/sequences'] as const),
    ...(['outreach', 'salesloft'] as const).map((name) => [name, '/templates'] as const),
  ];
  const spelled = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  test.each(LISTS)('%s %s: a page size or a cursor that cannot be is 400 without a call', async (name, path) => {
    for (const size of ['0', '-1', '101', '1.5', '01', 'ten', '', '%2010', '1&page_size=2']) {
      const answer = await ask(name, `${path}?page_size=${size}`);
      expect([answer.status, new Set(told(answer))], size).toEqual([400, new Set(['INVALID_QUERY page_size'])]);
    }
    const place = name === 'outreach' ? 'after:x' : '2';
    const whole = { list: [name, CUSTOMER, path.slice(1)], size: 25, filters: {}, place };
    expect(spelled(whole)).toBe(cursorTo(name, place, path.slice(1)));
    const own = ['0', '-1', '', '../../x', 'after:'].map((each) => cursorTo(name, each, path.slice(1)));
    const changed = [
      ...[{ place: 2 }, { size: 0 }, { size: 101 }, { size: '25' }, { filters: null }, { filters: { modified: 'x' } }],
      ...[{ filters: { modified_after: 'yesterday' } }, { more: true }, { list: [name] }, { list: name }],
    ].map((change) => spelled({ ...whole, ...change }));
    const foreign = PROVIDERS.filter((each) => each !== name).map((each) => cursorTo(each, place, path.slice(1)));
    const old = [spelled([name, place]), spelled([name, CUSTOMER, place]), spelled(null)];
    for (const wrong of [...own, ...changed, ...foreign, ...old, '', '2', 'x'.repeat(5_000)])
      expect(tally(await ask(name, `${path}?cursor=${wrong}`)), wrong).toEqual([400, ['INVALID_CURSOR cursor']]);
    expect(calls(name)).toEqual([]);
  });

  test.each(['apollo', 'salesloft', 'upscale', 'zendesk_sell'])('%s: nothing is after the last one', async (name) => {
    const after = await page(name, `cursor=${cursorTo(name, '999')}`);
    expect(after).toMatchObject({ records: [], pagination: { next: null } });
  });

  describe('a cursor belongs to the list that gave it', () => {
    /** Of Outreach the next page of a name is asked for; Upscale has no names, and says that it does not filter by them. */
    const NAMED = {
      apollo: 'a',
      outreach: 'Renewals',
      salesloft: 'Plain cadence A',
      upscale: 'a',
      zendesk_sell: 'Out',
    };
    const walk = async (name: string, path: string, first: string): Promise<readonly Sequence[]> => {
      const seen: Sequence[] = [];
      let query = `?${first}`;
      for (let pages = 0; query !== '' && pages < 100; pages += 1) {
        const { records, pagination } = await read<Page>(name, path + query);
        seen.push(...records);
        query = pagination.next === null ? '' : `?cursor=${pagination.next}`;
      }
      return seen;
    };
    const refused = async (name: string, path: string, says: string): Promise<void> => {
      const before = calls(name).length;
      const answer = await ask(name, path);
      expect(tally(answer), `${path} ${answer.text}`).toEqual([400, ['INVALID_CURSOR cursor']]);
      expect(errorsOf(answer)[0]?.detail).toContain(says);
      expect(calls(name)).toHaveLength(before);
    };

    test.each(LISTS)('%s %s: page size and filters that are left out are those of the cursor', async (name, path) => {
      const whole = (await read<Page>(name, `${path}?page_size=100`)).records;
      expect(await walk(name, path, 'page_size=1')).toEqual(whole);
      if (path === '/sequences') expect(await walk(name, path, 'page_size=3')).toEqual(whole);
    });

    test.each(['apollo', 'zendesk_sell', 'upscale'] as const)('%s: a filter goes on, and is told to', async (name) => {
      const query = `name=${NAMED[name]}`;
      const whole = await ask(name, `/sequences?page_size=100&${query}`);
      expect(await walk(name, '/sequences', `page_size=2&${query}`)).toEqual((whole.json as Page).records);
      const { pagination } = await page(name, `page_size=2&${query}`);
      const second = await ask(name, `/sequences?cursor=${pagination.next ?? ''}`);
      expect(warned(second)).toEqual(warned(whole));
      const repeated = await page(name, `page_size=2&${query}&cursor=${pagination.next ?? ''}`);
      expect(repeated).toEqual({ ...(second.json as Page), warnings: expect.any(Array) as unknown });
    });

    test.each(PROVIDERS)('%s: with another page size or filter it is 400, and says so', async (name) => {
      const { next } = (await page(name, 'page_size=2')).pagination;
      for (const size of [1, 3, 25, 100])
        await refused(name, `/sequences?page_size=${size}&cursor=${next ?? ''}`, 'with page_size=2');
      for (const filter of [`name=${NAMED[name]}`, 'name=', 'modified_after=2020-01-01T00:00:00Z', 'ids=18'])
        await refused(name, `/sequences?${filter}&cursor=${next ?? ''}`, `without ${filter.split('=')[0] ?? ''}`);
      const filtered = encodeCursor(
        { list: [name, CUSTOMER, 'sequences'], size: 2, filters: { name: NAMED[name] } },
        name === 'outreach' ? 'after:x' : '2',
      );
      await refused(name, `/sequences?name=other&cursor=${filtered}`, `with name=${NAMED[name]}`);
    });

    test.each(['outreach', 'salesloft'])('%s: on another list it is 400 without a call', async (name) => {
      const place = name === 'outreach' ? 'after:x' : '2';
      const { next } = (await page(name, 'page_size=1')).pagination;
      await refused(name, `/templates?page_size=1&cursor=${next ?? ''}`, 'list of the templates');
      await refused(name, `/templates?cursor=${next ?? ''}`, 'list of the templates');
      await refused(name, `/sequences?cursor=${cursorTo(name, place, 'templates')}`, 'list of the sequences');
    });

    test.each(PROVIDERS)("%s: and another customer's", async (name) => {
      const { next } = (await page(name, 'page_size=2')).pagination;
      const headers = { ...tenant(name, 'another'), prefer: 'wait=0' };
      const answer = await house.ask(`/sequences?cursor=${next ?? ''}`, { headers });
      expect(tally(answer)).toEqual([400, ['INVALID_CURSOR cursor']]);
    });

    test.each(PROVIDERS)('%s: what it says is no more trusted than a query', async (name) => {
      const place = name === 'outreach' ? 'after:x' : '2';
      const forged = encodeCursor({ list: [name, CUSTOMER, 'sequences'], size: 2, filters: { ids: '../18' } }, place);
      expect(told(await ask(name, `/sequences?cursor=${forged}`))).toEqual(['INVALID_ID']);
      expect(calls(name)).toEqual([]);
    });
  });

  test.each(PROVIDERS)('%s: total_count is what the provider says, and absent where it says nothing', async (name) => {
    const { pagination } = await page(name, 'page_size=2');
    const says = name === 'apollo' || name === 'upscale';
    const total = says ? { total_count: house.sandbox(name).sequences().length } : {};
    expect(pagination).toEqual({ next: expect.any(String) as string, previous: null, ...total });
    const list = await read<Page>(name, `/sequences/${withSteps(name)}/sequence_steps`);
    const total_count = stepIds(name, withSteps(name)).length;
    expect(list.pagination).toEqual({ next: null, previous: null, total_count });
  });

  test.each(PROVIDERS)('%s: a later page that fails is an error and not the end of the list', async (name) => {
    const first = await page(name, 'page_size=2');
    const next = `page_size=2&cursor=${first.pagination.next ?? ''}`;
    const second = await page(name, next);
    for (const [code, answer] of FAILURES) {
      force(name, /./, answer, calls(name)[0]?.method);
      const failed = await ask(name, `/sequences?${next}`);
      expect(told(failed), failed.text).toEqual([code]);
      expect(failed.text).not.toContain('records');
    }
    expect(await page(name, next)).toEqual(second);
  });
});

describe('include_raw_data', () => {
  function paths(name: string): readonly string[] {
    const of = `/sequences/${withSteps(name)}`;
    const { list_templates: list } = house.registry.get(name)?.can ?? {};
    const [template] = list && !isNone(list) ? house.sandbox(name).templates : [];
    const templates = template === undefined ? [] : ['/templates', `/templates/${template}`];
    return ['/sequences', of, `${of}/sequence_steps`, firstStep(name), ...templates];
  }

  /** Every object of an answer that carries raw data. */
  function shown(json: unknown): readonly Sequence[] {
    const body = json as Partial<Page> & Sequence;
    return (body.records ?? [body]).flatMap((each) => [each, ...((each.steps ?? []) as readonly Sequence[])]);
  }

  test.each(PROVIDERS)('%s: the native object, whole, and only where it is asked for', async (name) => {
    for (const path of paths(name)) {
      for (const query of ['', '?include_raw_data=false'])
        expect((await ask(name, path + query)).text, path).not.toContain('raw_data');
      house.sandbox(name).reset();
      const objects = shown(await read(name, `${path}?include_raw_data=true`));
      const said = new Set(calls(name).flatMap(({ answer }) => objectsIn(JSON.parse(answer))));
      expect(objects.length).toBeGreaterThan(0);
      for (const { raw_data: raw } of objects) {
        expect(raw, path).toBeTypeOf('object');
        // What Apollo and Salesloft answer in parts is shown in parts.
        const parts = said.has(spell(raw)) ? [] : Object.values(raw as object).map(spell);
        expect(
          parts.filter((part) => !said.has(part)),
          path,
        ).toEqual([]);
      }
    }
  });

  test('asks Outreach for what the credentials may do, and shows it', async () => {
    for (const path of ['/sequences', '/sequences/19']) {
      house.sandbox('outreach').reset();
      await read('outreach', path);
      expect(pathsOf('outreach').join()).not.toContain('provideAuthorizationMeta');
      const [first] = shown(await read('outreach', `${path}?include_raw_data=true`));
      expect(pathsOf('outreach').join()).toContain('provideAuthorizationMeta=true');
      expect(first?.raw_data).toHaveProperty('meta', { canWrite: true, canDelete: true });
    }
  });

  test.each(PROVIDERS)('%s: is true or false and nothing else', async (name) => {
    for (const path of paths(name))
      for (const value of ['', '1', 'TRUE', 'yes', 'true&include_raw_data=true'])
        expect(tally(await ask(name, `${path}?include_raw_data=${value}`))).toEqual([
          ...[400, ['INVALID_QUERY include_raw_data']],
        ]);
    expect(calls(name)).toEqual([]);
  });

  /** Every object in an answer, spelled. */
  function objectsIn(value: unknown): readonly string[] {
    if (typeof value !== 'object' || value === null) return [];
    return [spell(value), ...Object.values(value).flatMap(objectsIn)];
  }

  /** The same object is spelled alike whatever the order of its keys. */
  function spell(value: unknown): string {
    return JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  }
});

test.each(PROVIDERS)('%s: a query parameter that nobody knows is 400 on every path, without a call', async (name) => {
  const of = `/sequences/${withSteps(name)}`;
  const got = ['/sequences', of, `${of}/sequence_steps`, firstStep(name), '/templates', '/templates/77'];
  const routes = [
    ...got.map((path) => ['GET', path] as const),
    ...['activate', 'deactivate'].map((action) => ['POST', `${of}/actions/${action}`] as const),
    ...[of, firstStep(name)].map((path) => ['DELETE', path] as const),
  ];
  for (const [method, path] of routes)
    expect(tally(await ask(name, `${path}?dryrun=true`, method)), path).toEqual([400, ['INVALID_QUERY dryrun']]);
  expect(calls(name)).toEqual([]);
});

describe('what is not there', () => {
  const UNKNOWN = { apollo: NOWHERE, outreach: '999999', salesloft: '999999', zendesk_sell: '999999' };

  test.each(Object.entries(UNKNOWN))('%s: an unknown id is 404', async (name, id) => {
    const of = `/sequences/${withSteps(name)}`;
    for (const path of [`/sequences/${id}`, `/sequences/${id}/sequence_steps`, `${of}/sequence_steps/${id}`]) {
      const answer = await ask(name, path);
      expect(tally(answer), path).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
      expect(errorsOf(answer)[0]?.meta).toMatchObject({ origin: 'remote-provider', provider: name });
    }
  });

  test('a preset that Upscale does not answer with is 404', async () => {
    force('upscale', /./, { status: 200, body: { sequences: [] } });
    const answer = await ask('upscale', '/sequences/medium_meeting_normal_false');
    expect(tally(answer)).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
  });

  test.each(PROVIDERS)('%s: a step of another sequence is 404', async (name) => {
    const others = house
      .sandbox(name)
      .sequences()
      .filter(({ num_steps }) => num_steps > 0);
    const other = others.find(({ id }) => id !== withSteps(name))?.id ?? '';
    const step = `sequence_steps/${stepIds(name, other)[0] ?? ''}`;
    const answer = await ask(name, `/sequences/${withSteps(name)}/${step}`);
    expect(tally(answer)).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
    expect((await ask(name, `/sequences/${other}/${step}`)).status).toBe(200);
  });

  const SHAPES = 'abc 0 -1 01 1.0 1e3 9007199254740993 18%2Factions %00 medium_meeting_normal'.split(' ');
  const PRESETS = ['medium_meeting_normal_maybe', 'long_term_meeting_normal_true', 'MEDIUM_meeting_normal_true'];
  const STEPS = ['0', '01', 'x', '1:1', ''].map((step) => `medium_meeting_normal_false:${step}`);
  test.each(PROVIDERS)('%s: an id of another shape is 404 without a call', async (name) => {
    const ids = [...SHAPES, ...PRESETS, `${NOWHERE}0`];
    const whole = ids.flatMap((id) => [`/sequences/${id}`, `/sequences/${id}/sequence_steps`]);
    const steps = [...ids, ...STEPS].map((id) => `/sequences/${withSteps(name)}/sequence_steps/${id}`);
    for (const path of [...whole, ...steps]) expect(tally(await ask(name, path)), path).toEqual([404, ['INVALID_ID']]);
    expect(calls(name)).toEqual([]);
  });
});

describe('Zendesk Sell', () => {
  const MIXED = '5';
  const nominal = (amount: number, unit = 'weekdays') => ({
    native_interval: { delay_from_previous_step: amount, delay_from_previous_step_unit: unit },
  });
  const ofWarnings = (answer: Answer) =>
    (bodyOf(answer).warnings ?? []).map(({ source }) => at(answer, source.pointer));

  test('hours are seconds, weekdays are nominal, positions count from 1', async () => {
    const email = (template: string, is_reply: boolean) => ({
      type: 'auto_email',
      is_reply,
      template: { id: template },
    });
    const task = (task_note: string) => ({ type: 'task', task_note });
    const answer = await ask('zendesk_sell', `/sequences/${MIXED}`);
    expect((answer.json as Sequence).steps).toEqual([
      { id: '11', order: 1, interval_seconds: 7_200, ...email('8', false) },
      { id: '12', order: 2, interval_seconds: 86_400, ...nominal(1), ...task('Call, then leave a voicemail') },
      { id: '13', order: 3, interval_seconds: 129_600, ...email('9', true) },
      { id: '14', order: 4, interval_seconds: 518_400, ...nominal(6), ...task('Look for a second contact') },
      { id: '15', order: 5, interval_seconds: 0, ...email('10', false) },
    ]);
    expect(warned(answer)).toEqual([1, 3].map((index) => `INTERVAL_NOMINAL /steps/${index}/interval_seconds`));
    expect(bodyOf(answer).warnings?.map(({ from }) => ({ native_interval: from }))).toEqual([nominal(1), nominal(6)]);
  });

  test('the pointers of the warnings lead into the answer, whatever was asked for', async () => {
    const places = { '': '/steps/3', '/sequence_steps': '/records/3', '/sequence_steps/14': '' };
    for (const [path, place] of Object.entries(places)) {
      const answer = await ask('zendesk_sell', `/sequences/${MIXED}${path}`);
      expect(warned(answer)).toContain(`INTERVAL_NOMINAL ${place}/interval_seconds`);
      expect(at(answer, `${place}/interval_seconds`)).toBe(518_400);
      expect(ofWarnings(answer)).toEqual(path.endsWith('14') ? [518_400] : [86_400, 518_400]);
    }
    expect(warned(await ask('zendesk_sell', `/sequences/${MIXED}/sequence_steps/13`))).toEqual([]);
  });

  test('a delay is never below nothing', async () => {
    await stepsOf('zendesk_sell', MIXED);
    const delay = '"delay_from_previous_step":';
    forceChanged('zendesk_sell', /\/sequences\?/, (answer) => answer.replace(`${delay}1,`, `${delay}-1,`));
    expect((await stepsOf('zendesk_sell', MIXED))[1]).toMatchObject({ interval_seconds: 0, ...nominal(-1) });
  });

  test('a unit that nobody knows is no number of seconds, and the warning leads to what is there', async () => {
    await stepsOf('zendesk_sell', MIXED);
    forceChanged('zendesk_sell', /\/sequences\?/, (answer) => answer.replaceAll('"weekdays"', '"months"'));
    const answer = await ask('zendesk_sell', `/sequences/${MIXED}`);
    expect(at(answer, '/steps/1')).not.toHaveProperty('interval_seconds');
    expect(at(answer, '/steps/1')).toMatchObject(nominal(1, 'months'));
    expect(ofWarnings(answer)).toHaveLength(2);
    expect(ofWarnings(answer)).not.toContain(undefined);
  });

  test('what there is no field for is unmodelled', async () => {
    const settings = { pointer: '/unsubscribe_settings', value: { enabled: true, locale: 'en-US' } };
    const { records } = await page('zendesk_sell', 'ids=3');
    for (const each of [await sequence('zendesk_sell', '3'), records[0]])
      expect(each?.unmodelled).toContainEqual(settings);
    expect(JSON.stringify(await sequence('zendesk_sell', '4'))).not.toContain('unsubscribe_settings');
  });
});

describe('Upscale', () => {
  const LONG = 'long_meeting_normal_true';

  test('the wait after a step is the delay of the next one, and its word is unmodelled', async () => {
    const { native } =
      house
        .sandbox('upscale')
        .sequences()
        .find(({ id }) => id === LONG) ?? {};
    const waits = (native as { steps: { message_type: string; wait_time_after: string }[] }).steps;
    const seconds = waits.map(({ wait_time_after: wait }) => {
      const [days = NaN, hours = NaN] = wait.split(' ').map((part) => parseInt(part, 10));
      return days * 86_400 + hours * 3_600;
    });
    expect(new Set(seconds).size).toBe(seconds.length);
    expect(await stepsOf('upscale', LONG)).toEqual(
      waits.map(({ message_type: word }, index) => ({
        id: `${LONG}:${index + 1}`,
        type: word === 'connection_request' ? 'linkedin_send_connection_request' : 'linkedin_send_message',
        order: index + 1,
        interval_seconds: index === 0 ? 0 : seconds[index - 1],
        unmodelled: [{ pointer: '/message_type', value: word }],
      })),
    );
  });

  test('an id is matched and not split: each of the 54 asks for its own four values, in one call', async () => {
    const names = ['sequence_length', 'campaign_objective', 'cadence_profile', 'saturated_markets'];
    for (const { id } of house.sandbox('upscale').sequences()) {
      house.sandbox('upscale').reset();
      expect(await sequence('upscale', id)).toMatchObject({ id });
      const queries = calls('upscale').map(({ path }) => new URL(path, 'https://provider.example').searchParams);
      expect(queries.map((query) => [...query.keys()])).toEqual([names]);
      expect(queries.map((query) => [...query.values()].join('_'))).toEqual([id]);
    }
  });

  test('a list sends no filter, because any of them would filter by all', async () => {
    expect((await page('upscale', 'page_size=100')).records).toHaveLength(54);
    expect(pathsOf('upscale')).toEqual(['GET /api/v2/sequences/get_sequences']);
  });

  test('a wait after the last step, which no step can be given, is unmodelled', () =>
    inWorlds({ upscale: { last_wait: 'one_day' } }, async () => {
      const read = await stepsOf('upscale', LONG);
      expect(read.at(-1)?.unmodelled).toContainEqual({ pointer: '/wait_time_after', value: '1d 0h' });
      expect(JSON.stringify(read.slice(0, -1))).not.toContain('wait_time_after');
    }));
});

describe('Salesloft', () => {
  const EVERY_KIND = '130';

  test('variants, a time of day, a kind of its own and two steps on one day', async () => {
    const [a, b, bump, connect, card] = stepIds('salesloft', EVERY_KIND);
    const unmodelled = (values: Readonly<Record<string, unknown>>) => ({
      unmodelled: Object.entries(values).map(([pointer, value]) => ({ pointer, value })),
    });
    const variant = (name: string) => ({
      type: 'manual_email',
      name,
      interval_seconds: 0,
      is_reply: false,
      template: { name, subject: `Subject of ${name}`, body: `<p>${name}</p>` },
    });
    const at9 = { send_type: 'at_time', time_of_day: '09:00', timezone_mode: 'person', allow_send_on_weekends: false };
    const integration = { integration_id: 9, integration_step_type_guid: 'sandbox-step-guid' };
    const answer = await ask('salesloft', `/sequences/${EVERY_KIND}`);
    expect((answer.json as Sequence).steps).toEqual([
      { id: a, order: 1, ...variant('Variant A'), ...unmodelled({ '/due_immediately': true }) },
      { id: b, order: 2, ...variant('Variant B'), ...unmodelled({ '/enabled': false, '/due_immediately': true }) },
      {
        id: bump,
        type: 'auto_email',
        name: 'Bump',
        order: 3,
        interval_seconds: 172_800,
        is_reply: true,
        native_interval: { day: 3, ...at9 },
        template: { name: 'Bump', body: '<p>Did you see this?</p>' },
        ...unmodelled({ '/email_template/open_tracking': true }),
      },
      {
        id: connect,
        type: 'Integration',
        name: 'Connect on LinkedIn',
        order: 4,
        interval_seconds: 172_800,
        task_note: 'Connect',
        ...unmodelled(
          Object.fromEntries(Object.entries(integration).map(([key, value]) => [`/type_settings/${key}`, value])),
        ),
      },
      { id: card, type: 'task', name: 'Send a card', order: 5, interval_seconds: 0, task_note: 'By post' },
    ]);
    expect(warned(answer)).toEqual(['INTERVAL_NOMINAL /steps/2/interval_seconds', 'STEP_TYPE_UNKNOWN /steps/3/type']);
    expect([at(answer, '/steps/2/interval_seconds'), at(answer, '/steps/3/type')]).toEqual([172_800, 'Integration']);
    expect(answer.json).toMatchObject({ share_type: 'team', is_enabled: true, is_archived: false, num_steps: 5 });
  });

  const SPELLINGS = { export_groups: 'as_imported', export_keys: 'every', step_number_as: 'string', details_id: 'own' };
  test.each(Object.entries(SPELLINGS))('is read alike whichever way it is spelled: %s=%s', async (key, value) => {
    const usual = await sequence('salesloft', EVERY_KIND);
    await inWorlds({ salesloft: { [key]: value } }, async () => {
      expect(await sequence('salesloft', EVERY_KIND)).toEqual(usual);
    });
  });

  describe('with more steps than fit on a page', () => {
    const call = (index: number) => ({ type: 'call', name: `Call ${index}`, interval_seconds: 86_400 });
    const record = { name: 'Many', steps: Array.from({ length: 105 }, (_, index) => call(index)) };
    let id = '';
    beforeEach(async () => {
      const answer = await ask('salesloft', '/sequences', 'POST', { record });
      id = bodyOf(answer).record?.id ?? '';
    });

    test('all are there, in order, with their own ids', async () => {
      const read = await stepsOf('salesloft', id);
      expect(stepIds('salesloft', id)).toHaveLength(105);
      expect(read.map((step) => step.id)).toEqual(stepIds('salesloft', id));
      expect(read).toMatchObject(record.steps);
    });

    test.each(FAILURES)('a second page of steps, or an export, that fails is an error: %s', async (code, answer) => {
      for (const path of [/\/steps\?.*&page=2/, /\/cadence_exports\//]) {
        for (const what of ['', '/sequence_steps', `/sequence_steps/${stepIds('salesloft', id)[0] ?? ''}`]) {
          force('salesloft', path, answer);
          expect(told(await ask('salesloft', `/sequences/${id}${what}`)), what).toEqual([code]);
        }
      }
    });

    test('pages without an end are an error of the provider', async () => {
      await stepsOf('salesloft', id);
      const endless = (answer: string) => answer.replace(/"next_page":[^,]+/, '"next_page":2');
      for (let looks = 0; looks < 200; looks += 1) forceChanged('salesloft', /\/steps\?.*&page=\d+$/, endless);
      const answer = await ask('salesloft', `/sequences/${id}`);
      expect([answer.status, errorsOf(answer)[0]?.meta.origin]).toEqual([502, 'remote-provider']);
    });
  });
});

describe('Outreach', () => {
  const LATER = 'https://api.outreach.io/api/v2/sequenceSteps?page%5Bafter%5D=later';
  const withMore = (answer: string): string =>
    JSON.stringify({ ...(JSON.parse(answer) as object), links: { next: LATER } });

  test('follows the pages of steps, and one that fails is an error', async () => {
    await stepsOf('outreach', '19');
    const { answer: second } = calls('outreach').findLast(({ path }) => path.includes('Steps?')) ?? {};
    const [whole] = await stepsOf('outreach', '20');
    for (const [code, failure] of FAILURES) {
      forceChanged('outreach', /\/sequenceSteps\?/, withMore);
      force('outreach', /page%5Bafter%5D=later/, failure);
      expect(told(await ask('outreach', '/sequences/20'))).toEqual([code]);
      house.sandbox('outreach').reset();
      await stepsOf('outreach', '20');
    }
    forceChanged('outreach', /\/sequenceSteps\?/, withMore);
    force('outreach', /page%5Bafter%5D=later/, { status: 200, body: second });
    const read = await stepsOf('outreach', '20');
    expect(read.map(({ id }) => id)).toEqual(['52', '51']);
    expect(read[0]).toEqual(whole);
  });

  test('takes the place of the next page out of a link, and never its host', async () => {
    await stepsOf('outreach', '19');
    const { answer: second } = calls('outreach').findLast(({ path }) => path.includes('Steps?')) ?? {};
    const [whole] = await stepsOf('outreach', '20');
    for (const host of ['elsewhere.example', '169.254.169.254', 'api.outreach.io@elsewhere.example']) {
      house.sandbox('outreach').reset();
      await stepsOf('outreach', '20');
      forceChanged('outreach', /\/sequenceSteps\?/, (answer) =>
        withMore(answer).replace('//api.outreach.io/', `//${host}/`),
      );
      force('outreach', /page%5Bafter%5D=later/, { status: 200, body: second });
      expect((await stepsOf('outreach', '20'))[0], host).toEqual(whole);
    }
  });

  test('reads texts that are not included in a list of their own, and one that fails is an error', async () => {
    const usual = await sequence('outreach', '20');
    await inWorlds({ outreach: { include: 'ignored' } }, async () => {
      expect(await sequence('outreach', '20')).toEqual(usual);
      expect(calls('outreach').at(-1)?.path).toContain('/sequenceTemplates?');
      for (const [code, failure] of FAILURES) {
        force('outreach', /\/sequenceTemplates\?/, failure);
        expect(told(await ask('outreach', '/sequences/20'))).toEqual([code]);
      }
    });
  });
});

describe('a kind of step that the gateway has no type for is passed through', () => {
  const KINDS = [
    ['apollo', 1, 'linkedin_step_other', [[/\/emailer_campaigns\/[0-9a-f]+$/, '"action_item"']]],
    ['outreach', 0, 'sms', [[/\/sequenceSteps\?/, '"call"']]],
    [
      'salesloft',
      0,
      'Sms',
      [
        [/\/cadence_exports\//, '"Phone"'],
        [/\/steps\?/, '"phone"'],
      ],
    ],
    ['upscale', 0, 'voice_note', [[/get_sequences\?/, '"connection_request"']]],
    ['zendesk_sell', 1, 'sms', [[/\/sequences\?/, '"task"']]],
    ['zendesk_sell', 1, 'constructor', [[/\/sequences\?/, '"task"']]],
  ] as const;

  test.each(KINDS)('%s: step %i as %s', async (name, index, word, places) => {
    const before = await stepsOf(name, withSteps(name));
    for (const [path, known] of places) {
      const said = known === known.toLowerCase() && word !== word.toLowerCase() ? word.toLowerCase() : word;
      forceChanged(name, path, (answer) => answer.replace(known, JSON.stringify(said)));
    }
    const answer = await ask(name, `/sequences/${withSteps(name)}`);
    const { steps } = answer.json as Required<Sequence>;
    const kept = before.map(({ type }, place) => (place === index ? word : type));
    expect(steps.map(({ type }) => type)).toEqual(kept);
    expect(steps.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    const told = { problem_type: 'STEP_TYPE_UNKNOWN', action: 'passed_through', from: word, provider: name };
    expect(bodyOf(answer).warnings).toMatchObject([{ ...told, source: { pointer: `/steps/${index}/type` } }]);
  });
});

describe('what has no unified field is told, and what is not said is not made up', () => {
  interface Unread extends Sequence {
    readonly share_type?: string;
    readonly steps: readonly (Step & { readonly template?: object; readonly native_interval?: object })[];
  }

  /** The sequence, after the answer to the call with this path has been changed. */
  async function changed(name: string, id: string, path: RegExp, change: (answer: never) => unknown): Promise<Unread> {
    await ask(name, `/sequences/${id}`);
    forceChanged(name, path, (answer) => {
      const parsed = JSON.parse(answer) as never;
      return JSON.stringify(change(parsed) ?? parsed);
    });
    const answer = await ask(name, `/sequences/${id}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.json as Unread;
  }
  const pointersOf = ({ unmodelled = [] }: Pick<Sequence, 'unmodelled'>) => unmodelled.map(({ pointer }) => pointer);
  const added = (step: Pick<Step, 'unmodelled'> | undefined, before: Pick<Step, 'unmodelled'> | undefined) =>
    (step?.unmodelled ?? []).filter((each) => !JSON.stringify(before?.unmodelled ?? []).includes(JSON.stringify(each)));

  describe('Outreach', () => {
    interface Resource {
      readonly type: string;
      readonly id: number;
      readonly attributes: Record<string, unknown>;
      readonly relationships: Record<string, { data?: unknown }>;
    }
    interface Steps {
      readonly data: Resource[];
      readonly included: Resource[];
    }
    const STEPS = /\/sequenceSteps\?/;
    const found = ({ included }: Steps, type: string): Resource =>
      included.find((each) => each.type === type) ?? lost();
    const withSecond =
      (on: boolean) =>
      (answer: Steps): void => {
        const [link, template] = [found(answer, 'sequenceTemplate'), found(answer, 'template')];
        const id = link.id - 1;
        const text = { ...template.attributes, subject: 'The other subject' };
        answer.included.push(
          { ...template, id: 9, attributes: text },
          {
            ...link,
            id,
            attributes: { ...link.attributes, enabled: on },
            relationships: { ...link.relationships, template: { data: { type: 'template', id: 9 } } },
          },
        );
      };

    test.each([true, false])('a second link, which is on (%s) or an older one that is off', async (on) => {
      const [before] = await stepsOf('outreach', '20');
      const { steps } = await changed('outreach', '20', STEPS, withSecond(on));
      expect(steps[0]).toMatchObject({ type: 'auto_email', template: { id: '76', subject: 'Hello' } });
      expect(added(steps[0], before)).toMatchObject([
        { pointer: '/sequenceTemplates/1', value: { type: 'sequenceTemplate', id: 60, attributes: { enabled: on } } },
        { pointer: '/templates/1', value: { type: 'template', id: 9, attributes: { subject: 'The other subject' } } },
      ]);
    });

    test('a step whose only link is off does not read like one that is on', async () => {
      const [before] = await stepsOf('outreach', '20');
      const { steps } = await changed('outreach', '20', STEPS, (answer: Steps) => {
        found(answer, 'sequenceTemplate').attributes['enabled'] = false;
      });
      expect(steps[0]).toMatchObject({ template: { id: '76' } });
      expect(added(steps[0], before)).toEqual([{ pointer: '/sequenceTemplate/attributes/enabled', value: false }]);
    });

    const SETTINGS = { tags: ['Cold'], trackLinks: true, trackOpens: false, shareType: 'read_only', archived: true };

    test('the settings of its template, and the relationships of the step', async () => {
      const [before] = await stepsOf('outreach', '20');
      const purpose = { type: 'callPurpose', id: 3 };
      const { steps } = await changed('outreach', '20', STEPS, (answer: Steps) => {
        Object.assign(found(answer, 'template').attributes, SETTINGS);
        Object.assign(answer.data[0]?.relationships ?? {}, { callPurpose: { data: purpose } });
      });
      expect(added(steps[0], before)).toEqual(
        expect.arrayContaining([
          { pointer: '/relationships/callPurpose/data', value: purpose },
          ...Object.entries(SETTINGS).map(([key, value]) => ({ pointer: `/template/attributes/${key}`, value })),
        ]),
      );
      expect(added(steps[0], before)).toHaveLength(6);
    });

    test('the settings of a template by itself, in a list and alone', async () => {
      const asked = { name: 'Tracked', subject: 'S', bodyHtml: '<p>B</p>' };
      const template = {
        type: 'template',
        id: 5,
        attributes: { ...asked, ...SETTINGS, updatedAt: '2025-01-13T12:00:00Z' },
      };
      const unmodelled = Object.entries(SETTINGS).map(([key, value]) => ({ pointer: `/attributes/${key}`, value }));
      force('outreach', /\/templates\?/, { status: 200, body: { data: [template] } });
      force('outreach', /\/templates\/5$/, { status: 200, body: { data: template } });
      const [listed] = (await read<Page>('outreach', '/templates')).records;
      expect(new Set(listed?.unmodelled)).toEqual(new Set(unmodelled));
      expect(await read('outreach', '/templates/5')).toEqual(listed);
    });

    const SHARED: readonly (readonly [unknown, string | undefined, boolean])[] = [
      ['shared', 'team', false],
      ['private', 'private', false],
      ['read_only', 'team', true],
      ['wholly_other', undefined, true],
      [null, undefined, false],
    ];
    test.each(SHARED)('shareType %s is %s', async (shareType, expected, told) => {
      const one = await changed('outreach', '19', /\/sequences\/19$/, ({ data }: { data: Resource }) => {
        data.attributes['shareType'] = shareType;
      });
      expect(one.share_type).toBe(expected);
      expect('share_type' in one).toBe(expected !== undefined);
      const shared = (one.unmodelled ?? []).filter(({ pointer }) => pointer.endsWith('shareType'));
      expect(shared).toEqual(told ? [{ pointer: '/attributes/shareType', value: shareType }] : []);
      expect(one.unmodelled).toContainEqual({
        pointer: '/relationships/ruleset/data',
        value: { type: 'ruleset', id: 19 },
      });
      expect(pointersOf(one).join()).not.toMatch(/owner|creator|sequenceSteps/);
    });
  });

  describe('Apollo', () => {
    type Native = Record<string, unknown> & { readonly id: string };
    interface Whole {
      readonly emailer_campaign: Native;
      readonly emailer_steps: Native[];
      readonly emailer_touches: Native[];
      readonly emailer_templates: Native[];
      attachments: unknown[];
    }
    const WHOLE = /\/emailer_campaigns\/[0-9a-f]+$/;
    const email = () => sequenceOf(house.sandbox('apollo'), 'with_email');

    test('a second message of an A/B test', async () => {
      const [before] = await stepsOf('apollo', email());
      const ids = { touch: 'a'.repeat(24), template: 'b'.repeat(24) };
      const { steps } = await changed('apollo', email(), WHOLE, (whole: Whole) => {
        const [touch = lost(), template = lost()] = [whole.emailer_touches[0], whole.emailer_templates[0]];
        whole.emailer_touches.push({ ...touch, id: ids.touch, emailer_template_id: ids.template });
        whole.emailer_templates.push({ ...template, id: ids.template, subject: 'Variant B' });
      });
      expect(steps[0]).toMatchObject({ template: { subject: 'Seeded subject' } });
      expect(added(steps[0], before)).toMatchObject([
        { pointer: '/emailer_touches/1', value: { id: ids.touch, emailer_template_id: ids.template } },
        { pointer: '/emailer_templates/1', value: { id: ids.template, subject: 'Variant B' } },
      ]);
    });

    test('the settings of its message and of its template, whose name is a field', async () => {
      const [before] = await stepsOf('apollo', email());
      expect(before).not.toHaveProperty('unmodelled');
      const { steps } = await changed('apollo', email(), WHOLE, (whole: Whole) => {
        Object.assign(whole.emailer_touches[0] ?? lost(), {
          include_signature: false,
          generic_personalized_opener: 'Hi',
        });
        Object.assign(whole.emailer_templates[0] ?? lost(), { name: 'Named', archived: true, label_ids: ['x'] });
      });
      expect(steps[0]?.template).toMatchObject({ name: 'Named' });
      expect(new Set(steps[0]?.unmodelled)).toEqual(
        new Set([
          { pointer: '/emailer_touch/include_signature', value: false },
          { pointer: '/emailer_touch/generic_personalized_opener', value: 'Hi' },
          { pointer: '/emailer_template/archived', value: true },
          { pointer: '/emailer_template/label_ids', value: ['x'] },
        ]),
      );
    });

    test('attachments, and a unit of time that nobody knows', async () => {
      const one = await changed('apollo', email(), WHOLE, (whole: Whole) => {
        whole.attachments = [{ id: 'c', file_name: 'offer.pdf' }];
        Object.assign(whole.emailer_steps[0] ?? lost(), { wait_time: 2, wait_mode: 'week' });
      });
      expect(one.unmodelled).toContainEqual({
        pointer: '/attachments',
        value: [{ id: 'c', file_name: 'offer.pdf' }],
      });
      expect(one.steps[0]).toMatchObject({ native_interval: { wait_time: 2, wait_mode: 'week' } });
      expect(one.steps[0]).not.toHaveProperty('interval_seconds');
    });

    const SHARED: readonly (readonly [unknown, string | undefined, readonly string[]])[] = [
      [{ visibility: 'everyone', access_type: 'can_view' }, 'team', ['/sharing_permission/access_type']],
      [{ visibility: 'restricted', access_type: null, sharing_accesses: [] }, 'private', []],
      [
        { visibility: 'some', sharing_accesses: [{}] },
        undefined,
        ['visibility', 'sharing_accesses'].map((key) => `/sharing_permission/${key}`),
      ],
      [{ visibility: null }, undefined, []],
      [null, undefined, []],
    ];
    test.each(SHARED)('sharing_permission %j is %s', async (sharing, expected, told) => {
      const one = await changed('apollo', email(), WHOLE, ({ emailer_campaign: campaign }: Whole) => {
        campaign['sharing_permission'] = sharing;
      });
      expect(one.share_type).toBe(expected);
      expect('share_type' in one).toBe(expected !== undefined);
      expect(pointersOf(one).filter((pointer) => pointer.startsWith('/sharing_permission'))).toEqual(told);
    });
  });

  describe('Salesloft', () => {
    const SHARED: readonly (readonly [unknown, unknown, string | undefined, readonly unknown[]])[] = [
      [true, true, 'team', []],
      [false, false, 'private', []],
      [true, false, 'team', [false]],
      [false, true, 'team', [true]],
      [null, null, undefined, []],
      [null, false, undefined, [false]],
      [undefined, undefined, undefined, []],
    ];
    test.each(SHARED)('shared %s, team_cadence %s is %s', async (shared, team_cadence, expected, told) => {
      const one = await changed('salesloft', '124', /\/cadences\/124$/, ({ data }: { data: object }) => ({
        data: { ...data, shared, team_cadence },
      }));
      expect(one.share_type).toBe(expected);
      expect('share_type' in one).toBe(expected !== undefined);
      const team = (one.unmodelled ?? []).filter(({ pointer }) => pointer === '/team_cadence');
      expect(team.map(({ value }) => value)).toEqual(told);
    });

    test('a state, and settings of a step and its group, that no field has', async () => {
      const one = await changed('salesloft', '124', /\/cadences\/124$/, ({ data }: { data: object }) => ({
        data: { ...data, current_state: 'expired' },
      }));
      expect(one).toMatchObject({ is_enabled: false });
      expect(one.unmodelled).toContainEqual({ pointer: '/current_state', value: 'expired' });
      interface Exported {
        readonly data: { readonly cadence_content: { readonly step_groups: Record<string, unknown>[] } };
      }
      const [before] = await stepsOf('salesloft', '125');
      const exported = await changed('salesloft', '125', /\/cadence_exports\//, ({ data }: Exported) => {
        const [group = lost()] = data.cadence_content.step_groups;
        const [step] = group['steps'] as readonly object[];
        Object.assign(group, { priority: 1, steps: [{ ...step, skips: 'weekends' }] });
        Object.assign(group['automated_settings'] ?? {}, { allow_send_on_weekends: false });
      });
      expect(added(exported.steps[0], before)).toEqual([
        { pointer: '/skips', value: 'weekends' },
        { pointer: '/priority', value: 1 },
        { pointer: '/automated_settings/allow_send_on_weekends', value: false },
      ]);
    });

    test('a way of sending that nobody knows is no elapsed time', async () => {
      const { steps } = await changed('salesloft', '125', /\/cadence_exports\//, (answer) =>
        JSON.parse(JSON.stringify(answer).replace('"after_time_delay"', '"at_sunrise"')),
      );
      expect(steps[0]).toMatchObject({ native_interval: { day: 1, send_type: 'at_sunrise' } });
    });
  });

  test('Zendesk Sell: what a step has beside its action', async () => {
    const { steps } = await changed('zendesk_sell', '5', /\/sequences\?/, (answer) =>
      JSON.parse(
        JSON.stringify(answer)
          .replace('"id":11,', '"id":11,"name":"Named","skips_holidays":true,')
          .replace('"task_content":', '"is_reply":true,"task_content":'),
      ),
    );
    expect(steps[0]?.unmodelled).toEqual([
      { pointer: '/name', value: 'Named' },
      { pointer: '/skips_holidays', value: true },
    ]);
    expect(steps[1]?.unmodelled).toEqual([{ pointer: '/action_properties/is_reply', value: true }]);
  });

  function lost(): never {
    throw new Error('The answer has no such thing.');
  }
});

describe('templates', () => {
  test.each([
    ['outreach', '77'],
    ['salesloft', '501'],
  ])('%s lists them, and answers with one', async (name, id) => {
    const { records } = await read<Page>(name, '/templates?page_size=100');
    expect(records.map((record) => record.id).toSorted()).toEqual([...house.sandbox(name).templates].toSorted());
    const listed = records.find((record) => record.id === id);
    const unmodelled = [
      { pointer: '/open_tracking_enabled', value: true },
      { pointer: '/shared', value: true },
    ];
    expect(listed).toEqual({
      id,
      name: 'Existing template',
      subject: 'Existing subject',
      body: '<p>Existing body</p>',
      updated_at: expect.stringMatching(/^2025-01-13T/) as string,
      ...(name === 'salesloft' ? { unmodelled } : {}),
    });
    expect(await read(name, `/templates/${id}`)).toEqual(listed);
    expect(tally(await ask(name, '/templates/999999'))).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
    expect(tally(await ask(name, '/templates/abc'))).toEqual([404, ['INVALID_ID']]);
    expect(calls(name)).toHaveLength(3);
  });

  test('goes through the pages, forwards and back', async () => {
    const list = (cursor = '') => read<Page>('outreach', `/templates?page_size=1${cursor}`);
    const first = await list();
    const second = await list(`&cursor=${first.pagination.next ?? ''}`);
    expect([...first.records, ...second.records].map(({ id }) => id).toSorted()).toEqual(['76', '77']);
    expect([first.pagination.previous, second.pagination.next]).toEqual([null, null]);
    expect(await list(`&cursor=${second.pagination.previous ?? ''}`)).toMatchObject({ records: first.records });
  });

  test.each(['apollo', 'upscale', 'zendesk_sell'])('%s has none to list: 501 without a call', async (name) => {
    for (const path of ['/templates', '/templates/77']) {
      const answer = await ask(name, path);
      expect(tally(answer)).toEqual([501, ['OPERATION_NOT_SUPPORTED']]);
      expect(errorsOf(answer)[0]?.detail).toContain('GET /sequences');
    }
    expect(calls(name)).toEqual([]);
  });
});

describe('switching a sequence on and off', () => {
  const SWITCHED = [
    ['apollo', CALLS_AND_TASKS, 'approve'],
    ['outreach', '19', 'activate'],
  ] as const;
  const act = (name: string, id: string, action: string) => ask(name, `/sequences/${id}/actions/${action}`, 'POST');
  const isActive = (name: string, id: string) =>
    house
      .sandbox(name)
      .sequences()
      .find((each) => each.id === id)?.active;
  const written = (name: string) => writesAmong(calls(name)).filter(({ status }) => status < 300).length;

  test.each(SWITCHED)('%s: the state is reached, and one that is there already is told', async (name, id) => {
    for (const [index, action] of ['activate', 'deactivate'].entries()) {
      const answer = await act(name, id, action);
      expect([answer.status, answer.json], answer.text).toEqual([200, { record: { id }, warnings: [] }]);
      const again = await act(name, id, action);
      expect([again.status, warned(again)], again.text).toEqual([200, ['ALREADY_IN_STATE ']]);
      expect([bodyOf(again).record, again.headers.get('x-warning-count')]).toEqual([{ id }, '1']);
      expect([isActive(name, id), written(name)]).toEqual([action === 'activate', index + 1]);
      expect(await sequence(name, id)).toMatchObject({ is_enabled: action === 'activate' });
    }
  });

  test.each(SWITCHED)('%s: a dry run shows the call and writes nothing', async (name, id, verb) => {
    const answer = await act(name, id, 'activate?dry_run=true');
    expect(answer.status, answer.text).toBe(200);
    expect(bodyOf(answer).requests?.map(({ method, url }) => `${method} ${url}`)).toEqual([
      expect.stringMatching(new RegExp(`^POST http://.*/${id}/(actions/)?${verb}$`)),
    ]);
    expect([isActive(name, id), written(name)]).toEqual([false, 0]);
  });

  test('a dry run of what is so already shows no call, and says so like the real one', async () => {
    const answer = await act('outreach', '19', 'deactivate?dry_run=true');
    expect([answer.status, bodyOf(answer).requests]).toEqual([200, []]);
    expect(warned(answer)).toEqual(['ALREADY_IN_STATE ']);
  });

  test.each(SWITCHED)('%s: a refusal is told in its words, a failure as not known', async (name, id, verb) => {
    force(name, new RegExp(`${verb}$`), { status: 422, body: { error: 'Not on a Sunday.' } }, 'POST');
    const refused = await act(name, id, 'activate');
    expect(tally(refused)).toEqual([422, ['PROVIDER_REJECTED']]);
    expect(errorsOf(refused)[0]?.detail).toContain('Not on a Sunday.');
    force(name, new RegExp(`${verb}$`), { status: 500, body: {} }, 'POST');
    expect(tally(await act(name, id, 'activate'))).toEqual([502, ['OUTCOME_UNKNOWN']]);
    expect(isActive(name, id)).toBe(false);
  });

  test('Apollo does not switch on what has no steps', async () => {
    const answer = await act('apollo', sequenceOf(house.sandbox('apollo')), 'activate');
    expect(tally(answer)).toEqual([422, ['PROVIDER_REJECTED']]);
    expect(errorsOf(answer)[0]?.detail).toContain('at least 1 step');
  });

  test.each([
    ['apollo', NOWHERE],
    ['outreach', '999999'],
  ])('%s: what is not there is 404', async (name, id) => {
    for (const action of ['activate', 'deactivate']) {
      expect(tally(await act(name, id, action))).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
      const before = calls(name).length;
      expect(tally(await act(name, 'abc', action))).toEqual([404, ['INVALID_ID']]);
      expect(calls(name)).toHaveLength(before);
    }
  });
});

describe('deleting', () => {
  const remove = (name: string, path: string) => ask(name, path, 'DELETE');
  const everything = (name: string) =>
    house
      .sandbox(name)
      .sequences()
      .flatMap(({ id }) => [id, ...stepIds(name, id)]);
  const deletions = (name: string) => calls(name).filter(({ method }) => method === 'DELETE');
  const DELETED = [
    ['outreach', () => '/sequences/20', /\/sequences\/20$/, ['20', '52']],
    ['apollo', () => firstStep('apollo'), /\/emailer_steps\/6534186280a51800a3714128$/, ['6534186280a51800a3714128']],
  ] as const;

  test.each(DELETED)('%s: it is gone, and nothing else', async (name, pathOf, _, gone) => {
    const [path, before] = [pathOf(), everything(name)];
    const answer = await remove(name, path);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(everything(name)).toEqual(before.filter((id) => !gone.some((each) => each === id)));
    expect(tally(await ask(name, path))).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
  });

  test.each(DELETED)(
    '%s: a dry run shows the call, a misspelt one is refused; nothing is gone',
    async (name, pathOf, url) => {
      const before = everything(name);
      const answer = await remove(name, `${pathOf()}?dry_run=true`);
      expect(answer.status, answer.text).toBe(200);
      expect(bodyOf(answer).requests).toMatchObject([{ method: 'DELETE', url: expect.stringMatching(url) as string }]);
      for (const wrong of ['TRUE', '1', '', 'true&dry_run=false'])
        expect((await remove(name, `${pathOf()}?dry_run=${wrong}`)).status).toBe(400);
      expect([deletions(name), everything(name)]).toEqual([[], before]);
    },
  );

  test.each(DELETED)('%s: whether it is gone is not known after a failure', async (name, pathOf, url) => {
    force(name, url, { status: 500, body: {} }, 'DELETE');
    expect(tally(await remove(name, pathOf()))).toEqual([502, ['OUTCOME_UNKNOWN']]);
    expect(deletions(name)).toHaveLength(1);
  });

  test('what is gone is the answer of the provider, asked once', async () => {
    await remove('outreach', '/sequences/20');
    const again = await remove('outreach', '/sequences/20');
    expect(tally(again)).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
    expect(errorsOf(again)[0]?.detail).toContain("Could not find 'sequence' with ID '20'.");
    expect(deletions('outreach')).toHaveLength(2);
    const path = firstStep('apollo');
    // Somebody else deletes it in between.
    force('apollo', /\/emailer_steps\//, { status: 404, body: { error: 'Record not found.' } }, 'DELETE');
    const raced = await remove('apollo', path);
    expect(tally(raced)).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
    expect(errorsOf(raced)[0]?.detail).toContain('Record not found.');
    await remove('apollo', path);
    expect(tally(await remove('apollo', path))).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
    expect(deletions('apollo')).toHaveLength(2);
  });

  test('a step of another sequence stays', async () => {
    const before = everything('apollo');
    const [step = ''] = stepIds('apollo', CALLS_AND_TASKS);
    const other = sequenceOf(house.sandbox('apollo'), 'with_email');
    const answer = await remove('apollo', `/sequences/${other}/sequence_steps/${step}`);
    expect(tally(answer)).toEqual([404, ['PROVIDER_RECORD_NOT_FOUND']]);
    expect([deletions('apollo'), everything('apollo')]).toEqual([[], before]);
  });
});

describe('optional means absent', () => {
  /** The providers spell things their other way. */
  const OTHER = {
    apollo: { search_rows: 'with_steps', counters: 'loading', touch_for_call: 'present', body_wrapped: 'yes' },
    outreach: { last_link: 'null', include: 'ignored' },
    salesloft: { export_groups: 'as_imported', export_keys: 'every', step_number_as: 'string' },
    upscale: { last_wait: 'one_day' },
    zendesk_sell: { next_page: 'absent', step_items: 'reversed' },
  };

  test.each(PROVIDERS)('%s: no key of any answer is null, empty or made up', (name) => expectSaid(name));
  test.each(PROVIDERS)('%s: nor where it spells things its other way', (name) =>
    inWorlds(OTHER, () => expectSaid(name)),
  );

  async function expectSaid(name: string): Promise<void> {
    const sandbox = house.sandbox(name);
    const { list_templates: list } = house.registry.get(name)?.can ?? {};
    const one = sandbox.sequences().flatMap(({ id }) => {
      const [step] = stepIds(name, id);
      const steps = `/sequences/${id}/sequence_steps`;
      return [`/sequences/${id}`, steps, ...(step === undefined ? [] : [`${steps}/${step}`])];
    });
    for (const path of ['/sequences?page_size=100', ...(list && !isNone(list) ? ['/templates'] : []), ...one]) {
      sandbox.reset();
      const { warnings: _, pagination: __, ...said } = await read<Readonly<Record<string, unknown>>>(name, path);
      expect(emptyIn(said), path).toEqual([]);
      expect(
        madeUp(
          said,
          calls(name)
            .map(({ answer }) => answer)
            .join('\n'),
        ),
        path,
      ).toEqual([]);
    }
  }

  /** Where there is null, an empty text, or an empty list or object that is not the list that was asked for. */
  function emptyIn(value: unknown, path = ''): readonly string[] {
    if (value === null || value === '') return [path];
    if (typeof value !== 'object') return [];
    const none = Object.keys(value).length === 0 && path !== '/records' && path !== '/steps';
    const within = Object.entries(value).flatMap(([key, each]) => emptyIn(each, `${path}/${key}`));
    return none ? [path] : within;
  }

  /** Texts that the provider has not said. Types are the gateway's words, ids are texts of numbers or put together. */
  function madeUp(value: unknown, native: string, path = ''): readonly string[] {
    if (typeof value === 'object' && value !== null)
      return Object.entries(value).flatMap(([key, each]) => madeUp(each, native, `${path}/${key}`));
    const own = typeof value !== 'string' || /\/(id|type|share_type|pointer|owner_id)$/.test(path);
    return own || native.includes(JSON.stringify(value).slice(1, -1)) ? [] : [`${path}: ${value}`];
  }

  test('what a provider does not say of a sequence is no key of it', async () => {
    const keys = async (name: string) => {
      const { records } = await page(name, 'page_size=100');
      return [...new Set(records.flatMap((record) => Object.keys(record)))].toSorted();
    };
    expect(await keys('upscale')).toEqual(['id', 'num_steps']);
    const sell = ['created_at', 'id', 'name', 'num_steps', 'unmodelled', 'updated_at'];
    expect(await keys('zendesk_sell')).toEqual(sell);
    expect(Object.keys(await sequence('zendesk_sell', '3')).toSorted()).toEqual(
      [...sell, 'steps', 'warnings'].toSorted(),
    );
    // Apollo tells no time of change, and a cadence says how many steps it has only with them.
    expect(await keys('apollo')).not.toContain('updated_at');
    expect(await keys('salesloft')).not.toContain('num_steps');
    for (const name of ['apollo', 'outreach', 'salesloft']) {
      const { records } = await page(name, 'page_size=100');
      expect(new Set(records.map((record) => 'tags' in record)), name).toEqual(new Set([true, false]));
    }
  });
});
