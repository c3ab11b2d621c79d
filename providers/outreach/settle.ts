/**
 * Finding what a call has made whose answer never came. Outreach has no idempotency keys; what it has is the time at which
 * a record was made, which lists can be filtered by (https://developers.outreach.io/api/reference, createdAt).
 */
import { z } from 'zod';
import type { IfUnknown, Query } from '#provider';
import { readAll } from './read.ts';
import { resource, type Resource } from './resource.ts';

/** Outreach's clock may be behind ours. */
const SKEW_MS = 60_000;
const list = z.object({ data: z.array(resource) });
const one = z.object({ data: resource });

type Attributes = Readonly<Record<string, unknown>>;

/** The attributes with what custom fields put in their place. */
export function asSent(attributes: Attributes, custom: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, Object.hasOwn(custom, key) ? custom[key] : value]),
  );
}

/**
 * Records of the list that were made since then and hold what was sent. Texts of a caller are compared here and never in a filter,
 * where a comma or two dots are not a text.
 */
export function madeSince<T>(
  type: 'templates' | 'sequenceSteps' | 'sequences',
  attributes: () => Attributes,
  answer: (found: Resource) => T,
  filters: Query = {},
): IfUnknown<T> {
  return async (read, { sent_at }) => {
    const since = `${new Date(sent_at - SKEW_MS).toISOString()}..inf`;
    const { data } = await readAll([type], { 'filter[createdAt]': since, ...filters }, read);
    const sent = attributes();
    return data.filter((found) => holds(found.attributes, sent)).map(answer);
  };
}

/** The link of this template to this step. */
export function linkOf<T>(stepId: number, templateId: number, answer: (found: Resource) => T): IfUnknown<T> {
  return async (read) => {
    const query = { 'filter[sequenceStep][id]': stepId, 'filter[template][id]': templateId };
    const { data } = await read.get(['sequenceTemplates'], { query, response: list });
    return data.map(answer);
  };
}

/** Switching is not repeated where it shows: whether Outreach takes a second one is not known. */
export function switched<T>(
  type: 'sequences' | 'sequenceTemplates',
  id: number | string,
  on: boolean,
  answer: T,
): IfUnknown<T> {
  return async (read) => {
    const { data } = await read.get([type, id], { response: one });
    return data.attributes['enabled'] === on ? [answer] : 'repeat';
  };
}

function holds(found: Attributes, sent: Attributes): boolean {
  return Object.entries(sent).every(([key, value]) => JSON.stringify(found[key]) === JSON.stringify(value));
}
