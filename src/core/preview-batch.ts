/** The dry run of several steps in one request: what would be sent of it, and what would be said of each record. */
import { ProblemError, type Problem } from '../model/problem.ts';
import {
  isOf,
  requestFor,
  SKIPPED,
  type BatchInput,
  type BatchItem,
  type BatchResult,
  type BatchSubject,
  type BatchTools,
} from './create-batch.ts';
import { previewSteps } from './create-steps.ts';
import type { Upstream } from './ports.ts';
import type { Preview } from './prepare.ts';

/** `status` is 201 for those that would be sent. */
export interface BatchPreview extends Preview {
  readonly results: readonly ({ readonly status: 201 } | Exclude<BatchResult, { readonly status: 201 }>)[];
}

/**
 * What would be sent for the records that would be tried, and what would be said of the others, as the real call says it. Those at
 * fault are found together at each stage and left out of the next look, so that there are as many looks as stages and not as records.
 */
export async function previewBatch(
  subject: BatchSubject,
  input: BatchInput,
  upstream: Upstream,
  describe: BatchTools['describe'],
): Promise<BatchPreview> {
  const isOneCall = subject.operation.batch === 'one_call';
  const faults = new Map(input.items.flatMap((item) => (item.problems ? [[item, item.problems] as const] : [])));
  for (;;) {
    const reached = isOneCall ? input.items : reachedOf(input, faults);
    // In one call all or none.
    const tried = isOneCall && faults.size > 0 ? [] : reached.filter((item) => !faults.has(item));
    try {
      const { requests, warnings } =
        tried.length === 0 ? NOTHING : await previewSteps(requestFor(subject, input, tried), upstream);
      const results = input.items.map((item) => {
        if (tried.includes(item)) return { status: 201 } as const;
        const problems = reached.includes(item) ? faults.get(item) : undefined;
        return problems ? describe(new ProblemError(problems)) : SKIPPED;
      });
      return { requests, results, warnings: [...input.warnings, ...warnings] };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      addFaults(faults, tried, error);
    }
  }
}

type Faults = Map<BatchItem, readonly Problem[]>;

const NOTHING: Preview = { requests: [], warnings: [] };

/** What comes after the first failure is not even looked at, unless the caller wants it tried. */
function reachedOf({ items, stop_on_error: stops }: BatchInput, faults: Faults): readonly BatchItem[] {
  const first = items.findIndex((item) => faults.has(item));
  return stops && first >= 0 ? items.slice(0, first + 1) : items;
}

/** A refusal that nobody can point at a record is told with each that would be tried. */
function addFaults(faults: Faults, tried: readonly BatchItem[], { problems }: ProblemError): void {
  const own = tried.flatMap((item) => {
    const found = problems.filter((problem) => isOf(problem, item.pointer));
    return found.length > 0 ? [[item, found] as const] : [];
  });
  for (const [item, found] of own.length > 0 ? own : tried.map((item) => [item, problems] as const))
    faults.set(item, found);
}
