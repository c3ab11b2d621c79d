/** Where a provider refuses in the middle: what exists is told, and nothing else exists. */
import { expect, test } from 'vitest';
import { STEP_TYPES } from '../../src/model/step.ts';
import { create, hasSeed, minimalRecord, type Stage } from './stage.ts';

interface ErrorBody {
  readonly errors: readonly {
    readonly meta: { readonly created?: readonly { readonly id: string }[]; readonly retriable: boolean };
  }[];
}

export function lossTests(stage: () => Stage): void {
  test.each(STEP_TYPES)(
    '%s: a step exists where success is told, and where failure is told it is listed',
    async (type) => {
      const { sandbox } = stage();
      const [id] = sandbox.templates;
      const records = [minimalRecord(type), { ...minimalRecord(type), is_reply: true }, { type, template: { id } }];
      for (const record of records) {
        const outcome = await create(stage(), record, {
          seed: hasSeed(sandbox, 'with_email') ? 'with_email' : 'empty',
        });
        const added = outcome.added.map((step) => step.id);
        if (outcome.status === 201) expect(added).toEqual([outcome.id]);
        else {
          const { errors } = outcome.answer.json as ErrorBody;
          const told = errors[0]?.meta.created?.map((each) => each.id) ?? [];
          expect(told).toEqual(expect.arrayContaining(added));
          if (added.length > 0) expect(errors[0]?.meta.retriable).toBe(false);
        }
      }
    },
  );
}
