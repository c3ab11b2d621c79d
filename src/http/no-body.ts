/** Requests that say everything in their path and query. */
import { isObject } from '../model/is-object.ts';
import { ProblemError } from '../model/problem.ts';
import type { RequestContext } from './env.ts';
import { readJson } from './json.ts';

/**
 * An empty object is as good as none.
 * @throws {ProblemError} 422, because whoever says more means more: a `dry_run` in the body must not delete.
 */
export async function requireNoBody(c: RequestContext): Promise<void> {
  if (Number(c.req.header('content-length') ?? 0) === 0 && c.req.header('transfer-encoding') === undefined) return;
  const body = await readJson(c);
  if (isObject(body) && Object.keys(body).length === 0) return;
  const detail =
    'This request takes no body; where it can be tried first, `dry_run` is a parameter of the URL. Nothing was done.';
  throw new ProblemError({ code: 'INVALID_VALUE', detail, pointer: '' });
}
