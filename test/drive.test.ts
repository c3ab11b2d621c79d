/** All providers through the life of a sequence: what works is what `GET /providers` says, and each call is counted. */
import { expect, test } from 'vitest';
import { OPERATIONS } from '../src/core/operations.ts';
import type { OperationName } from '../src/model/declaration.ts';
import type { Sandbox } from '../src/sandbox.ts';
import type { Answer } from './support/answer.ts';
import { CUSTOMER, openHouse, type Ask, type House } from './support/house.ts';

type Counts = Readonly<Record<OperationName, number>>;

/** One call for a page, one for a sequence with its steps; the rest answers 501. */
const READ_ONLY: Counts = {
  list_sequences: 1,
  get_sequence: 1,
  create_sequence: 0,
  create_steps: 0,
  update_sequence: 0,
  update_step: 0,
  activate_sequence: 0,
  deactivate_sequence: 0,
  delete_step: 0,
  delete_sequence: 0,
  list_templates: 0,
};

/** The provider calls of each operation, with the two steps that are made below; 0 is for what answers 501. */
const CALLS: Readonly<Record<string, Counts>> = {
  apollo: {
    list_sequences: 1,
    // The sequence, its steps and their texts in one answer.
    get_sequence: 1,
    // Nested.
    create_sequence: 1,
    // Where the next position is, and the step.
    create_steps: 2,
    // What there is, the whole of it with the change, and what there is then.
    update_sequence: 3,
    update_step: 3,
    activate_sequence: 1,
    deactivate_sequence: 1,
    // Whether the step is of this sequence, and the deletion.
    delete_step: 2,
    delete_sequence: 0,
    list_templates: 0,
  },
  outreach: {
    list_sequences: 1,
    // The sequence, and its steps with links and templates included.
    get_sequence: 2,
    // The sequence, the call, and for the email template, step, link and the link's activation.
    create_sequence: 6,
    create_steps: 1,
    update_sequence: 1,
    // What it is, and the change.
    update_step: 2,
    // Whether it is so already, and the action.
    activate_sequence: 2,
    deactivate_sequence: 2,
    delete_step: 0,
    delete_sequence: 1,
    list_templates: 1,
  },
  salesloft: {
    list_sequences: 1,
    // The cadence, the ids of its steps, and their content.
    get_sequence: 3,
    // The import, and the ids of the steps.
    create_sequence: 2,
    // Whether the cadence is empty, the import, and the id of the step.
    create_steps: 3,
    update_sequence: 0,
    update_step: 0,
    activate_sequence: 0,
    deactivate_sequence: 0,
    delete_step: 0,
    delete_sequence: 0,
    list_templates: 1,
  },
  upscale: READ_ONLY,
  zendesk_sell: READ_ONLY,
};

const SEQUENCE = {
  name: 'Driven',
  steps: [
    { type: 'call', name: 'Call', interval_seconds: 86_400 },
    { type: 'auto_email', name: 'Mail', interval_seconds: 86_400, template: { subject: 'Hi', body: '<p>Hi</p>' } },
  ],
};
const STEP = { type: 'call', name: 'One more', interval_seconds: 86_400 };

/** What is driven: the sequence and the step are those that the provider has made, or that its sandbox was seeded with. */
interface Target {
  sequence: string;
  step: string;
}

interface Drive {
  readonly operation: OperationName;
  readonly status: number;
  readonly request: (target: Target, sandbox: Sandbox) => Ask & { readonly path: string };
  /** What must be so afterwards. */
  readonly check: (answer: Answer, target: Target, sandbox: Sandbox) => void;
}

const find = (sandbox: Sandbox, id: string) => sandbox.sequences().find((each) => each.id === id);
const created = ({ json }: Answer) => (json as { record: { id: string; steps?: { id: string }[] } }).record;

const DRIVES: readonly Drive[] = [
  {
    operation: 'list_sequences',
    status: 200,
    request: () => ({ path: '/sequences?page_size=100' }),
    check: ({ json }, _, sandbox) => {
      const ids = (json as { records: { id: string }[] }).records.map(({ id }) => id);
      expect(ids.toSorted()).toEqual(
        sandbox
          .sequences()
          .map(({ id }) => id)
          .toSorted(),
      );
    },
  },
  {
    operation: 'create_sequence',
    status: 201,
    request: () => ({ path: '/sequences', method: 'POST', body: { record: SEQUENCE } }),
    check: (answer, target, sandbox) => {
      const { id, steps = [] } = created(answer);
      expect(steps.map((step) => step.id)).toEqual(sandbox.steps(id).map((step) => step.id));
      expect(find(sandbox, id)).toMatchObject({ name: 'Driven', num_steps: 2, active: false });
      Object.assign(target, { sequence: id, step: steps[0]?.id });
    },
  },
  {
    operation: 'get_sequence',
    status: 200,
    request: ({ sequence }) => ({ path: `/sequences/${sequence}` }),
    check: ({ json }, { sequence }, sandbox) => {
      const held = sandbox.steps(sequence);
      expect(held.length).toBeGreaterThan(1);
      expect(json).toMatchObject({ id: sequence, num_steps: held.length, steps: held.map(({ id }) => ({ id })) });
    },
  },
  {
    operation: 'create_steps',
    status: 201,
    // An empty one takes steps wherever steps are taken at all.
    request: ({ sequence }, sandbox) => {
      const { id } = sandbox.sequences().find(({ seed }) => seed === 'empty') ?? { id: sequence };
      return { path: `/sequences/${id}/sequence_steps`, method: 'POST', body: { record: STEP } };
    },
    check: (answer, _, sandbox) => {
      const steps = sandbox.sequences().flatMap(({ id }) => sandbox.steps(id));
      expect(steps.map(({ id }) => id)).toContain(created(answer).id);
    },
  },
  {
    operation: 'update_sequence',
    status: 200,
    request: ({ sequence }) => ({
      path: `/sequences/${sequence}`,
      method: 'PATCH',
      body: { record: { name: 'Renamed' } },
    }),
    check: (_, { sequence }, sandbox) => {
      expect(find(sandbox, sequence)).toMatchObject({ name: 'Renamed', num_steps: sandbox.steps(sequence).length });
    },
  },
  {
    operation: 'update_step',
    status: 200,
    request: ({ sequence, step }) => ({
      path: `/sequences/${sequence}/sequence_steps/${step}`,
      method: 'PATCH',
      body: { record: { interval_seconds: 2 * 86_400 } },
    }),
    check: (_, { sequence, step }, sandbox) => {
      expect(sandbox.steps(sequence).find(({ id }) => id === step)).toMatchObject({ delay_seconds: 2 * 86_400 });
    },
  },
  {
    operation: 'activate_sequence',
    status: 200,
    request: ({ sequence }) => ({ path: `/sequences/${sequence}/actions/activate`, method: 'POST' }),
    check: (_, { sequence }, sandbox) => {
      expect(find(sandbox, sequence)).toMatchObject({ active: true });
    },
  },
  {
    operation: 'deactivate_sequence',
    status: 200,
    request: ({ sequence }) => ({ path: `/sequences/${sequence}/actions/deactivate`, method: 'POST' }),
    check: (_, { sequence }, sandbox) => {
      expect(find(sandbox, sequence)).toMatchObject({ active: false });
    },
  },
  {
    operation: 'delete_step',
    status: 204,
    request: ({ sequence, step }) => ({ path: `/sequences/${sequence}/sequence_steps/${step}`, method: 'DELETE' }),
    check: (_, { sequence, step }, sandbox) => {
      expect(sandbox.steps(sequence).map(({ id }) => id)).not.toContain(step);
      expect(sandbox.steps(sequence)).toHaveLength(1);
    },
  },
  {
    operation: 'delete_sequence',
    status: 204,
    request: ({ sequence }) => ({ path: `/sequences/${sequence}`, method: 'DELETE' }),
    check: (_, { sequence }, sandbox) => {
      expect(find(sandbox, sequence)).toBeUndefined();
    },
  },
  {
    operation: 'list_templates',
    status: 200,
    request: () => ({ path: '/templates?page_size=100' }),
    check: ({ json }, _, sandbox) => {
      const ids = (json as { records: { id: string }[] }).records.map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining([...sandbox.templates]));
    },
  },
];

test('every provider is driven through every operation, as declared and in as many calls as counted', async () => {
  const house = await openHouse();
  try {
    const providers = await declared(house);
    expect(providers.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(CALLS)));
    for (const { name, operations } of providers) {
      await house.connect(name);
      expect(Object.keys(operations).toSorted()).toEqual(DRIVES.map(({ operation }) => operation).toSorted());
      const counted = await driveAll(house, name, operations);
      // A new folder is driven like the others; that its calls are counted here is no condition for it.
      if (CALLS[name]) expect(counted, name).toEqual(CALLS[name]);
    }
  } finally {
    await house.close();
  }
  expect(DRIVES).toHaveLength(OPERATIONS.length);
});

interface Declared {
  readonly name: string;
  readonly operations: Readonly<Record<string, { readonly support: 'native' | 'none'; readonly because?: string }>>;
}

async function declared(house: House): Promise<readonly Declared[]> {
  const answer = await house.ask('/providers');
  return (answer.json as { records: readonly Declared[] }).records;
}

/** @returns the provider calls of each operation. */
async function driveAll(house: House, name: string, operations: Declared['operations']) {
  const sandbox = house.sandbox(name);
  const [seeded] = sandbox.sequences().filter(({ num_steps }) => num_steps > 1);
  const sequence = seeded?.id ?? '';
  const target: Target = { sequence, step: sandbox.steps(sequence).at(0)?.id ?? '' };
  const headers = { 'x-customer-id': CUSTOMER, 'x-provider-name': name };
  const counted: Record<string, number> = {};
  for (const { operation, status, request, check } of DRIVES) {
    const { path, ...asked } = request(target, sandbox);
    const before = sandbox.calls().length;
    const answer = await house.ask(path, { ...asked, headers });
    counted[operation] = sandbox.calls().length - before;
    const { support, because = '' } = operations[operation] ?? {};
    expect(answer.status, `${name} ${operation}: ${answer.text}`).toBe(support === 'native' ? status : 501);
    if (support === 'native') check(answer, target, sandbox);
    else expect(answer.text).toContain(JSON.stringify(because).slice(1, -1));
  }
  return counted;
}
