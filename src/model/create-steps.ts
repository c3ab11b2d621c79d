/** The declaration of creating steps: facts, and three plain functions. */
import type { Read, Send } from './calls.ts';
import type { Cell, LossyWord, None, TypeCell, Word } from './cell.ts';
import type { CredentialType } from './credential.ts';
import type { ProblemCode } from './problem.ts';
import type { StepField, StepType, TemplateRecord } from './step.ts';

/**
 * How the provider keeps time. `from_previous`: seconds after the previous step, in multiples of `granularity`.
 * `by_day`: a day counted from the start of the sequence plus, for some step types, minutes into that day.
 */
export type Timing = (
  | { readonly measure: 'from_previous'; readonly granularity: number; readonly because: string }
  | {
      readonly measure: 'by_day';
      /** The most seconds after the start of a day that a type can be set to; absent: none. In whole `granularity`. */
      readonly into_day: Partial<Readonly<Record<StepType, { readonly max: number; readonly granularity: number }>>>;
      readonly because: string;
    }
) & {
  /** The key of `custom_fields` that schedules a step where `exact_times` holds. */
  readonly exact_key?: string;
};

/** States of the provider that decide something and can only be looked up. */
export const PRECONDITIONS = ['sequence_empty', 'date_based', 'exact_times', 'earlier_email'] as const;
export type Precondition = (typeof PRECONDITIONS)[number];
export type Holds = Partial<Readonly<Record<Precondition, boolean>>>;

/** One step after negotiation: only what the provider can take, in the words of the common model. */
export interface PlannedStep {
  readonly type: StepType;
  readonly word: Word;
  readonly name?: string;
  /** Seconds after the previous step as the provider can keep them; absent where `date` schedules the step. */
  readonly interval_seconds?: number;
  /** Seconds after the start of the sequence, as applied; absent where `date` schedules the step. */
  readonly start_seconds?: number;
  readonly date?: string;
  readonly template?: TemplateRecord;
  readonly is_reply: boolean;
  readonly order?: number;
  readonly task_note?: string;
  readonly custom_fields: Readonly<Record<string, unknown>>;
}

export interface StepPlan<S = PlannedStep> {
  readonly sequence_id: string;
  readonly steps: readonly S[];
}

/** A refusal that only the provider's state can justify. */
export interface Refusal {
  readonly code: Extract<
    ProblemCode,
    | 'ORDER_TAKEN'
    | 'ORDER_OUT_OF_RANGE'
    | 'UNSUPPORTED_VALUE'
    | 'STEPS_REQUIRED'
    | 'STEP_HAS_VARIANTS'
    | 'PROVIDER_RECORD_NOT_FOUND'
  >;
  /** Inside the step, such as `/order`. */
  readonly pointer: string;
  readonly detail: string;
  readonly step?: number;
}

export interface Look<Known> {
  readonly known: Known;
  readonly holds?: Holds;
  readonly refusals?: readonly Refusal[];
}

export interface Made {
  readonly steps: readonly {
    /** Absent where the provider's answer does not name the step: then `find` looks for it. */
    readonly id?: string | number;
    /** What the provider answered that it has stored, to be compared with what it was sent. */
    readonly stored?: { readonly interval_seconds?: number | null | undefined };
  }[];
}

export interface Found {
  /** For each planned step the ids that could be it. */
  readonly steps: readonly (readonly (string | number)[])[];
}

/** How the provider takes steps, as facts. */
export interface StepFacts {
  readonly types: Readonly<Record<StepType, TypeCell>>;
  readonly fields: Readonly<Record<StepField, Cell>>;
  readonly timing: Timing;
  /** The preconditions that `look` reports, with the sentence for the caller. */
  readonly preconditions: Partial<Readonly<Record<Precondition, string>>>;
}

export interface CreateSteps<Known = unknown, S = PlannedStep> extends StepFacts {
  readonly support: 'native';
  /** The kinds of credential that reach every endpoint of this operation. */
  readonly credentials: readonly CredentialType[];
  /** Whether several steps are one call, or one after the other. */
  readonly batch: 'one_call' | 'in_order';
  look(plan: StepPlan<S>, read: Read): Promise<Look<Known>>;
  /** What `known` has against these steps: asked for each record of a batch, where only the first is looked for. */
  against?(plan: StepPlan<S>, known: Known): readonly Refusal[];
  /** What `look` would find once these steps are made, where that needs no reading: for the next one of a batch. */
  after?(look: Look<Known>, plan: StepPlan<S>): Look<Known>;
  write(plan: StepPlan<S>, known: Known, send: Send): Promise<Made>;
  find?(plan: StepPlan<S>, known: Known, read: Read): Promise<Found>;
}

/** The fields that a provider declares `none` for every type: they do not exist on what its functions are given. */
type Lacking<F> = { [K in keyof F]: F[K] extends None ? K : never }[keyof F];

type TemplateKey<K> = K extends `template.${infer Rest}` ? Rest : never;

/** What the functions of an operation see of a step, narrowed by the declaration. */
export type StepOf<F extends Readonly<Record<StepField, Cell>>, T extends Readonly<Record<StepType, TypeCell>>> = Omit<
  PlannedStep,
  Lacking<F> | 'template' | 'word'
> & {
  readonly word: WordOf<T[StepType]>;
  readonly template?: Omit<TemplateRecord, TemplateKey<Lacking<F>>>;
};

type WordOf<C> = C extends LossyWord<infer W> ? W : C extends None ? never : C;
