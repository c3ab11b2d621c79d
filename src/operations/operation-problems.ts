/** What is told of an operation that cannot go on, or not yet. */
import { ProblemError, type Problem } from '../model/problem.ts';
import type { OperationCallRow, OperationRow } from '../store/tables.ts';
import { LEASE_MS } from './lease.ts';

/** Another write of the connection sends the very same: what appears may be the other one's. */
export function notAlone({ provider }: OperationRow): Problem {
  const detail =
    'Another write sends the very same just now, so that it cannot be told yet whose the record is. Nothing was sent again.';
  return { code: 'OUTCOME_NOT_SETTLED', detail, outcome: 'unknown', provider, retryAfterSeconds: 5 };
}

/** Somebody else has begun with the key since it was looked for. */
export function taken({ provider }: OperationRow): Problem {
  const detail = 'Another request with the same idempotency key has begun meanwhile. Nothing was sent by this one.';
  return { code: 'IDEMPOTENCY_KEY_IN_FLIGHT', detail, provider, header: 'idempotency-key', retryAfterSeconds: 1 };
}

/** Whoever lost its lease sends nothing more. */
export function takenOver({ id, provider, key_scope: key }: OperationRow): Problem {
  const detail = `The operation ${id} has been taken over, because this gateway did not say for ${LEASE_MS / 1000} s that it works at it. This request has sent nothing more.`;
  const code = key === null ? 'OPERATION_IN_FLIGHT' : 'IDEMPOTENCY_KEY_IN_FLIGHT';
  return { code, detail, provider, retryAfterSeconds: 1 };
}

/** The stored plan would not send what it has sent before. @param hasSent whether other calls have gone out in this run. */
export function diverged(
  { id, provider }: OperationRow,
  past: Pick<OperationCallRow, 'method' | 'path'>,
  hasSent: boolean,
): Problem {
  const sent = hasSent ? 'What came before it was sent, and nothing more' : 'Nothing was sent';
  const detail = `The operation ${id} has sent ${past.method} /${past.path} at this place and would now send something else: the gateway or the provider's data have changed since. ${sent}.`;
  return { code: 'OPERATION_DIVERGED', detail, provider };
}

const LOOK_FIRST = / Look (?:there|in the provider) before you repeat the request\./;

/** Where it is gone on with: then nobody has to look first. */
export function withOperation(error: ProblemError, { id, key_scope: key }: OperationRow): ProblemError {
  const repeat = key === null ? '' : 'repeat the request with the same Idempotency-Key, or ';
  const next = `To go on, ${repeat}POST /operations/${id}/actions/resume; what is not known is looked up first.`;
  const problems = error.problems.map((problem) => ({
    ...problem,
    detail: `${problem.detail.replace(LOOK_FIRST, '')} ${next}`,
    operation_id: id,
  }));
  return new ProblemError(problems, { cause: error.cause });
}
