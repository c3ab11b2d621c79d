/** Work that is done from time to time, and never beside itself: what takes longer than the time between skips a turn. */

export interface Periodic {
  /** Does it now, after what is under way. Never fails. */
  readonly now: () => Promise<void>;
  /** Begins none any more; resolves when none is under way. */
  readonly stop: () => Promise<void>;
}

/**
 * Does not keep the process alive.
 * @param milliseconds between two beginnings
 * @param failed told what the work throws; without it that is of no consequence
 */
export function every(
  milliseconds: number,
  work: () => Promise<void>,
  failed: (error: unknown) => void = () => undefined,
): Periodic {
  let last: Promise<void> = Promise.resolve();
  let underWay = 0;
  const now = (): Promise<void> => {
    underWay += 1;
    last = last
      .then(work)
      .catch(failed)
      .finally(() => {
        underWay -= 1;
      });
    return last;
  };
  const timer = setInterval(() => {
    if (underWay === 0) void now();
  }, milliseconds);
  timer.unref();
  return {
    now,
    stop: () => {
      clearInterval(timer);
      return last;
    },
  };
}
