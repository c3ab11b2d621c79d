/** Turns across processes: first the one in this process, then the lease that all of them see. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import { ProblemError } from '../model/problem.ts';
import type { TurnStore } from '../store/turn-store.ts';
import type { Turns } from './turns.ts';

const LEASE_MS = 30_000;
const RENEWED_EVERY_MS = 10_000;
/** Longer than any write takes that is not stuck. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Within a process a line forms as before; between processes whoever asks first after the release has the turn. */
export function shareTurns(inProcess: Turns, store: TurnStore, clock: Clock): Turns {
  const take = async (key: string, owner: string): Promise<void> => {
    const deadline = clock.now() + PATIENCE_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const now = clock.now();
      if (await store.take({ key, owner, now, until: now + LEASE_MS })) return;
      if (now + pause > deadline) {
        const detail = 'Another process of this gateway writes here for longer than a minute. Nothing was sent.';
        throw new ProblemError({ code: 'TOO_MANY_WAITING', detail, retryAfterSeconds: 1 });
      }
      await clock.wait(pause);
    }
  };
  const renewing = (key: string, owner: string): NodeJS.Timeout =>
    setInterval(() => {
      const now = clock.now();
      store.take({ key, owner, now, until: now + LEASE_MS }).catch(() => undefined);
    }, RENEWED_EVERY_MS).unref();

  return {
    take: (key, work) =>
      inProcess.take(key, async () => {
        const owner = randomUUID();
        await take(key, owner);
        const timer = renewing(key, owner);
        try {
          return await work();
        } finally {
          clearInterval(timer);
          // What cannot be released ends by itself.
          await store.release(key, owner).catch(() => undefined);
        }
      }),
  };
}
