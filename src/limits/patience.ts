/** How long a caller is ready to wait for a busy provider, and whether the caller is still there. */
import type { Clock } from '../core/ports.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface Patience {
  /** When waiting ends, in milliseconds since the epoch; counted from the arrival of the request (RFC 7240, 4.3). */
  readonly deadline: number;
  /** Asked for only when there is something to wait for: making one is not free. */
  signal?(): AbortSignal;
}

/** Waits, if the caller has that much patience and the room has a place. @returns false if it did not wait, or the caller went away. */
export async function pause(
  milliseconds: number,
  patience: Patience,
  { clock, room }: { readonly clock: Clock; readonly room: WaitingRoom },
): Promise<boolean> {
  const gone = patience.signal?.();
  if (clock.now() + milliseconds > patience.deadline || gone?.aborted || !room.enter()) return false;
  try {
    await (gone ? Promise.race([clock.wait(milliseconds), aborted(gone)]) : clock.wait(milliseconds));
    return gone?.aborted !== true;
  } finally {
    room.leave();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
