import type { Context } from 'hono';
import { number } from './filters.ts';
import type { Collection } from './filters.ts';
import {
  answer,
  list,
  named,
  read,
  refuseActionInput,
  refuseQuery,
  removed,
  rendered,
  sent,
  sentTo,
  written,
} from './http.ts';
import type { RouteContext, Routes } from './http.ts';
import { addLink, changeLink, switchLink } from './link-changes.ts';
import type { Resource } from './resources.ts';
import { sequenceTemplateChange, sequenceTemplateDocument } from './schemas.ts';
import type { Link, State } from './state.ts';

/** A sequenceTemplate links a template to a step, and its actions switch the step. */
export function addLinkRoutes(routes: Routes, context: RouteContext): void {
  const { world, now, state } = context;
  const one = (c: Context): Link => named(c, state().links, 'sequenceTemplate');

  routes.get('/sequenceTemplates', (c) => list(c, context, 'sequenceTemplate', links(state())));
  routes.get('/sequenceTemplates/:id', (c) => read(c, context, 'sequenceTemplate', one(c).id));
  routes.post('/sequenceTemplates', async (c) => {
    const { data } = await sent(c, sequenceTemplateDocument);
    const made = rendered(c, context, 'sequenceTemplate', addLink(state(), data, world, now()).id);
    return answer(c, 201, { data: world.link_enabled === 'absent' ? withoutEnabled(made) : made });
  });
  routes.patch('/sequenceTemplates/:id', async (c) => {
    const link = one(c);
    const { data } = await sentTo(c, sequenceTemplateChange, link);
    changeLink(state(), link, data, now());
    return written(c, context, 'sequenceTemplate', link.id, 200);
  });
  routes.delete('/sequenceTemplates/:id', (c) => {
    const link = one(c);
    refuseQuery(c);
    state().links.delete(link.id);
    return removed(c);
  });
  routes.post('/sequenceTemplates/:id/actions/activate', (c) => action(c, true));
  routes.post('/sequenceTemplates/:id/actions/deactivate', (c) => action(c, false));

  async function action(c: Context, enabled: boolean): Promise<Response> {
    await refuseActionInput(c);
    const link = one(c);
    switchLink(state(), link, enabled, world, now());
    return written(c, context, 'sequenceTemplate', link.id, 200);
  }
}

/** The reference marks no attribute of a link as filterable or sortable, only its relationships. */
const links = (state: State): Collection<Link> => ({
  rows: [...state.links.values()],
  filters: {
    '[sequenceStep][id]': number((row) => row.relationships.sequenceStep.data.id),
    '[template][id]': number((row) => row.relationships.template.data.id),
  },
  sorts: {},
});

function withoutEnabled(link: Resource): Resource {
  const kept = Object.entries(link.attributes).filter(([name]) => name !== 'enabled' && name !== 'enabledAt');
  return { ...link, attributes: Object.fromEntries(kept) };
}
