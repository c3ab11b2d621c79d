/** Finding the ids of steps that a provider's answer does not name. */
import type { CreateSteps, NamedProvider, StepPlan } from '../model/declaration.ts';
import { ProblemError, type Created, type Problem } from '../model/problem.ts';
import type { Clock, Upstream } from './ports.ts';

/** How long new steps may take to show, and the pauses between the looks (the last one repeats). */
const PATIENCE_MS = 10_000;
const PAUSES_MS = [250, 500, 1_000, 2_000] as const;

/**
 * Asks `find` until every step has exactly one candidate. Several candidates end it with STEP_ID_AMBIGUOUS, none for 10 s
 * with OUTCOME_UNKNOWN; both list what exists. Nothing is written again.
 */
export async function findSteps(
  { provider, operation }: { readonly provider: NamedProvider; readonly operation: CreateSteps },
  plan: StepPlan,
  known: unknown,
  { upstream, clock, created }: { upstream: Upstream; clock: Clock; created: readonly Created[] },
): Promise<readonly string[]> {
  if (!operation.find) throw new TypeError(`${provider.name}: a write that answers without ids needs a find.`);
  const deadline = clock.now() + PATIENCE_MS;
  for (let round = 0; ; round += 1) {
    const { steps } = await operation.find(plan, known, upstream.read).catch((error: unknown) => {
      throw untold(error, provider, created);
    });
    const several = steps.find((candidates) => candidates.length > 1);
    if (several) throw new ProblemError(ambiguous(provider, created, several.map(String)));
    const ids = steps.flatMap((candidates) => candidates.map(String));
    if (ids.length === plan.steps.length) return ids;
    const pause = PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? PATIENCE_MS;
    if (clock.now() + pause > deadline) throw new ProblemError(missing(provider, created));
    await clock.wait(pause);
  }
}

function ambiguous(provider: NamedProvider, created: readonly Created[], candidates: readonly string[]): Problem {
  const detail = `${provider.title} holds the new step, but ${String(candidates.length)} look like it: ${candidates.join(', ')}. Do not repeat the request.`;
  return { code: 'STEP_ID_AMBIGUOUS', detail, outcome: 'created', candidates, ...remote(provider, created) };
}

function missing(provider: NamedProvider, created: readonly Created[]): Problem {
  const detail = `${provider.title} accepted the step but does not show it after ${String(PATIENCE_MS / 1000)} s. Look there before you repeat the request.`;
  return { code: 'OUTCOME_UNKNOWN', detail, outcome: 'unknown', ...remote(provider, created) };
}

function untold(error: unknown, provider: NamedProvider, created: readonly Created[]): unknown {
  if (!(error instanceof ProblemError)) return error;
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
