/** What a change in Apollo does beside what was asked for, or does not do, is told: a 200 of it proves nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { openHouse, writesAmong, type House } from '../support/house.ts';
import { bodyOf, errorsOf, tenant, told, warned } from './support.ts';

const WITH_EMAIL = '65334c9c2722cd008bde87c5';
const EMAIL = '6534185c80a51800a3714108';
const TOUCH = '6534185c80a51800a371410a';
const TEMPLATE = '6534185c80a51800a3714109';
const TASKS = '65334c9c2722cd008bde87c3';
const CALL = '6534186280a51800a3714128';
const TASK = '6534187080a51800ba6f894a';
const OF_EMAIL = `/sequences/${WITH_EMAIL}/sequence_steps/${EMAIL}`;
const OF_CALL = `/sequences/${TASKS}/sequence_steps/${CALL}`;

let house: House;

/** One house at a time stands behind the real hosts. */
function stand(switches: Readonly<Record<string, string>> = {}): void {
  beforeAll(async () => {
    house = await openHouse({ worlds: { apollo: switches } });
  });
  beforeEach(async () => {
    house.sandbox('apollo').reset();
    await house.connect('apollo');
  });
  afterAll(() => house.close());
}

type Native = Record<string, unknown>;

interface Whole {
  emailer_campaign: Native;
  emailer_steps: Native[];
  emailer_touches: Native[];
  emailer_templates: Native[];
  attachments: unknown[];
}

interface Changed {
  readonly detail: string;
  readonly meta: {
    readonly changed?: readonly { readonly kind: string; readonly id: string }[];
    readonly differences?: readonly { readonly pointer: string; readonly before?: unknown; readonly found?: unknown }[];
  };
}

function patch(path: string, record: object, prefer = 'wait=0'): Promise<Answer> {
  return house.ask(path, { method: 'PATCH', headers: { ...tenant('apollo'), prefer }, body: { record } });
}

/** At the provider's own door, as its other users do. */
async function native<T>(method: string, path: string, body?: object): Promise<T> {
  const { app, credentials } = house.sandbox('apollo');
  const answer = await app.request(`https://api.apollo.io/api/v1${path}`, {
    method,
    headers: { 'x-api-key': credentials.api_key ?? '', 'content-type': 'application/json', 'user-agent': 'test' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (answer.status >= 300) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

/** The reads of the sequence that come next answer with what there is now, each with its change. */
async function reads(id: string, ...changes: readonly ((whole: Whole) => void)[]): Promise<void> {
  const now = await native<Whole>('GET', `/emailer_campaigns/${id}`);
  for (const change of changes) {
    const whole = structuredClone(now);
    change(whole);
    answers('GET', /\/emailer_campaigns\/\w+$/, { status: 200, body: whole });
  }
}

function answers(method: string, path: RegExp, answer: ForcedAnswer): void {
  house.sandbox('apollo').answerNext({ method, path }, answer);
}

/** What is sent is accepted and not done. */
function ignores(path: RegExp, body: object = {}): void {
  answers('PUT', path, { status: 200, body });
}

const asItIs = (): void => undefined;
const only = <T>([first]: readonly T[]): T => first ?? nothing();
const byId = (all: readonly Native[], id: string): Native => all.find((each) => each['id'] === id) ?? nothing();

function nothing(): never {
  throw new Error('There is no such thing in the sandbox.');
}

function changedMore(answer: Answer): Changed {
  expect([answer.status, errorsOf(answer)[0]?.code], answer.text).toEqual([502, 'PROVIDER_CHANGED_MORE']);
  const error = errorsOf(answer)[0] as unknown as Changed;
  const pointers = (error.meta.differences ?? []).map(({ pointer }) => pointer);
  expect(pointers).not.toContain('');
  for (const pointer of pointers.slice(0, 5)) expect(error.detail).toContain(pointer);
  return error;
}

const differences = (answer: Answer): readonly string[] =>
  (changedMore(answer).meta.differences ?? []).map(({ pointer }) => pointer);

const writes = () => writesAmong(house.sandbox('apollo').calls());

async function secondEmail(): Promise<string> {
  const answer = await house.ask(`/sequences/${WITH_EMAIL}/sequence_steps`, {
    method: 'POST',
    headers: tenant('apollo'),
    body: { record: { type: 'auto_email', template: { subject: 'Second', body: '<p>Second</p>' } } },
  });
  return bodyOf(answer).record?.id ?? nothing();
}

describe('what was asked for of a step', () => {
  stand();
  test('and is gone afterwards', async () => {
    await reads(TASKS, asItIs, (whole) => whole.emailer_steps.shift());
    expect(differences(await patch(OF_CALL, { interval_seconds: 3600 }))).toEqual([`/emailer_steps/${CALL}`]);
  });

  test('and its text is gone afterwards', async () => {
    await reads(WITH_EMAIL, asItIs, (whole) => whole.emailer_templates.splice(0));
    const answer = await patch(OF_EMAIL, { template: { body: '<p>New</p>' } });
    expect(differences(answer)).toEqual([`/emailer_templates/${TEMPLATE}`]);
  });

  test.each(['', null, undefined])('and is %j afterwards', async (body) => {
    await reads(WITH_EMAIL, asItIs, ({ emailer_templates: all }) => Object.assign(only(all), { body_html: body }));
    const answer = await patch(OF_EMAIL, { template: { body: '<p>New</p>' } });
    expect(differences(answer)).toEqual([`/emailer_templates/${TEMPLATE}/body_html`]);
  });

  test('and came back tidied up', async () => {
    await reads(WITH_EMAIL, asItIs, ({ emailer_templates: all }) =>
      Object.assign(only(all), { body_html: '<p>N</p>' }),
    );
    const answer = await patch(OF_EMAIL, { template: { body: '<p onclick="">N</p>' } });
    expect(answer.status, answer.text).toBe(200);
    expect(warned(answer)).toEqual(['TEMPLATE_MAY_BE_SHARED /record/template', 'PROVIDER_CHANGED_VALUE /record']);
    const told = bodyOf(answer).warnings?.[1];
    expect(told).toMatchObject({ from: '<p onclick="">N</p>', to: '<p>N</p>' });
    expect(told).toHaveProperty('detail', expect.stringContaining(`/emailer_templates/${TEMPLATE}/body_html`));
  });

  test('in another unit of the same time', async () => {
    const inMinutes = ({ emailer_steps: all }: Whole) => {
      Object.assign(byId(all, CALL), { wait_time: 120, wait_mode: 'minute' });
      Object.assign(byId(all, TASK), { wait_time: 72, wait_mode: 'hour' });
    };
    await reads(TASKS, asItIs, inMinutes);
    const answer = await patch(OF_CALL, { interval_seconds: 7200 });
    expect([answer.status, warned(answer)], answer.text).toEqual([200, []]);
  });

  test('custom fields that are ignored', async () => {
    ignores(/\/emailer_templates\//, { emailer_template: {} });
    const name = await patch(OF_EMAIL, { template: { custom_fields: { name: 'T1' } } });
    expect(differences(name)).toEqual([`/emailer_templates/${TEMPLATE}/name`]);
    // Apollo derives it from the body, whatever is sent.
    const text = await patch(OF_EMAIL, { template: { custom_fields: { body_text: 'Hi' } } });
    expect(differences(text)).toEqual([`/emailer_templates/${TEMPLATE}/body_text`]);
    ignores(/\/emailer_steps\//);
    const outcomes = await patch(OF_CALL, { custom_fields: { outcomes: ['done'] } });
    expect(differences(outcomes)).toEqual([`/emailer_steps/${CALL}/outcomes/0`]);
  });

  test('custom fields that are kept', async () => {
    const answer = await patch(OF_EMAIL, { template: { custom_fields: { name: 'T1' } } });
    expect([answer.status, warned(answer)], answer.text).toEqual([200, ['TEMPLATE_MAY_BE_SHARED /record/template']]);
  });

  test('custom fields that are not shown', async () => {
    ignores(/\/emailer_steps\//);
    const ofStep = await patch(OF_CALL, { custom_fields: { 'a/b': 1 } });
    expect(warned(ofStep)).toEqual(['CHANGE_NOT_CONFIRMED /record/custom_fields/a~1b']);
    ignores(/\/emailer_templates\//, { emailer_template: {} });
    const ofText = await patch(OF_EMAIL, { template: { custom_fields: { colour: 'blue' } } });
    expect(warned(ofText)).toContain('CHANGE_NOT_CONFIRMED /record/template/custom_fields/colour');
  });

  test.each([{ wait_mode: 'minute' }, { wait_time: 2 }, { position: 1 }])(
    '%j collides with nothing that was asked for',
    async (custom) => {
      const answer = await patch(OF_CALL, { custom_fields: custom }, 'handling=strict');
      expect([answer.status, warned(answer)], answer.text).toEqual([200, []]);
      expect(JSON.parse(writes()[0]?.body ?? '')).toEqual({
        id: CALL,
        position: 1,
        wait_time: 0,
        wait_mode: 'day',
        ...custom,
      });
    },
  );

  test('nothing of a message of which there are two', async () => {
    await reads(WITH_EMAIL, ({ emailer_touches: all }) => all.push({ ...only(all), id: TASK }));
    const template = { custom_fields: {} };
    const shown = await patch(`${OF_EMAIL}?dry_run=true`, { interval_seconds: 3600, template });
    expect([shown.status, warned(shown)], shown.text).toEqual([200, []]);
  });

  test('text without a template that could hold it', async () => {
    await reads(WITH_EMAIL, (whole) => whole.emailer_templates.splice(0));
    const answer = await patch(OF_EMAIL, { template: { subject: 'Hi', body: '<p>Hi</p>' } });
    expect(errorsOf(answer)).toMatchObject([{ code: 'UNSUPPORTED_VALUE', source: { pointer: '/record/template' } }]);
    expect(writes()).toEqual([]);
  });
});

describe('beside what was asked for of a step', () => {
  stand();
  test('another step is gone', async () => {
    await reads(TASKS, asItIs, ({ emailer_steps: all }) => {
      Object.assign(byId(all, CALL), { note: '<div>n</div>' });
      all.pop();
    });
    expect(differences(await patch(OF_CALL, { task_note: 'n' }))).toEqual([`/emailer_steps/${TASK}`]);
  });

  test.each<[string, (whole: Whole) => void, string]>([
    [
      'the text',
      ({ emailer_templates: all }) => Object.assign(byId(all, TEMPLATE), { body_html: 'X' }),
      `/emailer_templates/${TEMPLATE}/body_html`,
    ],
    [
      'the approval',
      ({ emailer_touches: all }) => Object.assign(byId(all, TOUCH), { status: 'to_be_reviewed' }),
      `/emailer_touches/${TOUCH}/status`,
    ],
    ['the name', ({ emailer_campaign: own }) => Object.assign(own, { name: 'X' }), '/emailer_campaign/name'],
  ])('%s of another is lost', async (_what, change, pointer) => {
    const step = await secondEmail();
    await reads(WITH_EMAIL, asItIs, (whole) => {
      Object.assign(byId(whole.emailer_steps, step), { wait_time: 1, wait_mode: 'hour' });
      change(whole);
    });
    const answer = await patch(`/sequences/${WITH_EMAIL}/sequence_steps/${step}`, { interval_seconds: 3600 });
    expect(differences(answer)).toEqual([pointer]);
  });

  test('the subject of what becomes a reply is erased, and told', async () => {
    const path = `/sequences/${WITH_EMAIL}/sequence_steps/${await secondEmail()}`;
    const before = writes().length;
    const strict = await patch(path, { is_reply: true }, 'handling=strict');
    expect(errorsOf(strict)).toMatchObject([{ code: 'STRICT_HANDLING', source: { pointer: '/record/is_reply' } }]);
    expect(writes()).toHaveLength(before);
    const answer = await patch(path, { is_reply: true });
    const told = (bodyOf(answer).warnings ?? []).find(({ problem_type: type }) => type === 'SUBJECT_ERASED');
    expect(told).toMatchObject({ source: { pointer: '/record/is_reply' }, from: 'Second', action: 'dropped' });
  });

  test('the subject of another step with the same template is not erased', async () => {
    const step = await secondEmail();
    const path = `/sequences/${WITH_EMAIL}/sequence_steps/${step}`;
    expect((await patch(path, { template: { id: TEMPLATE } })).status).toBe(200);
    const before = [writes().length, house.sandbox('apollo').steps(WITH_EMAIL)];
    for (const record of [{ is_reply: true }, { is_reply: true, template: { body: '<p>Bump</p>' } }]) {
      const answer = await patch(path, record);
      expect(told(answer), answer.text).toEqual(['UNSUPPORTED_VALUE /record/is_reply']);
      expect(errorsOf(answer)[0]?.detail).toContain('another step of this sequence has the same template');
    }
    expect([writes().length, house.sandbox('apollo').steps(WITH_EMAIL)]).toEqual(before);
    // As it is already, nothing is erased.
    expect((await patch(path, { is_reply: false, interval_seconds: 60 })).status).toBe(200);
  });
});

describe('the check fails after the change', () => {
  stand();
  test.each([
    ['a step', OF_CALL, { interval_seconds: 3600 }, 'emailer_step', CALL],
    ['a sequence', `/sequences/${TASKS}`, { name: 'Renamed' }, 'emailer_campaign', TASKS],
  ] as const)('%s: that it was sent is told', async (_what, path, record, kind, id) => {
    const fault = { kind: 'refusal', at: 'before_commit', name: 'rate_limited' } as const;
    house.sandbox('apollo').addFault({ match: { method: 'GET' }, fault, nth: 2, times: 'until_cleared' });
    const answer = await patch(path, record);
    expect(errorsOf(answer)).toMatchObject([
      { code: 'PROVIDER_RATE_LIMITED', meta: { retriable: false, outcome: 'changed', changed: [{ kind, id }] } },
    ]);
    expect(errorsOf(answer)[0]?.detail).toMatch(/^The change was sent and accepted; only /);
    expect(answer.headers.has('retry-after')).toBe(false);
  });

  test('what is not sent is not said to be', async () => {
    const fault = { kind: 'refusal', at: 'before_commit', name: 'rate_limited' } as const;
    house.sandbox('apollo').addFault({ match: { method: 'PUT' }, fault, times: 'until_cleared' });
    const answer = await patch(OF_CALL, { interval_seconds: 3600 });
    expect(errorsOf(answer)[0]).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', meta: { retriable: true } });
    expect(errorsOf(answer)[0]?.detail).not.toContain('accepted');
  });
});

const RENAME = { name: 'Renamed' };
const GENERATED = {
  generation_options: [{ type: 'opener', additional_prompt: 'Be brief' }],
  generation_tone: { tone_type: 'casual' },
};

describe('the whole list of a sequence, where what is not sent is lost', () => {
  stand({ put_keeps_unsent: 'no' });

  test('has the settings of generated texts', async () => {
    const messages = [
      {
        id: TOUCH,
        status: 'approved',
        ...GENERATED,
        emailer_template: { subject: 'Seeded subject', body_html: '<p>Seeded body</p>' },
      },
    ];
    const step = { id: EMAIL, position: 1, type: 'auto_email', wait_mode: 'minute', wait_time: 0 };
    await native('PUT', `/sequences/${WITH_EMAIL}`, { emailer_steps: [{ ...step, emailer_touches: messages }] });
    const answer = await patch(`/sequences/${WITH_EMAIL}`, RENAME);
    expect([answer.status, warned(answer)], answer.text).toEqual([200, []]);
    const [held] = house.sandbox('apollo').steps(WITH_EMAIL);
    expect(held?.native['emailer_touch']).toMatchObject(GENERATED);
  });
});

describe('the whole list of a sequence, where steps do not close up', () => {
  stand({ after_delete: 'gap' });

  test('has its gap closed first, as the refusal says', async () => {
    const call = { type: 'call', wait_mode: 'day', wait_time: 1 };
    await native('POST', '/emailer_steps', { emailer_campaign_id: TASKS, position: 3, ...call });
    const [, second, third] = house.sandbox('apollo').steps(TASKS);
    await native('DELETE', `/emailer_steps/${second?.id ?? ''}`);
    const before = writes().length;
    const refused = await patch(`/sequences/${TASKS}`, RENAME);
    expect(errorsOf(refused)).toMatchObject([{ code: 'UNSUPPORTED_VALUE', source: { pointer: '/record' } }]);
    expect(errorsOf(refused)[0]?.detail).toContain('position 2.');
    expect(writes()).toHaveLength(before);
    const moved = await patch(`/sequences/${TASKS}/sequence_steps/${third?.id ?? ''}`, { order: 2 });
    expect([moved.status, warned(moved)], moved.text).toEqual([200, []]);
    const renamed = await patch(`/sequences/${TASKS}`, RENAME);
    expect([renamed.status, warned(renamed)], renamed.text).toEqual([200, []]);
  });
});

describe('the whole list of a sequence', () => {
  stand();
  test.each<[string, Native, Native]>([
    ['emailer_touches', GENERATED, { generation_options: [], generation_tone: {} }],
    ['emailer_touches', { has_personalized_opener: true }, { has_personalized_opener: false }],
    ['emailer_touches', { composition_mode: 'ai' }, { composition_mode: null }],
    ['emailer_templates', { prompt_id: TASK }, { prompt_id: null }],
    ['emailer_templates', { name: 'Mine', folder_id: TASK }, { name: null, folder_id: null }],
  ])('what it loses of %s is told: %j', async (where, had, has) => {
    const set = (values: Native) => (whole: Whole) => Object.assign(only(whole[where as 'emailer_touches']), values);
    ignores(/\/sequences\//);
    await reads(WITH_EMAIL, set(had), (whole) => {
      set(has)(whole);
      whole.emailer_campaign['name'] = RENAME.name;
    });
    const answer = await patch(`/sequences/${WITH_EMAIL}`, RENAME);
    const lost = differences(answer).map((pointer) => pointer.split('/')[3]);
    expect([...new Set(lost)].toSorted()).toEqual(Object.keys(had).toSorted());
  });

  test.each<[string, (whole: Whole) => void, string]>([
    ['attachments', (whole) => whole.attachments.push({ id: TASK, name: 'a.pdf' }), 'attachment'],
    [
      'attachments of a message',
      ({ emailer_touches: all }) => Object.assign(only(all), { attachment_ids: [TASK] }),
      'attachment',
    ],
    ['a gap', ({ emailer_steps: all }) => Object.assign(only(all), { position: 2 }), 'position 1.'],
  ])('is not sent with %s', async (_what, change, says) => {
    await reads(WITH_EMAIL, change);
    const answer = await patch(`/sequences/${WITH_EMAIL}`, RENAME);
    expect(errorsOf(answer)).toMatchObject([{ code: 'UNSUPPORTED_VALUE', source: { pointer: '/record' } }]);
    expect(errorsOf(answer)[0]?.detail).toContain(says);
    expect(writes()).toEqual([]);
  });

  test.each<[string, (whole: Whole) => void, string]>([
    [
      'a personal opener',
      ({ emailer_touches: all }) => Object.assign(only(all), { has_personalized_opener: true }),
      'emailer_touch.has_personalized_opener of step 1',
    ],
    [
      'a prompt',
      ({ emailer_templates: all }) => Object.assign(only(all), { prompt_id: TASK }),
      'emailer_template.prompt_id of step 1',
    ],
    [
      'no signature',
      ({ emailer_touches: all }) => Object.assign(only(all), { include_signature: false }),
      'emailer_touch.include_signature of step 1',
    ],
  ])('is not sent while the sequence is active and has %s', async (_what, change, says) => {
    await reads(WITH_EMAIL, (whole) => {
      whole.emailer_campaign['active'] = true;
      change(whole);
    });
    const answer = await patch(`/sequences/${WITH_EMAIL}`, RENAME);
    expect(errorsOf(answer)).toMatchObject([{ code: 'UNSUPPORTED_VALUE', source: { pointer: '/record' } }]);
    expect(errorsOf(answer)[0]?.detail).toContain(says);
    expect(writes()).toEqual([]);
  });
});

describe('what was asked for of a sequence', () => {
  stand();
  const OURS = `/sequences/${TASKS}`;

  test('labels that are ignored', async () => {
    ignores(/\/sequences\//);
    const fewer = await patch(OURS, { tags: ['Other'] });
    expect(differences(fewer)[0]).toBe('/emailer_campaign/label_ids/0');
    ignores(/\/sequences\//);
    const none = await patch(OURS, { tags: [] });
    expect(differences(none)[0]).toBe('/emailer_campaign/label_ids/0');
  });

  test.each([{ tags: ['Outbound', 'Q3'] }, { custom_fields: { label_names: ['Outbound', 'Q3'] } }])(
    'labels that may have been ignored: %j',
    async (record) => {
      const answer = await patch(OURS, record);
      const where = 'tags' in record ? 'tags' : 'custom_fields/label_names';
      expect([answer.status, warned(answer)], answer.text).toEqual([200, [`CHANGE_NOT_CONFIRMED /record/${where}`]]);
    },
  );

  test('labels that are gone', async () => {
    await reads(TASKS, asItIs, ({ emailer_campaign: own }) => Object.assign(own, { label_ids: [] }));
    expect(differences(await patch(OURS, { tags: ['New'] }))[0]).toBe('/emailer_campaign/label_ids/0');
  });

  test('custom fields that are ignored, or not shown', async () => {
    ignores(/\/sequences\//);
    const ignored = await patch(OURS, { custom_fields: { cc_emails: 'a@b.c' } });
    expect(differences(ignored)).toEqual(['/emailer_campaign/cc_emails']);
    ignores(/\/sequences\//);
    const hidden = await patch(OURS, { custom_fields: { colour: 'blue' } });
    expect(warned(hidden)).toEqual(['CHANGE_NOT_CONFIRMED /record/custom_fields/colour']);
  });

  test('who else has access is lost with another visibility', async () => {
    const shared =
      (accesses: readonly object[], visibility: string) =>
      ({ emailer_campaign: own }: Whole) =>
        Object.assign(own['sharing_permission'] as Native, { sharing_accesses: accesses, visibility });
    ignores(/\/sequences\//);
    await reads(TASKS, shared([{ id: CALL }], 'everyone'), shared([], 'restricted'));
    const answer = await patch(OURS, { type: 'private' });
    expect(differences(answer)).toEqual(['/emailer_campaign/sharing_permission/sharing_accesses/0']);
  });
});

describe('the template of a reply', () => {
  stand();
  const REPLY = { type: 'manual_email', is_reply: true };
  const BUMP = { ...REPLY, template: { body: '<p>Bump</p>' } };
  const OF_STEPS = `/sequences/${WITH_EMAIL}/sequence_steps`;
  const AT_ID = 'UNSUPPORTED_VALUE /record/template/id';
  const post = (path: string, body: object) => house.ask(path, { method: 'POST', headers: tenant('apollo'), body });
  const create = (record: object, query = '') => post(OF_STEPS + query, { record });
  const held = () => house.sandbox('apollo').steps(WITH_EMAIL);

  const templateOf = (step: string) => {
    const found = held().find(({ id }) => id === step)?.native['emailer_template'] ?? nothing();
    return String(found['id']);
  };
  async function made(record: object): Promise<string> {
    const answer = await create(record);
    expect(answer.status, answer.text).toBe(201);
    return bodyOf(answer).record?.id ?? nothing();
  }

  test.each([
    ['has a subject', TEMPLATE],
    ['is not shown in the sequence', '65340d43bd9e6900a3054740'],
    ['is not there at all', '000000000000000000000000'],
  ])('is refused where it %s, in a new step and in one that is there', async (_what, id) => {
    const reply = await made(BUMP);
    const thread = await secondEmail();
    const before = [writes().length, held()];
    const asked = { ...REPLY, template: { id } };
    for (const query of ['', '?dry_run=true']) {
      const answer = await create(asked, query);
      expect([answer.status, told(answer)], answer.text).toEqual([422, [AT_ID]]);
    }
    expect(told(await patch(`${OF_STEPS}/${reply}`, { template: { id } }))).toEqual([AT_ID]);
    expect(told(await patch(`${OF_STEPS}/${thread}`, { is_reply: true, template: { id } }))).toEqual([AT_ID]);
    expect([writes().length, held()]).toEqual(before);
  });

  test('is refused for a later record of a batch, too', async () => {
    const answer = await post(`${OF_STEPS}/_batch`, { records: [BUMP, { ...REPLY, template: { id: TEMPLATE } }] });
    const { results } = answer.json as { results: { status: number; errors?: { source: object }[] }[] };
    expect(
      results.map(({ status }) => status),
      answer.text,
    ).toEqual([201, 422]);
    expect(results[1]?.errors?.[0]?.source).toEqual({ pointer: '/records/1/template/id' });
  });

  test('is taken where it is seen to have no subject', async () => {
    const id = templateOf(await made(BUMP));
    const reply = await made({ ...REPLY, template: { id } });
    const thread = await secondEmail();
    expect((await patch(`${OF_STEPS}/${thread}`, { is_reply: true, template: { id } })).status).toBe(200);
    for (const step of [reply, thread]) {
      expect(templateOf(step)).toBe(id);
      expect(held().find((each) => each.id === step)?.native['emailer_touch']).toMatchObject({
        type: 'reply_to_thread',
      });
    }
  });

  test('gets no subject through another step that has it', async () => {
    const id = templateOf(await made(BUMP));
    const thread = await secondEmail();
    expect((await patch(`${OF_STEPS}/${thread}`, { template: { id } })).status).toBe(200);
    const before = [writes().length, held()];
    const answer = await patch(`${OF_STEPS}/${thread}`, { template: { subject: 'Hi' } });
    expect(told(answer), answer.text).toEqual(['UNSUPPORTED_VALUE /record/template/subject']);
    expect([writes().length, held()]).toEqual(before);
  });

  test('is refused by Apollo where it has one, linked or written through another step', async () => {
    const [reply, thread] = [await made(BUMP), await secondEmail()];
    const touchOf = (step: string) => String(held().find(({ id }) => id === step)?.native['emailer_touch']?.['id']);
    const put = (step: string, body: object) => native('PUT', `/emailer_touches/${touchOf(step)}`, body);
    await expect(put(reply, { emailer_template: { id: TEMPLATE } })).rejects.toThrow('subject is not permitted');
    await expect(put(thread, { type: 'reply_to_thread', emailer_template: {} })).rejects.toThrow('subject is not');
    await put(thread, { emailer_template: { id: templateOf(reply) } });
    await expect(put(thread, { emailer_template: { subject: 'Hi' } })).rejects.toThrow('subject is not permitted');
  });
});

describe.each(['close_up', 'gap'])(
  'the email that starts a thread, where the steps behind what is deleted %s',
  (world) => {
    stand({ after_delete: world });
    const OF_STEPS = `/sequences/${WITH_EMAIL}/sequence_steps`;
    const held = () =>
      house
        .sandbox('apollo')
        .steps(WITH_EMAIL)
        .map(({ id }) => id);
    const remove = (step: string, query = '') =>
      house.ask(`${OF_STEPS}/${step}${query}`, { method: 'DELETE', headers: tenant('apollo') });

    async function add(record: object): Promise<string> {
      const answer = await house.ask(OF_STEPS, { method: 'POST', headers: tenant('apollo'), body: { record } });
      return bodyOf(answer).record?.id ?? nothing();
    }
    const reply = () => add({ type: 'manual_email', is_reply: true, template: { body: '<p>Bump</p>' } });

    test('is not deleted before the reply in it', async () => {
      const [call, bump] = [await add({ type: 'call' }), await reply()];
      const before = [writes().length, held()];
      for (const query of ['', '?dry_run=true']) {
        const answer = await remove(EMAIL, query);
        expect([answer.status, told(answer)], answer.text).toEqual([422, ['UNSUPPORTED_VALUE']]);
        expect(errorsOf(answer)[0]).toMatchObject({
          detail: expect.stringContaining(bump) as string,
          meta: { origin: 'gateway' },
        });
      }
      expect([writes().length, held()]).toEqual(before);
      await expect(native('DELETE', `/emailer_steps/${EMAIL}`)).rejects.toThrow(
        'must follow a step that starts a thread',
      );
      expect((await remove(call)).status).toBe(204);
      expect((await remove(bump)).status).toBe(204);
      expect((await remove(EMAIL)).status).toBe(204);
    });

    test('is deleted where another email is before the reply', async () => {
      const second = await secondEmail();
      const bump = await reply();
      expect((await remove(EMAIL)).status).toBe(204);
      expect(held()).toEqual([second, bump]);
      expect(told(await remove(second))).toEqual(['UNSUPPORTED_VALUE']);
    });
  },
);

describe('a place that is free, where steps do not close up', () => {
  stand({ after_delete: 'gap' });

  test('is not taken by a reply before the email that starts its thread', async () => {
    const second = await secondEmail();
    const answer = await house.ask(`/sequences/${WITH_EMAIL}/sequence_steps`, {
      method: 'POST',
      headers: tenant('apollo'),
      body: { record: { type: 'manual_email', is_reply: true, template: { body: '<p>Bump</p>' } } },
    });
    const bump = bodyOf(answer).record?.id ?? nothing();
    await native('DELETE', `/emailer_steps/${EMAIL}`);
    const before = writes().length;
    const path = (step: string) => `/sequences/${WITH_EMAIL}/sequence_steps/${step}`;
    const moved = await patch(path(bump), { order: 1 });
    expect(told(moved), moved.text).toEqual(['UNSUPPORTED_VALUE /record/order']);
    expect(writes()).toHaveLength(before);
    const put = native('PUT', `/emailer_steps/${bump}`, { position: 1 });
    await expect(put).rejects.toThrow('must follow a step that starts a thread');
    expect((await patch(path(second), { order: 1 })).status).toBe(200);
  });
});
