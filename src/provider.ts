/**
 * The adapter SDK, imported by a provider's `index.ts` as `#provider`: it states facts with these words and gives three
 * plain functions per operation. It does no I/O of its own; `read` and `send` are handed in.
 */
import type {
  ByType,
  Cell,
  CreateSteps,
  FlatCell,
  ListSequences,
  Lossy,
  LossyWord,
  Native,
  None,
  Provider,
  StepOf,
  TypeCell,
  Word,
} from './model/declaration.ts';
import type { StepField, StepType } from './model/step.ts';

export type {
  CustomFields,
  ErrorAnswer,
  ErrorReading,
  Look,
  Made,
  Provider,
  Read,
  Refusal,
  Send,
  StepPlan,
} from './model/declaration.ts';

/** Identity with a type: the default export of a provider's `index.ts`. The provider's id is the name of its folder. */
export function defineProvider(provider: Provider): Provider {
  return provider;
}

/** The provider has the field; `facts.at` names the native `object.key` where the value ends up. */
export function native(facts: Omit<Native, 'support'> = {}): Native {
  return { support: 'native', ...facts };
}

/** The provider has something near: with a word for a step type, or for a field the native key where the value ends up. */
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

/**
 * Declares how steps are created. `look` may only read, `write` only writes in call order, and `find` says which steps
 * are ours where an answer does not. A field that is `none` for all types does not exist on the steps that they see.
 */
export function createSteps<
  const T extends Readonly<Record<StepType, TypeCell>>,
  F extends Readonly<Record<StepField, Cell>>,
  Known,
>(
  operation: Omit<CreateSteps<Known, StepOf<F, T>>, 'support' | 'types' | 'fields'> & { types: T; fields: F },
): CreateSteps {
  return { support: 'native', ...operation } as CreateSteps<unknown, never>;
}

export function listSequences(operation: Omit<ListSequences, 'support'>): ListSequences {
  return { support: 'native', ...operation };
}

/** Positive integers up to 2^53-1, without sign, exponent or leading zero. */
export const positiveInteger: Provider['id'] = {
  matches: (id) => /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(Number(id)),
  says: 'a positive whole number',
};

/** 24 hexadecimal digits. */
export const hex24: Provider['id'] = {
  matches: (id) => /^[0-9a-f]{24}$/i.test(id),
  says: '24 hexadecimal digits',
};

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
