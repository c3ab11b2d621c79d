/** Calls that are kept waiting, and that can all be let go. */
export interface Waiting {
  /** With a time, until it has passed, client or no client; without one, until the client has gone. Or until all are let go. */
  readonly wait: (signal: AbortSignal, ms?: number) => Promise<void>;
  readonly letGo: () => void;
}

export function waitingRoom(): Waiting {
  const inside = new Set<() => void>();
  return {
    wait: (signal, ms) =>
      new Promise((resolve) => {
        let timer: NodeJS.Timeout | undefined;
        const leave = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', leave);
          inside.delete(leave);
          resolve();
        };
        inside.add(leave);
        if (ms !== undefined) timer = setTimeout(leave, ms);
        else if (signal.aborted) leave();
        else signal.addEventListener('abort', leave);
      }),
    letGo: () => {
      for (const leave of [...inside]) leave();
    },
  };
}
