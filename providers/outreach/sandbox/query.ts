import type { HTTPException } from 'hono/http-exception';
import { unprocessable, validationError } from './refusals.ts';

/**
 * What Outreach does with an unknown or malformed parameter is not documented; its OpenAPI document gives lists 422
 * beside 200. `fields`, `newFilterSyntax` and the deprecated `page[offset]` exist there and are not served here.
 */
export const refused = (detail: string): HTTPException => unprocessable(validationError(detail));

export type Query = ReadonlyMap<string, string>;

/** The parameters by name; one that is repeated is refused. */
export function queryOf(url: URL): Query {
  const names = [...url.searchParams.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refused(`The parameter '${twice}' is given more than once.`);
  return new Map(url.searchParams);
}

/** Refuses every parameter but those named; `include` on a create or an update has been refused since May 2023. */
export function refuseParameters(query: Query, served: readonly string[] = []): void {
  const foreign = [...query.keys()].find((name) => !served.includes(name));
  if (foreign !== undefined) throw refused(`The parameter '${foreign}' is not served here.`);
}

/** A parameter that is `true` or `false`. */
export function flagOf(query: Query, name: string): boolean {
  const value = query.get(name) ?? 'false';
  if (value !== 'true' && value !== 'false') throw refused(`'${name}' must be true or false.`);
  return value === 'true';
}

/** Object keys such as `constructor` come from outside and must not find what every object inherits. */
export const own = <V>(record: Readonly<Record<string, V>>, key: string): V | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
