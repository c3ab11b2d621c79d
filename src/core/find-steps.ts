/** Finding the ids of steps that a provider's answer does not name. */
import type { Found } from '../model/create-steps.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Created, type Problem } from '../model/problem.ts';
import type { Clock } from './ports.ts';

/** How long new steps may take to show, and the pauses between the looks (the last one repeats). */
export const PATIENCE_MS = 10_000;
const PAUSES_MS = [250, 500, 1_000, 2_000] as const;

/**
 * Asks `find` until every step has exactly one candidate. Several candidates end it with STEP_ID_AMBIGUOUS, none for 10 s
 * with OUTCOME_UNKNOWN; both list what exists. Of many steps that do not fit for so long the ids stay unknown (undefined).
 * Nothing is written again.
 */
export async function findSteps(
  look: () => Promise<Found>,
  count: number,
  { provider, clock, created }: { provider: NamedProvider; clock: Clock; created: readonly Created[] },
): Promise<readonly string[] | undefined> {
  const deadline = clock.now() + PATIENCE_MS;
  for (let round = 0; ; round += 1) {
    const { steps, failure } = await look().then(found, later);
    if (failure && clock.now() + pauseAfter(round) > deadline) throw untold(failure, provider, created);
    const several = steps.find((candidates) => candidates.length > 1);
    if (several) throw new ProblemError(ambiguous(provider, created, several.map(String)));
    const ids = steps.flatMap((candidates) => candidates.map(String));
    if (ids.length === count) return ids;
    const pause = pauseAfter(round);
    if (clock.now() + pause > deadline) {
      if (count > 1) return undefined;
      throw new ProblemError(missing(provider, created));
    }
    await clock.wait(pause);
  }
}

interface Seen {
  readonly steps: Found['steps'];
  readonly failure?: ProblemError;
}

function found({ steps }: Found): Seen {
  return { steps };
}

/** Reading is safe: what may pass is asked again, as long as there is patience. */
function later(error: unknown): Seen {
  if (error instanceof ProblemError) return { steps: [], failure: error };
  throw error;
}

export function pauseAfter(round: number): number {
  return PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? PATIENCE_MS;
}

function ambiguous(provider: NamedProvider, created: readonly Created[], candidates: readonly string[]): Problem {
  const detail = `${provider.title} holds the new step, but ${String(candidates.length)} look like it: ${candidates.join(', ')}. Do not repeat the request.`;
  return { code: 'STEP_ID_AMBIGUOUS', detail, outcome: 'created', candidates, ...remote(provider, created) };
}

function missing(provider: NamedProvider, created: readonly Created[]): Problem {
  const detail = `${provider.title} accepted the step but does not show it after ${String(PATIENCE_MS / 1000)} s. Look there before you repeat the request.`;
  return { code: 'OUTCOME_UNKNOWN', detail, outcome: 'unknown', ...remote(provider, created) };
}

function untold(error: ProblemError, provider: NamedProvider, created: readonly Created[]): ProblemError {
  const [{ detail, upstream }] = error.problems;
  return new ProblemError(
    {
      code: 'OUTCOME_UNKNOWN',
      detail: `${provider.title} accepted the step, but reading its id back failed: ${detail} Look there before you repeat the request.`,
      outcome: 'unknown',
      ...(upstream ? { upstream } : {}),
      ...remote(provider, created),
    },
    { cause: error },
  );
}

function remote(provider: NamedProvider, created: readonly Created[]) {
  return { origin: 'remote-provider', provider: provider.name, created: [...created] } as const;
}
