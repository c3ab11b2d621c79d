/** Several steps in one request: in order, one result for each. */
import type { CreateSteps, Look } from '../model/create-steps.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import type { Warning } from '../model/warning.ts';
import { createSteps, type CreateStepsRequest } from './create-steps.ts';
import { orderWarnings, withoutOrder } from './array-order.ts';
import type { Asked } from './negotiate.ts';
import type { Handling } from './policy.ts';
import type { Journal } from './ports.ts';
import type { WriteTools } from './write.ts';

/** One record of the request as the door has read it. */
export interface BatchItem {
  readonly pointer: string;
  /** 1-based, in the request. */
  readonly number: number;
  readonly asked?: Asked;
  readonly warnings: readonly Warning[];
  /** Why the record cannot be one. */
  readonly problems?: readonly Problem[];
}

export interface BatchInput {
  readonly sequence_id: string;
  readonly items: readonly BatchItem[];
  readonly stop_on_error: boolean;
  /** Of the request itself, beside its records. */
  readonly warnings: readonly Warning[];
  readonly handling: Handling;
}

export type BatchResult =
  | { readonly status: 201; readonly record: { readonly id?: string }; readonly warnings: readonly Warning[] }
  | { readonly status: number; readonly errors: readonly unknown[] }
  /** `because` where it was left although the caller wants the rest tried. */
  | { readonly status: null; readonly skipped: true; readonly because?: string };

export interface BatchTools {
  /** An error as the answer shows it. */
  describe(error: ProblemError): { readonly status: number; readonly errors: readonly unknown[] };
  /** An error that nobody has foreseen, after something may have been sent. */
  unforeseen(error: unknown): ProblemError;
  /** The journal of one record, which goes on or ends by itself. */
  item(index: number): ItemJournal;
}

export interface ItemJournal extends Journal {
  /** How the record ended in an earlier run. */
  readonly result: BatchResult | undefined;
  finish(result: BatchResult): void;
  /** The error with where to go on, if there is something to go on with. */
  pause(error: ProblemError): ProblemError;
  /** Whether a repeat of the request goes on with it, or tries it again. */
  isLeft(): boolean;
}

export interface BatchSubject {
  readonly provider: NamedProvider;
  readonly operation: CreateSteps;
}

export const SKIPPED = { status: null, skipped: true } as const;

export function createBatch(
  subject: BatchSubject,
  input: BatchInput,
  tools: WriteTools & BatchTools,
): Promise<readonly BatchResult[]> {
  return subject.operation.batch === 'one_call' ? atOnce(subject, input, tools) : inTurn(subject, input, tools);
}

export function requestFor(
  subject: BatchSubject,
  { sequence_id, handling }: BatchInput,
  items: readonly BatchItem[],
): CreateStepsRequest {
  const asked = items.flatMap((each) => each.asked ?? []);
  return {
    ...subject,
    sequence_id,
    handling,
    asked: asked.map((each) => ({ ...each, record: withoutOrder(each.record) })),
    warnings: items.flatMap(({ warnings, asked: one, number }) => [
      ...warnings,
      ...(one ? orderWarnings(subject.provider, one, number) : []),
    ]),
  };
}

/**
 * One call after the other; what comes after a failure is left, unless the caller wants it tried. What comes after a record
 * that can still be made is left in any case: that one would then stand behind it. One that is refused for good stays so.
 */
async function inTurn(
  subject: BatchSubject,
  input: BatchInput,
  tools: WriteTools & BatchTools,
): Promise<readonly BatchResult[]> {
  const made: BatchResult[] = [];
  let looked: Look<unknown> | undefined;
  let awaited: BatchItem | undefined;
  for (const [index, item] of input.items.entries()) {
    const failed = made.some((result) => result.status !== 201);
    if (failed && input.stop_on_error) {
      made.push(SKIPPED);
      continue;
    }
    const { result, after, mayCome } = await attempt(subject, input, { index, item, looked, awaited }, tools);
    made.push(result);
    looked = after;
    if (mayCome) awaited ??= item;
  }
  return made;
}

interface Attempt {
  readonly index: number;
  readonly item: BatchItem;
  readonly looked: Look<unknown> | undefined;
  /** One before it that can still be made. */
  readonly awaited: BatchItem | undefined;
}

interface Attempted {
  readonly result: BatchResult;
  readonly after?: Look<unknown> | undefined;
  readonly mayCome?: boolean;
}

async function attempt(
  subject: BatchSubject,
  input: BatchInput,
  { index, item, looked, awaited }: Attempt,
  tools: WriteTools & BatchTools,
): Promise<Attempted> {
  if (item.problems) return { result: tools.describe(new ProblemError(item.problems)), after: looked };
  const journal = tools.item(index);
  if (journal.result) return { result: journal.result };
  if (awaited) return { result: leftBehind(awaited) };
  try {
    const request = { ...requestFor(subject, input, [item]), looked };
    const { ids, warnings, after } = await createSteps(request, withJournal(tools, journal));
    const result: BatchResult = { status: 201, record: ids[0] === undefined ? {} : { id: ids[0] }, warnings };
    journal.finish(result);
    return { result, after };
  } catch (error) {
    // What there is then is looked at again.
    const told = journal.pause(error instanceof ProblemError ? error : tools.unforeseen(error));
    const result = tools.describe(told);
    if (journal.isLeft()) return { result, mayCome: told.problems.some(({ outcome }) => outcome !== 'created') };
    journal.finish(result);
    return { result };
  }
}

function leftBehind({ pointer }: BatchItem): BatchResult {
  const because = `${pointer} can still be made, by a repeat of the request if not before, and this step must not come before it.`;
  return { ...SKIPPED, because };
}

function withJournal({ provider, upstream, clock, graceMs }: WriteTools, journal: ItemJournal): WriteTools {
  return { provider, upstream, clock, graceMs, journal };
}

/** All in one call: either every step is made, or none, and then those that are at fault say why. */
async function atOnce(
  subject: BatchSubject,
  input: BatchInput,
  tools: WriteTools & BatchTools,
): Promise<readonly BatchResult[]> {
  const { items } = input;
  if (items.some(({ problems }) => problems)) {
    return items.map(({ problems }) => (problems ? tools.describe(new ProblemError(problems)) : SKIPPED));
  }
  const journal = tools.item(0);
  try {
    const { ids, warnings } = await createSteps(requestFor(subject, input, items), withJournal(tools, journal));
    return items.map(({ pointer }, index) => ({
      status: 201,
      record: ids[index] === undefined ? {} : { id: ids[index] },
      warnings: warnings.filter(
        ({ source }) =>
          source.pointer === pointer ||
          source.pointer.startsWith(`${pointer}/`) ||
          (index === 0 && !source.pointer.startsWith('/records/')),
      ),
    }));
  } catch (error) {
    return atFault(items, journal.pause(error instanceof ProblemError ? error : tools.unforeseen(error)), tools);
  }
}

/**
 * In one call every record shares the outcome: where it is not that nothing was made, each one says so. A refusal that
 * nobody can point at a record is told with each of them too; else those that are not at fault are left.
 */
function atFault(items: readonly BatchItem[], error: ProblemError, tools: BatchTools): readonly BatchResult[] {
  const nothingMade = error.problems.every(
    ({ outcome, created = [] }) => outcome === undefined && created.length === 0,
  );
  const pointed = error.problems.some((problem) => items.some(({ pointer }) => isOf(problem, pointer)));
  if (!nothingMade || !pointed) return items.map(() => tools.describe(error));
  return items.map(({ pointer }): BatchResult => {
    const own = error.problems.filter((problem) => isOf(problem, pointer));
    return own.length > 0 ? tools.describe(new ProblemError(own)) : SKIPPED;
  });
}

/** Whether a problem points at a record, or into it. */
export function isOf({ pointer: at = '' }: Problem, pointer: string): boolean {
  return at === pointer || at.startsWith(`${pointer}/`);
}
