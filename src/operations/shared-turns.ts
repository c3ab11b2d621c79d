/** Turns across processes: first the one in this process, then the lease that all of them see. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import { ProblemError } from '../model/problem.ts';
import type { TurnStore } from '../store/turn-store.ts';
import { SKEW_MS } from './lease.ts';
import type { Turn, Turns } from './turns.ts';

const LEASE_MS = 30_000;
const RENEWED_EVERY_MS = 10_000;
/** Longer than any write takes that is not stuck. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Within a process a line forms as before; between processes whoever asks first after the release has the turn. */
export function shareTurns(inProcess: Turns, store: TurnStore, clock: Clock): Turns {
  /** Answers until when it is taken. */
  const take = async (key: string, owner: string): Promise<number> => {
    const deadline = clock.now() + PATIENCE_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const now = clock.now();
      const until = now + LEASE_MS;
      if (await store.take({ key, owner, now, until })) return until;
      if (now + pause > deadline) {
        const detail = 'Another process of this gateway writes here for longer than a minute. Nothing was sent.';
        throw new ProblemError({ code: 'TOO_MANY_WAITING', detail, retryAfterSeconds: 1 });
      }
      await clock.wait(pause);
    }
  };
  const keep = (key: string, owner: string, taken: number, own: Turn): Turn => {
    let heldUntil = taken;
    const isOver = (): boolean => clock.now() >= heldUntil - SKEW_MS;
    const timer = setInterval(() => {
      // Others may have had it since, and written: taking it again would not bring back what was read before.
      if (isOver()) return;
      const until = clock.now() + LEASE_MS;
      store.renew({ key, owner, until }).then(
        (isOurs) => {
          if (isOurs && !isOver()) heldUntil = until;
        },
        () => undefined,
      );
    }, RENEWED_EVERY_MS).unref();
    return {
      hold: () => {
        if (isOver()) throw overslept();
      },
      end: async () => {
        clearInterval(timer);
        // What cannot be released ends by itself.
        await store.release(key, owner).catch(() => undefined);
        await own.end();
      },
    };
  };

  /** First of this process, and not yet of all. */
  let asking = 0;
  return {
    waiting: () => inProcess.waiting() + asking,
    take: async (key) => {
      const own = await inProcess.take(key);
      const owner = randomUUID();
      asking += 1;
      try {
        return keep(key, owner, await take(key, owner), own);
      } catch (error) {
        await own.end();
        throw error;
      } finally {
        asking -= 1;
      }
    },
  };
}

function overslept(): ProblemError {
  const detail = `This process could not say for ${LEASE_MS / 1000} s that it writes here, so that another one may have written since. This call was not sent.`;
  return new ProblemError({ code: 'STORE_UNAVAILABLE', detail, retryAfterSeconds: 1 });
}
