/** Going on with a write that a crash has left, when nobody waits for it: what comes of it is counted and noted. */
import { BY_ITSELF } from '../access/audit.ts';
import type { AuditOutcome } from '../store/tables.ts';
import { ProblemError } from '../model/problem.ts';
import type { Resumable } from '../operations/operations.ts';
import { endOf } from './audited.ts';
import type { Gateway } from './env.ts';
import { countProblems } from './problem-response.ts';
import { reachConnection } from './reach.ts';
import { findProvider } from './tenant.ts';
import { goOn } from './write.ts';

/** How long an interrupted write that is gone on with may wait for its provider's budget. */
const RECOVERY_WAIT_MS = 60_000;

/** @throws what the write itself throws. */
export async function goOnAlone(gateway: Gateway, resumable: Resumable): Promise<void> {
  const { row } = resumable;
  const tenant = { customer_id: row.customer_id, provider: findProvider(gateway, row.provider) };
  const errand = { request_id: row.request_id, deadline: gateway.clock.now() + RECOVERY_WAIT_MS };
  const note = {
    key_id: BY_ITSELF,
    action: 'recoverOperation',
    request_id: row.request_id,
    operation_id: row.id,
    customer_id: row.customer_id,
    provider: row.provider,
  };
  const ended = ([status, outcome]: readonly [number, AuditOutcome, ...unknown[]]): void => {
    gateway.metrics.recovered(row.provider, outcome);
    gateway.audit.note({ ...note, status, outcome });
  };
  try {
    const { status } = await goOn(
      gateway,
      resumable,
      (credentials) => reachConnection(gateway, tenant, credentials, errand),
      row.request_id,
    );
    const { unfinished } = resumable.operation;
    // Its problems are counted already: each record has told its own.
    ended(unfinished.length > 0 ? endOf(new ProblemError(unfinished)) : [status, 'done']);
  } catch (error) {
    ended(endOf(error));
    countProblems(gateway.metrics, error);
    throw error;
  }
}
