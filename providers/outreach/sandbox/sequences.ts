import type { Context } from 'hono';
import { counterFields, inBrackets, number, text, time } from './filters.ts';
import type { Collection, Field } from './filters.ts';
import { list, named, read, refuseActionInput, refuseQuery, removed, sent, sentTo, written } from './http.ts';
import type { RouteContext, Routes } from './http.ts';
import { sequenceChange, sequenceDocument } from './schemas.ts';
import { addSequence, changeSequence, removeSequence, switchSequence } from './sequence-changes.ts';
import type { Sequence, State } from './state.ts';

/** `lock` and `unlock` are in the published schema.json alone, and not served here. */
export function addSequenceRoutes(routes: Routes, context: RouteContext): void {
  const { world, now, state } = context;
  const one = (c: Context): Sequence => named(c, state().sequences, 'sequence');

  routes.get('/sequences', (c) => list(c, context, 'sequence', sequences(state())));
  routes.get('/sequences/:id', (c) => read(c, context, 'sequence', one(c).id));
  routes.post('/sequences', async (c) => {
    const { data } = await sent(c, sequenceDocument);
    return written(c, context, 'sequence', addSequence(state(), data, world, now()).id, 201);
  });
  routes.patch('/sequences/:id', async (c) => {
    const sequence = one(c);
    const { data } = await sentTo(c, sequenceChange, sequence);
    changeSequence(state(), sequence, data, now());
    return written(c, context, 'sequence', sequence.id, 200);
  });
  routes.delete('/sequences/:id', (c) => {
    const sequence = one(c);
    refuseQuery(c);
    removeSequence(state(), sequence);
    return removed(c);
  });
  routes.post('/sequences/:id/actions/activate', (c) => action(c, true));
  routes.post('/sequences/:id/actions/deactivate', (c) => action(c, false));

  async function action(c: Context, enabled: boolean): Promise<Response> {
    await refuseActionInput(c);
    const sequence = one(c);
    switchSequence(state(), sequence, enabled, world, now());
    return written(c, context, 'sequence', sequence.id, 200);
  }
}

/** Filterable and sortable is what the reference marks so: https://developers.outreach.io/api/reference (Sequence). */
const sequences = (state: State): Collection<Sequence> => {
  const sorts: Record<string, Field<Sequence>> = {
    ...counterFields(),
    createdAt: time((row) => row.attributes.createdAt),
    enabledAt: time((row) => row.attributes.enabledAt),
    lastUsedAt: time((row) => row.attributes.lastUsedAt),
    lockedAt: time(() => null),
    name: text((row) => row.attributes.name),
    shareType: text((row) => row.attributes.shareType),
    throttleCapacity: number((row) => row.attributes.throttleCapacity ?? null),
    throttleMaxAddsPerDay: number((row) => row.attributes.throttleMaxAddsPerDay ?? null),
    updatedAt: time((row) => row.attributes.updatedAt),
  };
  return {
    rows: [...state.sequences.values()],
    filters: {
      '[id]': number((row) => row.id),
      '[owner][id]': number((row) => row.relationships.owner?.data?.id ?? null),
      '[salesMotion]': text((row) => row.attributes.salesMotion ?? null),
      ...inBrackets(sorts),
    },
    sorts,
  };
};
