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
  const faults = new Map(input.items.flatMap((item) => (item.problems ? [[item, item.problems] as const] : [])));
  for (;;) {
    const tried = triedAmong(subject, input, faults);
    try {
      const { requests, warnings } =
        tried.length === 0 ? NOTHING : await previewSteps(requestFor(subject, input, tried), upstream);
      const results = input.items.map((item) => {
        const problems = faults.get(item);
        if (tried.includes(item)) return { status: 201 } as const;
        return problems && isReached(subject, input, item, faults) ? describe(new ProblemError(problems)) : SKIPPED;
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

/** In one call all or none; else those before the first at fault, or all but those at fault. */
function triedAmong({ operation }: BatchSubject, { items, stop_on_error: stops }: BatchInput, faults: Faults) {
  if (faults.size === 0) return items;
  if (operation.batch === 'one_call') return [];
  return stops
    ? items.slice(
        0,
        items.findIndex((item) => faults.has(item)),
      )
    : items.filter((item) => !faults.has(item));
}

/** Whether it is told why this one fails: what comes after the first failure is not even looked at, unless all go in one call. */
function isReached(
  { operation }: BatchSubject,
  { items, stop_on_error: stops }: BatchInput,
  item: BatchItem,
  faults: Faults,
) {
  return operation.batch === 'one_call' || !stops || items.find((each) => faults.has(each)) === item;
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
