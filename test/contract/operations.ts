/** Every operation of every provider: it works, or it is a 501 that lists what there is. */
import { expect, test } from 'vitest';
import { isNone } from '../../src/model/cell.ts';
import { OPERATIONS } from '../../src/core/operations.ts';
import type { OperationName } from '../../src/model/declaration.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, writesAmong } from '../support/house.ts';
import type { Stage } from './stage.ts';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** A request for each operation, on an id that the provider could have. */
function callFor(operation: OperationName, sequence: string, step: string): Call {
  const calls: Readonly<Record<OperationName, Call>> = {
    list_sequences: { method: 'GET', path: '/sequences' },
    get_sequence: { method: 'GET', path: `/sequences/${sequence}` },
    create_sequence: {
      method: 'POST',
      path: '/sequences',
      body: { record: { name: 'New', steps: [{ type: 'call', name: 'Call' }] } },
    },
    create_steps: { method: 'POST', path: `/sequences/${sequence}/sequence_steps`, body: { record: { type: 'call' } } },
    update_sequence: { method: 'PATCH', path: `/sequences/${sequence}`, body: { record: { name: 'Renamed' } } },
    update_step: {
      method: 'PATCH',
      path: `/sequences/${sequence}/sequence_steps/${step}`,
      body: { record: { interval_seconds: 86_400 } },
    },
    activate_sequence: { method: 'POST', path: `/sequences/${sequence}/actions/activate` },
    deactivate_sequence: { method: 'POST', path: `/sequences/${sequence}/actions/deactivate` },
    delete_sequence: { method: 'DELETE', path: `/sequences/${sequence}` },
    delete_step: { method: 'DELETE', path: `/sequences/${sequence}/sequence_steps/${step}` },
    list_templates: { method: 'GET', path: '/templates' },
  };
  return calls[operation];
}

export function operationTests(stage: () => Stage): void {
  test.each(OPERATIONS)('operation %s: works as declared, or 501 with what there is, and no call', async (name) => {
    const { sandbox, provider } = stage();
    sandbox.reset();
    const [sequence] = sandbox.sequences().filter(({ num_steps }) => num_steps > 0 || name === 'create_steps');
    const [step] = sandbox.steps(sequence?.id ?? '');
    const empty = sandbox.sequences().find(({ num_steps }) => num_steps === 0) ?? sequence;
    const target = name === 'create_steps' ? empty : sequence;
    const answer = await ask(stage(), callFor(name, target?.id ?? '', step?.id ?? ''));
    if (!isNone(provider.can[name])) {
      // In a world where a change loses something else, that is what is told.
      if (name === 'update_sequence' && answer.status === 502) {
        expect(answer.json).toMatchObject({ errors: [{ code: 'PROVIDER_CHANGED_MORE', meta: { differences: [{}] } }] });
        return;
      }
      expect(answer.status, answer.text).toBeLessThan(300);
      return;
    }
    expect(answer.status, answer.text).toBe(501);
    const { because } = provider.can[name];
    expect(answer.json).toMatchObject({ errors: [{ code: 'OPERATION_NOT_SUPPORTED' }] });
    expect(answer.text).toContain(JSON.stringify(because).slice(1, -1));
    expect(sandbox.calls()).toEqual([]);
  });

  test('get: the sequence has its steps in order with the true ids, and nothing is written', async () => {
    const { sandbox } = stage();
    sandbox.reset();
    for (const { id } of sandbox.sequences()) {
      const held = sandbox.steps(id);
      const answer = await ask(stage(), { method: 'GET', path: `/sequences/${id}` });
      expect(answer.status, answer.text).toBe(200);
      const { steps } = answer.json as { steps: { id?: string; interval_seconds?: number }[] };
      expect(steps.map((step) => step.id)).toEqual(held.map((step) => step.id));
      const delays = held.map(({ delay_seconds: delay }) => delay).map((delay) => delay ?? undefined);
      expect(steps.map((step) => step.interval_seconds)).toEqual(delays);
      for (const step of held) {
        const one = await ask(stage(), { method: 'GET', path: `/sequences/${id}/sequence_steps/${step.id}` });
        expect(one.status, one.text).toBe(200);
        expect(one.json).toMatchObject({ id: step.id });
      }
    }
    expect(writesAmong(sandbox.calls())).toEqual([]);
  });
}

function ask({ house, name }: Stage, { method, path, body }: Call): Promise<Answer> {
  return house.ask(path, {
    method,
    headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name },
    ...(body === undefined ? {} : { body }),
  });
}
