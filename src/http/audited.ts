/** What is told to the audit of a request that changes something, or could have. */
import type { Audit, AuditNote } from '../access/audit.ts';
import { hideKeys } from '../access/key-text.ts';
import { ProblemError } from '../model/problem.ts';
import { DatabaseLost } from '../store/failures.ts';
import type { AuditOutcome } from '../store/tables.ts';
import { callerOf } from './caller.ts';
import type { RequestContext } from './env.ts';
import { pathWithoutAlias } from './idempotency-key.ts';
import { overallStatus } from './problem-response.ts';

export interface Audited {
  readonly action: string;
  /** Whether it must be durable before the request is answered with success. */
  readonly isKept: boolean;
}

/** Runs the handler. A dry run changes nothing and is left out. */
export async function auditing(
  c: RequestContext,
  audit: Audit,
  { action, isKept }: Audited,
  handle: () => Promise<Response> | Response,
): Promise<Response> {
  const line = c.get('line');
  const noteOf = (status: number, outcome: AuditOutcome, operation_id: string | undefined): AuditNote => ({
    ...{
      key_id: callerOf(c).id,
      action,
      target: line.target ?? hideKeys(pathWithoutAlias(c)),
      request_id: c.get('requestId'),
    },
    ...{ customer_id: line.customer_id, provider: line.provider, status, outcome, operation_id },
  });
  let response: Response;
  try {
    response = await handle();
  } catch (error) {
    const [status, outcome, operation] = endOf(error, line.operation_id);
    const isUnknown = isKept && error instanceof ProblemError && error.cause instanceof DatabaseLost;
    if (!line.dry_run) audit.note(noteOf(status, isUnknown ? 'unknown' : outcome, operation));
    throw error;
  }
  if (line.dry_run) return response;
  const note = noteOf(response.status, line.replayed ? 'replayed' : 'done', line.operation_id);
  if (isKept) await audit.keep(note).catch(notKept);
  else audit.note(note);
  return response;
}

/** Status, outcome and operation of what ended with an error. */
export function endOf(error: unknown, operationId?: string): [number, AuditOutcome, string | undefined] {
  if (!(error instanceof ProblemError)) return [500, 'failed', operationId];
  const { problems } = error;
  const status = overallStatus(problems);
  const isUnknown = problems.some(({ outcome }) => outcome === 'unknown');
  const operation_id = problems.find((problem) => problem.operation_id !== undefined)?.operation_id ?? operationId;
  return [status, isUnknown ? 'unknown' : status < 500 ? 'refused' : 'failed', operation_id];
}

function notKept(cause: unknown): never {
  const detail =
    'This has been done, but the store of the gateway went away before it was in the audit. Look, or repeat the request.';
  throw new ProblemError({ code: 'STORE_UNAVAILABLE', detail }, { cause });
}
