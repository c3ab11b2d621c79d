/** If the commit of an operation's beginning was not answered, the beginning may be on disk. The caller is told that nothing was sent, and this keeps that true. */
import { ProblemError } from '../model/problem.ts';
import { DatabaseLost } from '../store/failures.ts';
import type { OperationRow } from '../store/tables.ts';
import { LEASE_MS, type Holder } from './lease.ts';
import type { OperationHouse } from './operation-house.ts';

const PAUSE_MS = 1_000;

export function isDoubtful(error: unknown): boolean {
  return error instanceof ProblemError && error.cause instanceof DatabaseLost;
}

/**
 * Takes it back, if it is there: at once, or else as long as nobody but its owner may go on with it. Resolves after the first
 * try. What cannot be taken back by then is found like any write that a crash has left.
 */
export async function takeBack(
  { store, clock }: OperationHouse,
  holder: Holder,
  { id, key_scope }: OperationRow,
): Promise<void> {
  const until = clock.now() + LEASE_MS;
  const attempt = async (): Promise<boolean> => {
    const lease = { ...holder, now: clock.now(), until: clock.now() + LEASE_MS };
    return store.write([{ discard: { id, key_scope } }], lease).then(
      () => true,
      () => false,
    );
  };
  const again = async (): Promise<void> => {
    do await clock.wait(PAUSE_MS);
    while (clock.now() < until && !(await attempt()));
  };
  if (!(await attempt())) void again();
}
