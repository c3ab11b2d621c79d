/** Writes of several calls: one after the other, and what exists is told when one fails. */
import { describe, expect, test } from 'vitest';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import { CUSTOMER } from '../support/house.ts';
import { openDoor } from './door.ts';
import { answerJson, openFaulty } from './faulty.ts';
import {
  allSteps,
  bodyOf,
  connectionPath,
  createStep,
  errorsOf,
  houseOfFile,
  putConnection,
  sequenceOf,
  tenant,
  told,
  warned,
  writesDone,
} from './support.ts';

const house = await houseOfFile();

const EMAIL = { type: 'auto_email', template: { subject: 'Subject', body: '<p>Body</p>' } };
const [TEMPLATE, STEP, LINK] = [
  { kind: 'template', id: '201' },
  { kind: 'sequence_step', id: '101' },
  { kind: 'sequence_template', id: '301' },
];

function force(path: RegExp, answer: ForcedAnswer, provider = 'outreach', method = 'POST'): void {
  house.sandbox(provider).answerNext({ method, path }, answer);
}

const refusal = (status: number): ForcedAnswer => ({
  status,
  body: { errors: [{ title: 'Refused', detail: 'Not like this.' }] },
});

describe('a failure in the middle of the writes of Outreach', () => {
  test('at the first call: nothing exists', async () => {
    force(/\/templates$/, refusal(422));
    const answer = await createStep(house, EMAIL);
    expect(answer.status).toBe(422);
    expect(errorsOf(answer)[0]?.meta.created).toBeUndefined();
    expect(writesDone(house)).toEqual([]);
  });

  test('at the second, for good: the template is taken back', async () => {
    force(/\/sequenceSteps$/, refusal(422));
    const answer = await createStep(house, EMAIL);
    expect(answer.status).toBe(422);
    expect(errorsOf(answer)).toMatchObject([{ code: 'PROVIDER_REJECTED', meta: { retriable: false } }]);
    expect(errorsOf(answer)[0]?.meta).not.toHaveProperty('created');
    expect(errorsOf(answer)[0]?.meta.outcome).toBeUndefined();
    expect(house.sandbox('outreach').calls().at(-1)).toMatchObject({
      method: 'DELETE',
      path: `/api/v2/templates/${TEMPLATE.id}`,
      status: 204,
    });
  });

  test.each([422, 500])('at the second, and taking back fails with %s: the template is told', async (native) => {
    force(/\/sequenceSteps$/, refusal(422));
    house.sandbox('outreach').answerNext({ method: 'DELETE', path: /templates/ }, refusal(native));
    const answer = await createStep(house, EMAIL);
    expect(errorsOf(answer)).toMatchObject([{ code: 'PROVIDER_REJECTED', meta: { created: [TEMPLATE] } }]);
  });

  test.each([429, 403, 500])(
    'at the second, with %s: nothing is taken back, because it can be gone on with',
    async (native) => {
      force(/\/sequenceSteps$/, refusal(native));
      const answer = await createStep(house, EMAIL, { headers: { prefer: 'wait=0' } });
      expect(errorsOf(answer)[0]?.meta.created).toEqual([TEMPLATE]);
      expect(
        house
          .sandbox('outreach')
          .calls()
          .filter(({ method }) => method === 'DELETE'),
      ).toEqual([]);
    },
  );

  test('a new sequence whose first step is refused is taken back with it', async () => {
    const { length } = house.sandbox('outreach').sequences();
    force(/\/sequenceSteps$/, refusal(422));
    const answer = await house.ask('/sequences', {
      method: 'POST',
      headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': 'outreach' },
      body: { record: { name: 'Taken back', steps: [EMAIL] } },
    });
    expect(answer.status, answer.text).toBe(422);
    expect(errorsOf(answer)[0]?.meta).not.toHaveProperty('created');
    expect(house.sandbox('outreach').sequences()).toHaveLength(length);
  });

  test.each([
    [422, 422, 'PROVIDER_REJECTED', undefined],
    [403, 424, 'CONNECTION_LACKS_PERMISSION', undefined],
    [404, 404, 'PROVIDER_RECORD_NOT_FOUND', undefined],
    [415, 502, 'PROVIDER_REFUSED_FORM', undefined],
    [429, 429, 'PROVIDER_RATE_LIMITED', undefined],
    [500, 502, 'OUTCOME_UNKNOWN', 'unknown'],
  ])('at the link, %s: template and step are told', async (native, status, code, outcome) => {
    force(/\/sequenceTemplates$/, refusal(native));
    const answer = await createStep(house, EMAIL, { headers: { prefer: 'wait=0' } });
    expect(answer.status).toBe(status);
    const [error] = errorsOf(answer);
    expect(error?.code).toBe(code);
    expect(error?.meta).toMatchObject({
      created: [TEMPLATE, STEP],
      origin: 'remote-provider',
      provider: 'outreach',
      retriable: false,
    });
    expect(error?.meta.outcome).toBe(outcome);
    expect(error?.detail).toContain('Not like this.');
    expect(writesDone(house).map(({ path }) => path.split('/').at(-1))).toEqual(['templates', 'sequenceSteps']);
    expect(allSteps(house).find(({ id }) => id === STEP.id)?.live).toBe(false);
  });

  test.each([422, 403, 404, 429])('at switching on, %s: the step is there and off', async (native) => {
    force(/\/actions\/activate$/, refusal(native));
    const answer = await createStep(house, EMAIL, { headers: { prefer: 'wait=0' } });
    expect(answer.status).toBe(502);
    const [error] = errorsOf(answer);
    expect(error).toMatchObject({
      code: 'STEP_LEFT_OFF',
      meta: { created: [TEMPLATE, STEP, LINK], outcome: 'created', retriable: false },
    });
    expect(error?.detail).toContain('Not like this.');
    expect(allSteps(house).find(({ id }) => id === STEP.id)?.live).toBe(false);
  });

  test('at switching on, where the answer still says disabled: the step is told to be off', async () => {
    force(/\/actions\/activate$/, { status: 200, body: { data: { attributes: { enabled: false } } } });
    const answer = await createStep(house, EMAIL);
    expect(told(answer)).toEqual(['STEP_LEFT_OFF']);
    expect(errorsOf(answer)[0]?.meta).toMatchObject({ created: [TEMPLATE, STEP, LINK], outcome: 'created' });
  });

  test('at switching on without an answer that says what happened: 502, with all that exists', async () => {
    force(/\/actions\/activate$/, refusal(500));
    const answer = await createStep(house, EMAIL);
    expect(answer.status).toBe(502);
    expect(errorsOf(answer)[0]?.meta).toMatchObject({ created: [TEMPLATE, STEP, LINK], retriable: false });
  });

  test('a token that is refused on the way marks the connection', async () => {
    force(/\/actions\/activate$/, { status: 401, body: { error: 'Invalid JWT token.' } });
    const answer = await createStep(house, EMAIL);
    expect(told(answer)).toEqual(['STEP_LEFT_OFF']);
    expect((await house.ask(connectionPath('outreach'))).json).toMatchObject({ status: 'needs_reauth' });
    await house.connect('outreach');
  });

  test('a link that does not say whether it is on is looked at', async () => {
    force(
      /\/sequenceTemplates\/\d+$/,
      { status: 200, body: { data: { id: 301, attributes: { enabled: true } } } },
      'outreach',
      'GET',
    );
    force(/\/sequenceTemplates$/, { status: 201, body: { data: { id: 301 } } });
    const answer = await createStep(house, EMAIL);
    expect(answer.status, answer.text).toBe(201);
    expect(
      house
        .sandbox('outreach')
        .calls()
        .map(({ method, path }) => `${method} ${path.replace('/api/v2', '')}`),
    ).toEqual(['POST /templates', 'POST /sequenceSteps', 'POST /sequenceTemplates', 'GET /sequenceTemplates/301']);
  });

  test('a provider that goes away on the way: 503, with what exists', async () => {
    const provider = await openFaulty((request, response) => {
      provider.stopListening();
      answerJson(201, { data: { id: 7 } }, { connection: 'close' })(request, response);
    });
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
    await putConnection(door, 'outreach', 'access_token', 'a-long-token');
    const answer = await createStep(door, EMAIL);
    await door.close();
    await provider.close();
    expect(provider.received).toHaveLength(1);
    expect(answer.status, answer.text).toBe(503);
    expect(errorsOf(answer)).toMatchObject([
      { code: 'PROVIDER_UNREACHABLE', meta: { created: [{ kind: 'template', id: '7' }], retriable: false } },
    ]);
  });
});

describe('turns', () => {
  const positions = () =>
    house
      .sandbox('apollo')
      .steps(sequenceOf(house.sandbox('apollo'), 'with_steps'))
      .map(({ id, native }) => [native['emailer_step']?.['position'], id]);

  test('writes to one sequence of Apollo take the next positions, one after the other', async () => {
    const before = positions().length;
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => createStep(house, EMAIL, { provider: 'apollo', seed: 'with_steps' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    const ids = answers.map((answer) => bodyOf(answer).record?.id);
    expect(positions().slice(before)).toEqual(ids.map((id, index) => [before + 1 + index, id]));
  });

  test('a write that fails gives its turn on', async () => {
    const before = positions().length;
    force(/\/emailer_steps$/, { status: 500, body: { error: 'Oops' } }, 'apollo');
    const answers = await Promise.all(
      [0, 1, 2].map(() => createStep(house, { type: 'call' }, { provider: 'apollo', seed: 'with_steps' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([502, 201, 201]);
    expect(positions().map(([position]) => position)).toEqual(
      Array.from({ length: before + 2 }, (_, index) => index + 1),
    );
  });

  test('Apollo answers 429 to a second write of a team: writes to two of its sequences do not overlap either', async () => {
    const seeds = ['empty', 'with_steps', 'with_email'] as const;
    const answers = await Promise.all(seeds.map((seed) => createStep(house, EMAIL, { provider: 'apollo', seed })));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const order = house
      .sandbox('apollo')
      .calls()
      .map(({ path }) => path.replace(/\/api\/v1\/|[0-9a-f]{24}/g, ''));
    const one = ['emailer_campaigns/', 'emailer_steps', 'emailer_templates/', 'emailer_touches//approve'];
    expect(order).toEqual([...one, ...one, ...one]);
  });

  test('a hundred writes may wait for a sequence; who comes after them is refused at once, and writes nothing', async () => {
    const sandbox = house.sandbox('outreach');
    const sequence = sequenceOf(sandbox, 'empty');
    const answers = await Promise.all(
      Array.from({ length: 104 }, () => createStep(house, { type: 'call' }, { provider: 'outreach', seed: 'empty' })),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(
      refused.map((answer) => [answer.status, errorsOf(answer)[0]?.code, answer.headers.get('retry-after')]),
    ).toEqual(Array.from({ length: 3 }, () => [429, 'TOO_MANY_WAITING', '1']));
    expect(sandbox.steps(sequence)).toHaveLength(101);
  });

  test('a dry run waits for nobody, and nobody for it', async () => {
    const answers = await Promise.all([
      createStep(house, { type: 'call' }, { provider: 'apollo', seed: 'with_steps' }),
      createStep(house, { type: 'call' }, { provider: 'apollo', seed: 'with_steps', query: '?dry_run=true' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 200]);
  });
});

describe('a value that the provider changes', () => {
  test('is told, in both handlings', async () => {
    for (const headers of [{}, { prefer: 'handling=strict' }]) {
      force(/\/sequenceSteps$/, { status: 201, body: { data: { id: 900, attributes: { interval: 604_800 } } } });
      const answer = await createStep(house, { type: 'call', interval_seconds: 3_600 }, { headers });
      expect(answer.status, answer.text).toBe(201);
      expect(bodyOf(answer).record).toEqual({ id: '900' });
      expect(warned(answer)).toEqual(['PROVIDER_CHANGED_VALUE /record/interval_seconds']);
      expect(bodyOf(answer).warnings).toMatchObject([
        { action: 'coerced', from: 3_600, to: 604_800, provider: 'outreach' },
      ]);
      expect(answer.headers.get('x-warning-count')).toBe('1');
    }
  });

  test.each([{ interval: 3_600 }, { interval: null }, {}, undefined])('is not told of %j', async (attributes) => {
    force(/\/sequenceSteps$/, { status: 201, body: { data: { id: 900, attributes } } });
    const answer = await createStep(house, { type: 'call', interval_seconds: 3_600 });
    expect(answer.json).toEqual({ record: { id: '900' }, warnings: [] });
  });

  test('an interval that was left out counts as the 0 that was sent', async () => {
    force(/\/sequenceSteps$/, { status: 201, body: { data: { id: 900, attributes: { interval: 604_800 } } } });
    const answer = await house.ask('/sequences/18/sequence_steps', {
      method: 'POST',
      headers: tenant('outreach', CUSTOMER),
      body: { record: { type: 'call' } },
    });
    expect(bodyOf(answer).warnings).toMatchObject([{ problem_type: 'PROVIDER_CHANGED_VALUE', from: 0, to: 604_800 }]);
  });
});

describe('a 200 of Apollo that is no success', () => {
  test.each([
    ['an error', { error: 'boom' }],
    ['errors', { errors: ['boom'] }],
    ['a message', { message: 'not now' }],
    ['nothing of the template', {}],
  ])('%s for the content: unknown, and the step is told', async (_, body) => {
    force(/\/emailer_templates\//, { status: 200, body }, 'apollo', 'PUT');
    const answer = await createStep(house, EMAIL, { provider: 'apollo' });
    expect(answer.status, answer.text).toBe(502);
    expect(told(answer)).toEqual(['OUTCOME_UNKNOWN']);
    expect(errorsOf(answer)[0]?.meta.created).toMatchObject([{ kind: 'emailer_step' }]);
  });

  test.each([
    ['an error', { error: 'boom' }],
    ['a message', { message: 'not now' }],
    ['a touch that is still to be reviewed', { emailer_touch: { status: 'to_be_reviewed' } }],
  ])('%s for the approval: the step is told to be off', async (_, body) => {
    force(/\/approve$/, { status: 200, body }, 'apollo');
    const answer = await createStep(house, EMAIL, { provider: 'apollo' });
    expect(told(answer)).toEqual(['STEP_LEFT_OFF']);
    expect(errorsOf(answer)[0]?.meta).toMatchObject({ created: [{ kind: 'emailer_step' }], outcome: 'created' });
  });
});

test.each([
  ['subject', { subject: ' ', body: '<p>Body</p>' }],
  ['body', { subject: 'Subject', body: '' }],
])('a Salesloft template without a %s starts no thread', async (_, content) => {
  const template = { status: 200, body: { data: { id: 501, title: 'Title', ...content } } };
  force(/\/email_templates\/501$/, template, 'salesloft', 'GET');
  const answer = await createStep(house, { type: 'auto_email', template: { id: '501' } }, { provider: 'salesloft' });
  expect(answer.status, answer.text).toBe(422);
  expect(errorsOf(answer)).toMatchObject([{ code: 'UNSUPPORTED_VALUE', source: { pointer: '/record/template/id' } }]);
  expect(writesDone(house, 'salesloft')).toEqual([]);
});
