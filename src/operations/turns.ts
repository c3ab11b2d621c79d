/** Turns: writes to one sequence, or of one connection, go one after the other: a second one would move the positions that the first has read. */
import { ProblemError } from '../model/problem.ts';

export interface Turns {
  /** Runs the work when it is this key's turn. @throws {ProblemError} 429 when too many are waiting already. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** At most this many writes wait for one key; the next is refused at once. */
const MAX_WAITING = 100;
const RETRY_AFTER_SECONDS = 1;

export function createTurns(maxWaiting = MAX_WAITING): Turns {
  const lines = new Map<string, { tail: Promise<unknown>; length: number }>();
  return {
    take: async (key, work) => {
      const line = lines.get(key) ?? { tail: Promise.resolve(), length: 0 };
      if (line.length > maxWaiting) {
        const detail = `${String(maxWaiting)} writes already wait here. Nothing was sent.`;
        throw new ProblemError({ code: 'TOO_MANY_WAITING', detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
      }
      lines.set(key, line);
      line.length += 1;
      const before = line.tail;
      const turn = before.then(work, work);
      line.tail = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        line.length -= 1;
        if (line.length === 0) lines.delete(key);
      }
    },
  };
}
