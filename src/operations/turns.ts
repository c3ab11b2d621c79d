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
  /** Of each key that has a turn: who waits for the next one. */
  const lines = new Map<string, (() => void)[]>();

  const begin = async <T>(key: string, work: (turn: Turn) => Promise<T>): Promise<T> => {
    try {
      return await work(OWN);
    } finally {
      const next = lines.get(key)?.shift();
      if (next) next();
      else lines.delete(key);
    }
  };

  return {
    take: (key, work) => {
      const line = lines.get(key);
      if (!line) {
        lines.set(key, []);
        return begin(key, work);
      }
      if (line.length >= maxWaiting) return Promise.reject(tooMany(maxWaiting));
      return new Promise((resolve) => {
        line.push(() => {
          resolve(begin(key, work));
        });
      });
    },
    waiting: () => {
      let all = 0;
      for (const { length } of lines.values()) all += length;
      return all;
    },
  };
}

function tooMany(waiting: number): ProblemError {
  const detail = `${String(waiting)} writes already wait here. Nothing was sent.`;
  return new ProblemError({ code: 'TOO_MANY_WAITING', detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
}
