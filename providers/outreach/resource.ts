/** The JSON:API resources of Outreach's answers, and what is read off any of them. */
import { z } from 'zod';
import { id } from './responses.ts';

const attributes = z.record(z.string(), z.unknown());
const related = z.looseObject({
  data: z.union([z.looseObject({ id }), z.array(z.looseObject({ id })), z.null()]).optional(),
});
const relationships = z.record(z.string(), related).optional();

export const resource = z.looseObject({ type: z.string(), id, attributes, relationships });
export type Resource = z.infer<typeof resource>;

/** Counts and rates, which every kind of resource carries. */
export function isMetric(attribute: string): boolean {
  return METRIC.test(attribute);
}

const METRIC =
  /(?<!Step)Count$|^num(Contacted|Replied)Prospects$|^engagementScore$|^automationPercentage$|^durationInDays$/;

export function idsOf(resourceOf: Resource, name: string): readonly number[] {
  const data = resourceOf.relationships?.[name]?.data;
  if (!data) return [];
  return Array.isArray(data) ? data.map((each) => each.id) : [data.id];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function boolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
}
