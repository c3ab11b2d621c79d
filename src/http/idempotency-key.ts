/** The `Idempotency-Key` header of draft-ietf-httpapi-idempotency-key-header. */
import { ProblemError } from '../model/problem.ts';
import type { RequestContext } from './env.ts';
import { ALIAS_PREFIX } from './alias.ts';

/** @throws {ProblemError} 400 for a key that is empty, too long or not printable. */
export function readIdempotencyKey(c: RequestContext): string | undefined {
  const key = c.req.header('idempotency-key');
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  const detail = 'An Idempotency-Key is 1 to 255 printable ASCII characters. Nothing was sent.';
  throw new ProblemError({ code: 'INVALID_HEADER', detail, header: 'idempotency-key' });
}

/** Where the answer holds what is shown once, and is kept nowhere. @throws {ProblemError} 400 rather than doing it twice. */
export function refuseIdempotencyKey(c: RequestContext): void {
  if (c.req.header('idempotency-key') === undefined) return;
  const detail =
    'An Idempotency-Key is for writes in a provider. The answer here is shown once and kept nowhere, so that a repeat cannot be answered with it: leave the header out. Nothing was done.';
  throw new ProblemError({ code: 'INVALID_HEADER', detail, header: 'idempotency-key' });
}

/** The concrete path, which is the same under the alias. */
export function pathWithoutAlias({ req: { path } }: RequestContext): string {
  return path.startsWith(`${ALIAS_PREFIX}/`) ? path.slice(ALIAS_PREFIX.length) : path;
}
