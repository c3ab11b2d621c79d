/** Salesloft lists steps with ids and exports them with contents: what is joined for certain, what is said of the rest, and when they start. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { bodyOf, houseOfFile, tenant, told, warned } from './support.ts';

interface Exported {
  readonly day: number;
  readonly steps: readonly { readonly name: string }[];
}
interface Listed {
  readonly id: number;
  readonly name: string;
}
interface Step {
  readonly id?: string;
  readonly name: string;
  readonly interval_seconds?: number;
  readonly native_interval?: object;
}

const house = await houseOfFile();
const sandbox = house.sandbox('salesloft');
const headers = tenant('salesloft');

const step = (type: string, name: string, interval_seconds = 0) => ({ type, name, interval_seconds });
const STEPS = [step('call', 'Ring'), step('call', 'Ask'), step('task', 'Note'), step('call', 'Later', 86_400)];
const [RING, ASK, NOTE, LATER] = [0, 1, 2, 3] as const;

let id = '';
/** As they are read where both sides agree. */
let usual: readonly Step[] = [];

async function make(steps: readonly object[]): Promise<void> {
  const noted = steps.map((each, index) => ({ ...each, task_note: `Note ${index}` }));
  const answer = await house.ask('/sequences', {
    method: 'POST',
    headers,
    body: { record: { name: 'Orders', steps: noted } },
  });
  id = bodyOf(answer).record?.id ?? '';
  usual = stepsOf(await read());
}

const read = (more = ''): Promise<Answer> => house.ask(`/sequences/${id}${more}`, { headers });
const readOne = (index: number): Promise<Answer> => read(`/sequence_steps/${idOf(index)}`);
const stepsOf = ({ json }: Answer): readonly Step[] => (json as { steps: readonly Step[] }).steps;
const idOf = (index: number): string => usual[index]?.id ?? '';
const leftOf = (answer: Answer): unknown => bodyOf(answer).warnings?.map(({ from }) => from);
const nameOf = ({ steps }: Exported): string => steps[0]?.name ?? '';

/** The next export is the last one, changed. */
function forceExport(change: (groups: readonly Exported[]) => readonly Exported[]): void {
  forceChanged(/\/cadence_exports\//, ({ data }) => {
    const { cadence_content: content } = data as { cadence_content: { step_groups: readonly Exported[] } };
    return { data: { cadence_content: { ...content, step_groups: change(content.step_groups) } } };
  });
}

/** The next list of steps is the last one, changed. */
function forceList(change: (steps: readonly Listed[]) => readonly Listed[]): void {
  forceChanged(/\/steps\?/, ({ data, ...rest }) => ({ ...rest, data: change(data as readonly Listed[]) }));
}

type Body = Readonly<Record<string, unknown>>;

function forceChanged(path: RegExp, change: (body: Body) => Body): void {
  const last = sandbox.calls().findLast((call) => path.test(call.path));
  sandbox.answerNext({ method: 'GET', path }, { status: 200, body: change(JSON.parse(last?.answer ?? '') as Body) });
}

const byName = (groups: readonly Exported[]): readonly Exported[] =>
  groups.toSorted((a, b) => a.day - b.day || nameOf(a).localeCompare(nameOf(b)));

describe('steps of one day that are exported in another order than they are listed', () => {
  beforeEach(() => make(STEPS));

  test('have their own contents and ids, in the order of the list', async () => {
    forceExport(byName);
    const answer = await read();
    expect(stepsOf(answer)).toEqual(usual);
    expect(warned(answer)).toEqual([]);
    for (const [index, each] of usual.entries()) {
      forceExport(byName);
      expect((await readOne(index)).json).toMatchObject(each);
    }
  });

  test('have no ids where two look alike, and none of those is said not to be there', async () => {
    await make([...STEPS, step('call', 'Later')]);
    forceExport(byName);
    const answer = await read();
    expect(stepsOf(answer).map(({ id: own, name }) => `${name} ${own ?? 'none'}`)).toEqual([
      ...[`Ask ${idOf(ASK)}`, `Note ${idOf(NOTE)}`, `Ring ${idOf(RING)}`, 'Later none', 'Later none'],
    ]);
    expect(warned(answer)).toEqual(['STEP_IDS_UNKNOWN /steps']);
    expect(leftOf(answer)).toEqual([[idOf(LATER), idOf(LATER + 1)]]);
    for (const index of usual.keys()) {
      forceExport(byName);
      expect(told(await readOne(index))).toEqual(index < LATER ? [] : ['STEP_ID_AMBIGUOUS']);
    }
  });
});

describe('steps that are not on both sides', () => {
  beforeEach(() => make(STEPS));

  test.each([RING, NOTE, LATER])('without its row a step has no id, and the others keep theirs: %i', async (at) => {
    const without = (): void => {
      forceList((steps) => steps.filter(({ name }) => name !== STEPS[at]?.name));
    };
    without();
    const answer = await read();
    const { id: _lost, ...rest } = usual[at] ?? { name: '' };
    expect(answer.json).toMatchObject({ num_steps: 4 });
    expect(stepsOf(answer)).toEqual(usual.with(at, rest));
    expect(leftOf(answer)).toEqual([undefined]);
    without();
    expect(warned(await read('/sequence_steps'))).toEqual(['STEP_IDS_UNKNOWN /records']);
    for (const index of usual.keys()) {
      without();
      expect(told(await readOne(index))).toEqual(index === at ? ['STEP_ID_AMBIGUOUS'] : []);
    }
  });

  test('one row is not enough for two steps that look alike', async () => {
    await make([...STEPS, step('call', 'Later')]);
    forceList((steps) => steps.filter((each) => String(each.id) !== idOf(LATER)));
    const answer = await read();
    expect(stepsOf(answer).map((each) => each.id)).toEqual([idOf(RING), idOf(ASK), idOf(NOTE), undefined, undefined]);
    expect([warned(answer), leftOf(answer)]).toEqual([['STEP_IDS_UNKNOWN /steps'], [[idOf(LATER + 1)]]]);
  });

  test('of two rows that look alike none is taken for one step', async () => {
    await make([...STEPS, step('call', 'Later')]);
    forceExport((groups) => groups.slice(0, -1));
    const answer = await read();
    expect(stepsOf(answer).map((each) => each.id)).toEqual([idOf(RING), idOf(ASK), idOf(NOTE), undefined]);
    expect(leftOf(answer)).toEqual([[idOf(LATER), idOf(LATER + 1)]]);
  });

  test('the id of one that is not exported is told', async () => {
    forceExport((groups) => groups.filter((group) => nameOf(group) !== 'Note'));
    const answer = await read();
    expect(answer.json).toMatchObject({ num_steps: 4 });
    expect(stepsOf(answer).map((each) => each.id)).toEqual([idOf(RING), idOf(ASK), idOf(LATER)]);
    expect([warned(answer), leftOf(answer)]).toEqual([['STEP_IDS_UNKNOWN /steps'], [[idOf(NOTE)]]]);
    forceExport((groups) => groups.filter((group) => nameOf(group) !== 'Note'));
    const one = await readOne(NOTE);
    expect([one.status, told(one)]).toEqual([502, ['STEP_ID_AMBIGUOUS']]);
  });

  test('one of the same place and another name is another', async () => {
    forceList((steps) => steps.map((each) => (each.name === 'Ask' ? { ...each, name: 'Answer' } : each)));
    const answer = await read();
    expect(stepsOf(answer).map((each) => each.id)).toEqual([idOf(RING), undefined, idOf(NOTE), idOf(LATER)]);
    expect([warned(answer), leftOf(answer)]).toEqual([['STEP_IDS_UNKNOWN /steps'], [[idOf(ASK)]]]);
  });
});

describe('a step that starts before the one that stands before it', () => {
  const group = (day: number, type: string, delay_time?: number) => ({
    day,
    automated: delay_time !== undefined,
    due_immediately: false,
    ...(delay_time === undefined ? {} : { automated_settings: { send_type: 'after_time_delay', delay_time } }),
    steps: [{ enabled: true, name: type, type, type_settings: settingsOf(type) }],
  });
  const settingsOf = (type: string) =>
    type === 'Email' ? { email_template: { title: 'T', subject: 'S', body: '<p>B</p>' } } : { instructions: '' };

  /** As somebody else's integration imports it. */
  async function importNatively(groups: readonly object[]): Promise<void> {
    const step_groups = groups.map((each, index) => ({ ...each, reference_id: index + 1 }));
    const answer = await sandbox.app.request(`${sandbox.origin}/v2/cadence_imports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.credentials.api_key ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ cadence_content: { cadence_id: 123, step_groups } }),
    });
    expect(answer.status).toBe(200);
    id = '123';
  }

  const delayed = (delay_time: number) => ({ day: 1, send_type: 'after_time_delay', delay_time });

  test('has no negative interval, says so, and does not shift what comes after it', async () => {
    await importNatively([group(1, 'Email', 600), group(1, 'Email', 60), group(2, 'Phone')]);
    const answer = await read();
    expect(intervalsOf(answer)).toEqual([[36_000], [0, delayed(60)], [50_400]]);
    expect(warned(answer)).toEqual(['INTERVAL_NOMINAL /steps/1/interval_seconds']);
    expect(leftOf(answer)).toEqual([delayed(60)]);
  });

  test('may be of another type, and several may', async () => {
    await importNatively([
      ...[group(1, 'Email', 600), group(1, 'Email', 60), group(1, 'Phone'), group(1, 'Email', 660)],
    ]);
    const answer = await read();
    expect(intervalsOf(answer)).toEqual([[36_000], [0, delayed(60)], [0, { day: 1 }], [3_600]]);
    expect(warned(answer)).toEqual([1, 2].map((index) => `INTERVAL_NOMINAL /steps/${index}/interval_seconds`));
  });

  const intervalsOf = (answer: Answer) =>
    stepsOf(answer).map(({ interval_seconds: seconds, native_interval: native }) =>
      native === undefined ? [seconds] : [seconds, native],
    );
});
