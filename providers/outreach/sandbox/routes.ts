import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import { addLink, addStep, addTemplate, found, setEnabled } from './changes.ts';
import { pageOf, refuseQuery } from './listing.ts';
import type { Collection, Field } from './listing.ts';
import { badRequest, documentErrors, MEDIA_TYPE, resourceNotFound, unprocessable } from './refusals.ts';
import { linkResource, sequenceResource, stepResource, templateResource } from './resources.ts';
import type { Resource } from './resources.ts';
import { sequenceStepDocument, sequenceTemplateDocument, templateDocument } from './schemas.ts';
import type { Link, Sequence, State, Step } from './state.ts';
import type { OutreachWorld } from './worlds.ts';

export interface RouteContext {
  readonly world: OutreachWorld;
  /** The time as Outreach writes it: ISO 8601, UTC. */
  readonly now: () => string;
  readonly state: () => State;
}

const PREFIX = '/api/v2';

export function addRoutes(app: Hono, { world, now, state }: RouteContext): void {
  const routes = app.basePath(PREFIX);

  routes.get('/sequences', (c) =>
    list(c, sequences(state()), world, (row) => sequenceResource(state(), row, baseOf(c))),
  );
  routes.get('/sequences/:id', (c) =>
    one(c, sequenceResource(state(), named(c, state().sequences, 'sequence'), baseOf(c))),
  );

  routes.get('/sequenceSteps', (c) => list(c, steps(state()), world, (row) => stepResource(state(), row, baseOf(c))));
  routes.get('/sequenceSteps/:id', (c) =>
    one(c, stepResource(state(), named(c, state().steps, 'sequenceStep'), baseOf(c))),
  );
  routes.post('/sequenceSteps', async (c) => {
    const { data } = await sent(c, sequenceStepDocument);
    return made(c, stepResource(state(), addStep(state(), data, world, now()), baseOf(c)));
  });

  routes.get('/templates/:id', (c) => one(c, templateResource(named(c, state().templates, 'template'), baseOf(c))));
  routes.post('/templates', async (c) => {
    const { data } = await sent(c, templateDocument);
    return made(c, templateResource(addTemplate(state(), data, now()), baseOf(c)));
  });

  routes.get('/sequenceTemplates', (c) => list(c, links(state()), world, (row) => linkResource(row, baseOf(c))));
  routes.get('/sequenceTemplates/:id', (c) =>
    one(c, linkResource(named(c, state().links, 'sequenceTemplate'), baseOf(c))),
  );
  routes.post('/sequenceTemplates', async (c) => {
    const { data } = await sent(c, sequenceTemplateDocument);
    const answer = linkResource(addLink(state(), data, world, now()), baseOf(c));
    return made(c, world.link_enabled === 'absent' ? withoutEnabled(answer) : answer);
  });
  routes.post('/sequenceTemplates/:id/actions/activate', (c) => switchLink(c, true));
  routes.post('/sequenceTemplates/:id/actions/deactivate', (c) => switchLink(c, false));

  async function switchLink(c: Context, enabled: boolean): Promise<Response> {
    await refuseActionInput(c);
    const link = named(c, state().links, 'sequenceTemplate');
    return one(c, linkResource(setEnabled(state(), link, enabled, now()), baseOf(c)));
  }
}

/** Filterable and sortable is what the reference marks so: https://developers.outreach.io/api/reference */
const sequences = (state: State): Collection<Sequence> => {
  const createdAt = time<Sequence>((row) => row.createdAt);
  const name = text<Sequence>((row) => row.name);
  const sorts = { createdAt, updatedAt: createdAt, name };
  return {
    rows: [...state.sequences.values()],
    filters: { '[id]': number((row) => row.id), ...inBrackets(sorts) },
    sorts,
  };
};

const steps = (state: State): Collection<Step> => {
  const sorts = {
    createdAt: time<Step>((row) => row.attributes.createdAt),
    updatedAt: time<Step>((row) => row.attributes.updatedAt),
    date: time<Step>((row) => row.attributes.date ?? null),
    order: number<Step>((row) => row.attributes.order),
    stepType: text<Step>((row) => row.attributes.stepType),
  };
  const sequenceId = (row: Step): number => row.relationships.sequence.data.id;
  return {
    // Without `sort` no order is promised; the newest first lets a client find out that relies on one.
    rows: [...state.steps.values()].toReversed(),
    filters: {
      '[id]': number((row) => row.id),
      '[sequence][id]': number(sequenceId),
      '[sequence][name]': text((row) => state.sequences.get(sequenceId(row))?.name ?? null),
      '[sequence][enabledAt]': time(() => null),
      ...inBrackets(sorts),
    },
    sorts,
  };
};

/** The reference marks no attribute of a link as filterable or sortable, only its relationships. */
const links = (state: State): Collection<Link> => ({
  rows: [...state.links.values()],
  filters: {
    '[sequenceStep][id]': number((row) => row.relationships.sequenceStep.data.id),
    '[template][id]': number((row) => row.relationships.template.data.id),
  },
  sorts: {},
});

const text = <T>(of: Field<T>['of']): Field<T> => ({ kind: 'text', of });
const number = <T>(of: Field<T>['of']): Field<T> => ({ kind: 'number', of });
const time = <T>(of: Field<T>['of']): Field<T> => ({ kind: 'time', of });
const inBrackets = <T>(fields: Readonly<Record<string, Field<T>>>): Record<string, Field<T>> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [`[${name}]`, field]));

function list<T extends { readonly id: number }>(
  c: Context,
  collection: Collection<T>,
  world: OutreachWorld,
  render: (row: T) => Resource,
): Response {
  const { rows, ...rest } = pageOf(collection, new URL(c.req.url), world.last_link);
  return answer(c, 200, { data: rows.map(render), ...rest });
}

function one(c: Context, data: Resource): Response {
  refuseQuery(new URL(c.req.url));
  return answer(c, 200, { data });
}

const made = (c: Context, data: Resource): Response => answer(c, 201, { data });

const answer = (c: Context, status: 200 | 201, document: object): Response =>
  c.body(JSON.stringify(document), status, { 'content-type': MEDIA_TYPE });

async function sent<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  refuseQuery(new URL(c.req.url));
  const document = parsed(await c.req.text());
  const result = schema.safeParse(document);
  if (!result.success) throw unprocessable(...documentErrors(result.error.issues, document));
  return result.data;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest('The request body is not valid JSON.');
  }
}

function named<T>(c: Context, rows: ReadonlyMap<number, T>, type: string): T {
  const id = c.req.param('id') ?? '';
  if (!/^[1-9]\d{0,15}$/.test(id)) throw resourceNotFound(type, id);
  return found(rows, type, Number(id));
}

/** 400 is what an action answers to parameters that it does not take; these two take neither parameters nor a body. */
async function refuseActionInput(c: Context): Promise<void> {
  if (new URL(c.req.url).search !== '') throw badRequest('The action takes no query parameters.');
  if ((await c.req.text()) !== '') throw badRequest('The action takes no request body.');
}

function withoutEnabled(link: Resource): Resource {
  const kept = Object.entries(link.attributes).filter(([name]) => name !== 'enabled' && name !== 'enabledAt');
  return { ...link, attributes: Object.fromEntries(kept) };
}

const baseOf = (c: Context): string => new URL(c.req.url).origin + PREFIX;
