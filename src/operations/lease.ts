/** Who works at an operation says so again and again; who has not for a while is dead. */
import type { OperationHouse } from './operation.ts';

/** Clocks may differ so much: who has not renewed a lease holds it for that much less than the others wait. */
export const SKEW_MS = 1_000;

/** One who works at an operation: each taking has a name of its own, so that two of one process are told apart. */
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
