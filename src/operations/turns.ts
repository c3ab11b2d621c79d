/** Turns: writes to one sequence, or of one connection, go one after the other: a second one would move the positions that the first has read. */
import { ProblemError } from '../model/problem.ts';

export interface Turns {
  /** Runs the work when it is this key's turn. @throws {ProblemError} 429 when too many are waiting already. */
  take<T>(key: string, work: (turn: Turn) => Promise<T>): Promise<T>;
  /** Writes that wait for their turn in this process. */
  waiting(): number;
}

export interface Turn {
  /** To be asked right before something is sent. @throws {ProblemError} 503 where the turn may be somebody else's by now. */
  hold(): void;
}

/** Within a process a turn is over only when its work is. */
const OWN: Turn = { hold: () => undefined };

/** At most this many writes wait for one key; the next is refused at once. */
const MAX_WAITING = 100;
const RETRY_AFTER_SECONDS = 1;

export function createTurns(maxWaiting = MAX_WAITING): Turns {
  const lines = new Map<string, { tail: Promise<unknown>; length: number }>();
  let taken = 0;
  return {
    take: async (key, work) => {
      const line = lines.get(key) ?? { tail: Promise.resolve(), length: 0 };
      if (line.length > maxWaiting) {
        const detail = `${String(maxWaiting)} writes already wait here. Nothing was sent.`;
        throw new ProblemError({ code: 'TOO_MANY_WAITING', detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
      }
      lines.set(key, line);
      line.length += 1;
      taken += 1;
      const before = line.tail;
      const begin = (): ReturnType<typeof work> => work(OWN);
      const turn = before.then(begin, begin);
      line.tail = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        line.length -= 1;
        taken -= 1;
        if (line.length === 0) lines.delete(key);
      }
    },
    // In each line one has its turn.
    waiting: () => taken - lines.size,
  };
}
