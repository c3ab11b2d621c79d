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

/** What has been done; a dry run changes nothing and is left out. @returns what must be waited for. @throws {ProblemError} 503. */
export function noteDone(
  c: RequestContext,
  audit: Audit,
  audited: Audited,
  { status }: Response,
): Promise<void> | undefined {
  const { dry_run, replayed, operation_id } = c.get('line');
  if (dry_run) return undefined;
  const note = noteOf(c, audited, status, replayed ? 'replayed' : 'done', operation_id);
  if (audited.isKept) return audit.keep(note).catch(notKept);
  audit.note(note);
  return undefined;
}

export function noteFailed(c: RequestContext, audit: Audit, audited: Audited, error: unknown): void {
  const { dry_run, operation_id } = c.get('line');
  if (dry_run) return;
  const [status, outcome, operation] = endOf(error, operation_id);
  const isUnknown = audited.isKept && error instanceof ProblemError && error.cause instanceof DatabaseLost;
  audit.note(noteOf(c, audited, status, isUnknown ? 'unknown' : outcome, operation));
}

function noteOf(
  c: RequestContext,
  { action }: Audited,
  status: number,
  outcome: AuditOutcome,
  operation_id: string | undefined,
): AuditNote {
  const { target, customer_id, provider } = c.get('line');
  return {
    key_id: callerOf(c).id,
    action,
    target: target ?? hideKeys(pathWithoutAlias(c)),
    request_id: c.get('requestId'),
    customer_id,
    provider,
    status,
    outcome,
    operation_id,
  };
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
