import type { Context } from 'hono';
import { counterFields, inBrackets, number, text, time } from './filters.ts';
import type { Collection, Field } from './filters.ts';
import { list, named, read, refuseQuery, removed, sent, sentTo, written } from './http.ts';
import type { RouteContext, Routes } from './http.ts';
import { templateChange, templateDocument } from './schemas.ts';
import type { State, Template } from './state.ts';
import { addTemplate, changeTemplate, removeTemplate } from './template-changes.ts';

export function addTemplateRoutes(routes: Routes, context: RouteContext): void {
  const { now, state } = context;
  const one = (c: Context): Template => named(c, state().templates, 'template');

  routes.get('/templates', (c) => list(c, context, 'template', templates(state())));
  routes.get('/templates/:id', (c) => read(c, context, 'template', one(c).id));
  routes.post('/templates', async (c) => {
    const { data } = await sent(c, templateDocument);
    return written(c, context, 'template', addTemplate(state(), data, now()).id, 201);
  });
  routes.patch('/templates/:id', async (c) => {
    const template = one(c);
    const { data } = await sentTo(c, templateChange, template);
    changeTemplate(state(), template, data, now());
    return written(c, context, 'template', template.id, 200);
  });
  routes.delete('/templates/:id', (c) => {
    const template = one(c);
    refuseQuery(c);
    removeTemplate(state(), template);
    return removed(c);
  });
}

/** Filterable and sortable is what the reference marks so: https://developers.outreach.io/api/reference (Template). */
const templates = (state: State): Collection<Template> => {
  const sorts: Record<string, Field<Template>> = {
    ...counterFields(),
    archivedAt: time((row) => row.attributes.archivedAt ?? null),
    createdAt: time((row) => row.attributes.createdAt),
    lastUsedAt: time(() => null),
    name: text((row) => row.attributes.name ?? null),
    shareType: text((row) => row.attributes.shareType ?? null),
    updatedAt: time((row) => row.attributes.updatedAt),
  };
  return {
    // Without `sort` no order is promised, as with steps.
    rows: [...state.templates.values()].toReversed(),
    filters: { '[id]': number((row) => row.id), ...inBrackets(sorts) },
    sorts,
  };
};
