/** The process that works at an operation renews a lease on it. When the lease has ended, the others take that process to be dead. */
import type { OperationHouse } from './operation-house.ts';

/** By how much the clocks of two processes may differ. The holder of a lease stops that much earlier than others may take over. */
export const SKEW_MS = 1_000;

/** Of an operation. `owner` is new each time that an operation is taken, so that two takings of one process are told apart. */
export interface Holder {
  readonly id: string;
  readonly owner: string;
}

export const LEASE_MS = 30_000;
const RENEWED_EVERY_MS = 10_000;

/** @param renewed told until when it holds now */
export function keepLease(
  { store, clock }: OperationHouse,
  { id, owner }: Holder,
  renewed: (until: number) => void,
): { stop(): void } {
  const timer = setInterval(() => {
    const now = clock.now();
    const until = now + LEASE_MS;
    store.renew(id, { owner, now, until }).then(
      (isOurs) => {
        if (isOurs) renewed(until);
      },
      // A store that is away now may be back before the lease ends.
      () => undefined,
    );
  }, RENEWED_EVERY_MS);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
