/** Turns: writes to one sequence, or of one connection, go one after the other: a second one would move the positions that the first has read. */
import { ProblemError } from '../model/problem.ts';

export interface Turns {
  /** At once where nobody has it. Whoever takes a turn must end it. @throws {ProblemError} 429 when too many are waiting already. */
  take(key: string): Turn | Promise<Turn>;
  /** Writes that wait for their turn in this process. */
  waiting(): number;
}

export interface Turn {
  /** To be asked right before something is sent. @throws {ProblemError} 503 where the turn may be somebody else's by now. */
  hold(): void;
  /** The work is over, however it ended. */
  end(): void | Promise<void>;
}

/** At most this many writes wait for one key; the next is refused at once. */
const MAX_WAITING = 100;
const RETRY_AFTER_SECONDS = 1;

export function createTurns(maxWaiting = MAX_WAITING): Turns {
  /** Of each key that has a turn: who waits for the next one. */
  const lines = new Map<string, ((turn: Turn) => void)[]>();
  return {
    take: (key) => {
      const line = lines.get(key);
      if (!line) {
        lines.set(key, []);
        return new OwnTurn(key, lines);
      }
      if (line.length >= maxWaiting) throw tooMany(maxWaiting);
      return new Promise((resolve) => line.push(resolve));
    },
    waiting: () => {
      let all = 0;
      for (const { length } of lines.values()) all += length;
      return all;
    },
  };
}

/** Within a process a turn is over only when its work is. A class, because every write makes one. */
class OwnTurn implements Turn {
  private readonly key: string;
  private readonly lines: Map<string, ((turn: Turn) => void)[]>;

  constructor(key: string, lines: Map<string, ((turn: Turn) => void)[]>) {
    this.key = key;
    this.lines = lines;
  }

  hold(): void {
    // Nobody else can have it.
  }

  end(): void {
    const { key, lines } = this;
    const next = lines.get(key)?.shift();
    if (next) next(new OwnTurn(key, lines));
    else lines.delete(key);
  }
}

function tooMany(waiting: number): ProblemError {
  const detail = `${String(waiting)} writes already wait here. Nothing was sent.`;
  return new ProblemError({ code: 'TOO_MANY_WAITING', detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
}
