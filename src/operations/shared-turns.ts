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
  const keep = (key: string, owner: string, taken: number): Kept => {
    let [until, renewal] = [taken, Promise.resolve()];
    const renew = async (): Promise<void> => {
      const now = clock.now();
      // After its end somebody else may have had it.
      if (now >= until) return;
      const isRenewed = await store.take({ key, owner, now, until: now + LEASE_MS });
      until = isRenewed ? now + LEASE_MS : 0;
    };
    const timer = setInterval(() => {
      // A store that is away now may be back before the lease ends.
      renewal = renewal.then(renew).catch(() => undefined);
    }, RENEWED_EVERY_MS).unref();
    return {
      require: () => {
        if (clock.now() >= until) throw turnLost();
      },
      stop: () => {
        clearInterval(timer);
        return renewal;
      },
    };
  };

  return {
    take: (key, work) =>
      inProcess.take(key, async () => {
        const owner = randomUUID();
        const kept = keep(key, owner, await take(key, owner));
        try {
          return await work(kept.require);
        } finally {
          // A renewal that came after the release would take the turn again.
          await kept.stop();
          // What cannot be released ends by itself.
          await store.release(key, owner).catch(() => undefined);
        }
      }),
  };
}

interface Kept {
  readonly require: () => void;
  /** Resolves when nothing is renewed any more. */
  readonly stop: () => Promise<void>;
}

function turnLost(): ProblemError {
  const detail =
    'The store of the gateway was away, or this process stood still, for so long that another process may write here now. Nothing more was sent.';
  return new ProblemError({ code: 'STORE_UNAVAILABLE', detail });
}
