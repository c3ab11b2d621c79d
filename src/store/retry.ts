/** Trying again, with bounded pauses, what may only succeed later. */
import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** @returns whether it succeeded; false where it was stopped before. Whatever the attempt throws is told, and tried again. */
export async function retryUntil(
  attempt: () => Promise<void>,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<boolean> {
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    if (isStopped(signal)) return false;
    try {
      await attempt();
      return true;
    } catch (error) {
      failed(error);
    }
  }
  return false;
}

/** It changes while somebody waits, which the compiler would not believe of a property. */
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
