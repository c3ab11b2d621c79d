import type { Context } from 'hono';
import { inBrackets, number, text, time } from './filters.ts';
import type { Collection, Field } from './filters.ts';
import { list, named, read, sent, sentTo, written } from './http.ts';
import type { RouteContext, Routes } from './http.ts';
import { sequenceStepChange, sequenceStepDocument } from './schemas.ts';
import { addStep, changeStep } from './step-changes.ts';
import type { Sequence, State, Step } from './state.ts';

/** There is no DELETE: not in the reference, and not in the published schema.json. */
export function addStepRoutes(routes: Routes, context: RouteContext): void {
  const { world, now, state } = context;
  const one = (c: Context): Step => named(c, state().steps, 'sequenceStep');

  routes.get('/sequenceSteps', (c) => list(c, context, 'sequenceStep', steps(state())));
  routes.get('/sequenceSteps/:id', (c) => read(c, context, 'sequenceStep', one(c).id));
  routes.post('/sequenceSteps', async (c) => {
    const { data } = await sent(c, sequenceStepDocument);
    return written(c, context, 'sequenceStep', addStep(state(), data, world, now()).id, 201);
  });
  routes.patch('/sequenceSteps/:id', async (c) => {
    const step = one(c);
    const { data } = await sentTo(c, sequenceStepChange, step);
    changeStep(state(), step, data, world, now());
    return written(c, context, 'sequenceStep', step.id, 200);
  });
}

/** Filterable and sortable is what the reference marks so: https://developers.outreach.io/api/reference (Sequence Step). */
const steps = (state: State): Collection<Step> => {
  const sorts: Record<string, Field<Step>> = {
    createdAt: time((row) => row.attributes.createdAt),
    updatedAt: time((row) => row.attributes.updatedAt),
    date: time((row) => row.attributes.date ?? null),
    order: number((row) => row.attributes.order),
    stepType: text((row) => row.attributes.stepType),
  };
  const sequenceOf = (row: Step): Sequence | undefined => state.sequences.get(row.relationships.sequence.data.id);
  return {
    // Without `sort` no order is promised; the newest first lets a client find out that relies on one.
    rows: [...state.steps.values()].toReversed(),
    filters: {
      '[id]': number((row) => row.id),
      '[sequence][id]': number((row) => row.relationships.sequence.data.id),
      '[sequence][name]': text((row) => sequenceOf(row)?.attributes.name ?? null),
      '[sequence][enabledAt]': time((row) => sequenceOf(row)?.attributes.enabledAt ?? null),
      ...inBrackets(sorts),
    },
    sorts,
  };
};
