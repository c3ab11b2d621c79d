/** Who works at an operation says so again and again; who has not for a while is dead. */
import type { OperationHouse } from './operation.ts';

/** One who works at an operation: each taking has a name of its own, so that two of one process are told apart. */
export interface Holder {
  readonly id: string;
  readonly owner: string;
}

export const LEASE_MS = 30_000;
const RENEWED_EVERY_MS = 10_000;

export function keepLease({ store, clock }: OperationHouse, { id, owner }: Holder): { stop(): void } {
  const timer = setInterval(() => {
    const now = clock.now();
    // A store that is away now may be back before the lease ends.
    store.renew(id, { owner, now, until: now + LEASE_MS }).catch(() => undefined);
  }, RENEWED_EVERY_MS);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
