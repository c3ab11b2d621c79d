import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import { EXPANSION_PARAMETERS, expand, expansionOf } from './expansion.ts';
import type { Expansion } from './expansion.ts';
import type { Collection } from './filters.ts';
import { pageOf } from './paging.ts';
import { queryOf, refuseParameters } from './query.ts';
import {
  badRequest,
  documentErrors,
  found,
  MEDIA_TYPE,
  resourceNotFound,
  unprocessable,
  validationError,
} from './refusals.ts';
import { resourceOf } from './resources.ts';
import type { Resource, ResourceType } from './resources.ts';
import type { State } from './state.ts';
import type { OutreachWorld } from './worlds.ts';

const PREFIX = '/api/v2';

export const routesOf = (app: Hono) => app.basePath(PREFIX);

export type Routes = ReturnType<typeof routesOf>;

export interface RouteContext {
  readonly world: OutreachWorld;
  /** The time as Outreach writes it: ISO 8601, UTC. */
  readonly now: () => string;
  readonly state: () => State;
}

export function list<T extends { readonly id: number }>(
  c: Context,
  context: RouteContext,
  type: ResourceType,
  collection: Collection<T>,
): Response {
  const url = new URL(c.req.url);
  const expansion = expansionOf(queryOf(url), type);
  const { rows, ...rest } = pageOf(collection, url, context.world.last_link);
  const resources = rows.map(({ id }) => rendered(c, context, type, id));
  return answer(c, 200, { ...expanded(c, context, resources, expansion), ...rest });
}

export function read(c: Context, context: RouteContext, type: ResourceType, id: number): Response {
  const query = queryOf(new URL(c.req.url));
  refuseParameters(query, EXPANSION_PARAMETERS);
  const expansion = expansionOf(query, type);
  const { data, ...rest } = expanded(c, context, [rendered(c, context, type, id)], expansion);
  return answer(c, 200, { data: data[0], ...rest });
}

/** The resource as an action or a PATCH leaves it (200), or as a POST made it (201). */
export const written = (
  c: Context,
  context: RouteContext,
  type: ResourceType,
  id: number,
  status: 200 | 201,
): Response => answer(c, status, { data: rendered(c, context, type, id) });

export const removed = (c: Context): Response => c.body(null, 204);

export const answer = (c: Context, status: 200 | 201, document: object): Response =>
  c.body(JSON.stringify(document), status, { 'content-type': MEDIA_TYPE });

export const rendered = (c: Context, { state }: RouteContext, type: ResourceType, id: number): Resource =>
  resourceOf(state(), type, id, new URL(c.req.url).origin + PREFIX);

/** The row that the path names. */
export function named<T>(c: Context, rows: ReadonlyMap<number, T>, type: ResourceType): T {
  const id = c.req.param('id') ?? '';
  if (!/^[1-9]\d{0,15}$/.test(id)) throw resourceNotFound(type, id);
  return found(rows, type, Number(id));
}

export async function sent<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  refuseParameters(queryOf(new URL(c.req.url)));
  const document = parsed(await c.req.text());
  const result = schema.safeParse(document);
  if (!result.success) throw unprocessable(...documentErrors(result.error.issues, document));
  return result.data;
}

/** JSON:API has 409 for an id that is not the path's; the reference has 422 alone: PATCH of each resource. */
export async function sentTo<S extends z.ZodType<{ readonly data: { readonly id: number } }>>(
  c: Context,
  schema: S,
  row: { readonly id: number },
): Promise<z.output<S>> {
  const document = await sent(c, schema);
  if (document.data.id !== row.id) throw unprocessable(validationError("Id doesn't match the path.", '/data/id'));
  return document;
}

/** A DELETE takes nothing. */
export function refuseQuery(c: Context): void {
  refuseParameters(queryOf(new URL(c.req.url)));
}

/** 400 is what an action answers to parameters that it does not take; these take neither parameters nor a body. */
export async function refuseActionInput(c: Context): Promise<void> {
  if (new URL(c.req.url).search !== '') throw badRequest('The action takes no query parameters.');
  if ((await c.req.text()) !== '') throw badRequest('The action takes no request body.');
}

const expanded = (c: Context, context: RouteContext, resources: readonly Resource[], expansion: Expansion) =>
  expand(resources, expansion, context.world, ({ type, id }) => rendered(c, context, type, id));

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest('The request body is not valid JSON.');
  }
}
