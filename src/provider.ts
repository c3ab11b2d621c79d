/**
 * The adapter SDK, imported by a provider's `index.ts` as `#provider`: it states facts with these words and gives three
 * plain functions per operation. It does no I/O of its own; `read` and `send` are handed in.
 */
import type { Action } from './model/actions.ts';
import type { ByType, Cell, FlatCell, Lossy, LossyWord, Native, None, TypeCell, Word } from './model/cell.ts';
import type { CreateSequence } from './model/create-sequence.ts';
import type { CreateSteps, StepFacts, StepOf } from './model/create-steps.ts';
import type { Provider } from './model/declaration.ts';
import type { GetSequence, ListSequences, ListTemplates, Unmodelled } from './model/reading.ts';
import { ProblemError, type Problem } from './model/problem.ts';
import type { StepField, StepType } from './model/step.ts';
import type { UpdateSequence, UpdateStep } from './model/update.ts';

export type { Budget } from './model/budget.ts';
export type { CustomFields, IfUnknown, Query, Read, Send, SendOptions, UnknownCall } from './model/calls.ts';
export type { SequencePlan } from './model/create-sequence.ts';
export type { Look, Made, Refusal, StepPlan } from './model/create-steps.ts';
export type { ErrorAnswer, ErrorReading, Provider } from './model/declaration.ts';
export { form, hex24, positiveInteger } from './model/form.ts';
export { isObject } from './model/is-object.ts';
export type { Created } from './model/problem.ts';
export type { StepChange } from './model/step-change.ts';
export type {
  ChangeReport,
  Comparison,
  PlannedChange,
  PlannedSequenceChange,
  StepNow,
  StepTarget,
} from './model/update.ts';
export type { SequenceReading, StepReading, TemplateReading, Unmodelled } from './model/reading.ts';

/** Identity with a type: the default export of a provider's `index.ts`. The provider's id is the name of its folder. */
export function defineProvider(provider: Provider): Provider {
  return provider;
}

/** The provider has the field; `facts.at` names the native `object.key` where the value ends up. */
export function native(facts: Omit<Native, 'support'> = {}): Native {
  return { support: 'native', ...facts };
}

/** The provider has something near, and what it is not; for a step type with the word of the substitute. */
export function lossy<const W extends Word>(because: string, word: W): LossyWord<W>;
export function lossy(because: string): Lossy;
export function lossy(because: string, word?: Word): Lossy | LossyWord {
  return word === undefined ? { support: 'lossy', because } : { support: 'lossy', because, word };
}

/** The provider has nothing like it, and why, as a sentence for the caller. */
export function none(because: string): None {
  return { support: 'none', because };
}

/** A field whose support depends on the type of the step. */
export function byType(cells: ByType['by_type'] & { readonly else: FlatCell }): ByType {
  return { by_type: cells };
}

type Types = Readonly<Record<StepType, TypeCell>>;
type Fields = Readonly<Record<StepField, Cell>>;

/**
 * Declares how steps are created. `look` may only read, `write` only writes in call order, and `find` says which steps
 * are ours where an answer does not. A field that is `none` for all types does not exist on the steps that they see.
 */
export function createSteps<const T extends Types, F extends Fields, Known>(
  operation: Omit<CreateSteps<Known, StepOf<F, T>>, 'support' | 'types' | 'fields'> & { types: T; fields: F },
): CreateSteps {
  return { support: 'native', ...operation } as CreateSteps<unknown, never>;
}

/** Declares how a sequence is created with its steps; `steps` is often that of `createSteps` with a difference. */
export function createSequence<const T extends Types, F extends Fields, Known>(
  operation: Omit<CreateSequence<Known, StepOf<F, T>>, 'support' | 'steps'> & {
    steps: Omit<StepFacts, 'types' | 'fields'> & { types: T; fields: F };
  },
): CreateSequence {
  return { support: 'native', ...operation } as CreateSequence<unknown, never>;
}

/** A step as the functions see it under these facts: what is `none` for every type does not exist on it. */
export type StepUnder<S extends { readonly types: Types; readonly fields: Fields }> = StepOf<S['fields'], S['types']>;

/** The facts of how steps are taken, kept apart where two operations share them. */
export function stepFacts<const T extends Types, F extends Fields>(
  facts: Omit<StepFacts, 'types' | 'fields'> & { types: T; fields: F },
): Omit<StepFacts, 'types' | 'fields'> & { types: T; fields: F } {
  return facts;
}

/** Declares how a step is changed, each field by itself; the facts are often those of `createSteps`. */
export function updateStep<Known>(operation: Omit<UpdateStep<Known>, 'support'>): UpdateStep {
  return { support: 'native', ...operation };
}

/** Declares how a sequence's own fields are changed. */
export function updateSequence<Known>(operation: Omit<UpdateSequence<Known>, 'support'>): UpdateSequence {
  return { support: 'native', ...operation };
}

/** Something that is done to a sequence or a step that exists. */
export function action(operation: Omit<Action, 'support'>): Action {
  return { support: 'native', ...operation };
}

export function listSequences(operation: Omit<ListSequences, 'support'>): ListSequences {
  return { support: 'native', ...operation };
}

export function getSequence(operation: Omit<GetSequence, 'support'>): GetSequence {
  return { support: 'native', ...operation };
}

export function listTemplates(operation: Omit<ListTemplates, 'support'>): ListTemplates {
  return { support: 'native', ...operation };
}

/** The largest of the units (in seconds, by name) that divides the seconds exactly; the smallest for 0. */
export function largestUnit<U extends string>(
  seconds: number,
  units: Readonly<Record<U, number>>,
): { readonly unit: U; readonly count: number } {
  const sizes = (Object.entries(units) as [U, number][]).toSorted(([, a], [, b]) => b - a);
  const smallest = sizes.at(-1);
  const [unit, size] =
    (seconds === 0 ? undefined : sizes.find(([, each]) => seconds % each === 0)) ?? smallest ?? fail();
  return { unit, count: seconds / size };
}

function fail(): never {
  throw new TypeError('largestUnit needs at least one unit.');
}

/**
 * Native values that have no unified field: every key that is not among the known ones, and whose value is neither
 * empty (null, '', [], {}) nor the default.
 */
export function unmodelled(
  native: Readonly<Record<string, unknown>>,
  known: readonly string[],
  defaults: Readonly<Record<string, unknown>> = {},
  pointer = '',
): readonly Unmodelled[] {
  return Object.entries(native).flatMap(([key, value]) => {
    if (known.includes(key) || isEmpty(value) || JSON.stringify(value) === JSON.stringify(defaults[key])) return [];
    return [{ pointer: `${pointer}/${key}`, value }];
  });
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/**
 * The read that follows a change which the provider has accepted. Where it fails, the change stands, and the error must
 * not read as if it did not.
 */
export async function readBack<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const problems = error.problems.map(({ retryAfterSeconds: _never, ...problem }): Problem => {
      const detail = `The change was sent and accepted; only the look at what is there now failed: ${problem.detail}`;
      return { ...problem, detail, outcome: 'changed' };
    });
    throw new ProblemError(problems, { cause: error });
  }
}

/** What is read, or undefined where the provider says that it has no such record. */
export function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  return unless('PROVIDER_RECORD_NOT_FOUND', reading);
}

/** What is read, or undefined where these credentials may not read it. */
export function ifAllowed<T>(reading: Promise<T>): Promise<T | undefined> {
  return unless('CONNECTION_LACKS_PERMISSION', reading);
}

async function unless<T>(code: Problem['code'], reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ProblemError && error.problems[0].code === code) return undefined;
    throw error;
  }
}

/** For a list that goes on for longer than any can: an error is better than a short list. */
export function endlessList(what: string): never {
  const detail = `${what} goes on for more pages than it can have.`;
  throw new ProblemError({ code: 'BAD_PROVIDER_RESPONSE', detail, origin: 'remote-provider' });
}
