/** The shape of a provider's declaration: what it can do, field by field, and the three plain functions of an operation. */
import type { z } from 'zod';
import type { ProblemCode } from './problem.ts';
import type { StepField, StepRecord, StepType, TemplateRecord } from './step.ts';

/** The provider has the field. `at` is the native key, `object.key`, where the value ends up. */
export interface Native {
  readonly support: 'native';
  readonly at?: string;
  /** What a value is called natively, such as `{true: 'reply_to_thread'}`. Without it the value is sent as it stands. */
  readonly words?: Readonly<Record<string, string>>;
  /** In UTF-16 code units. Longer values are refused with VALUE_TOO_LONG, never cut. */
  readonly max_length?: number;
  /** What fills in for an absent value that the provider requires: a text, or the first of these fields that is given. */
  readonly fill_in?: string | { readonly from: readonly StepField[] };
  /** For custom fields: dotted native keys that a caller may never set. */
  readonly refuses?: readonly string[];
}

/** The provider has something near it; the value is still used, and the caller is warned. */
export interface Lossy {
  readonly support: 'lossy';
  readonly because: string;
  readonly at?: string;
}

/** The provider has nothing like it. What follows (warning or refusal) is the core's policy. */
export interface None {
  readonly support: 'none';
  readonly because: string;
}

export type FlatCell = Native | Lossy | None;

export interface ByType {
  readonly by_type: Partial<Readonly<Record<StepType, FlatCell>>> & { readonly else: FlatCell };
}

export type Cell = FlatCell | ByType;

/** A native step type: one word, or several native values that together say it. */
export type Word = string | Readonly<Record<string, string | boolean>>;

export interface LossyWord<W extends Word = Word> {
  readonly support: 'lossy';
  readonly because: string;
  readonly word: W;
}

export type TypeCell = Word | LossyWord | None;

/**
 * How the provider keeps time. `from_previous`: seconds after the previous step, in multiples of `granularity`.
 * `by_day`: a day counted from the start of the sequence plus, for some step types, minutes into that day.
 */
export type Timing =
  | { readonly measure: 'from_previous'; readonly granularity: number; readonly because: string }
  | {
      readonly measure: 'by_day';
      /** The most seconds after the start of a day that a type can be set to; absent: none. In whole `granularity`. */
      readonly into_day: Partial<Readonly<Record<StepType, { readonly max: number; readonly granularity: number }>>>;
      readonly because: string;
    };

/** States of the provider that decide something and can only be looked up. */
export const PRECONDITIONS = ['sequence_empty', 'date_based', 'earlier_email'] as const;
export type Precondition = (typeof PRECONDITIONS)[number];
export type Holds = Partial<Readonly<Record<Precondition, boolean>>>;

export type CredentialType = 'api_key' | 'access_token';

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

export type Segment = string | number;
export type Query = Readonly<Record<string, string | number | boolean>>;

/** Reads only, by type: nothing here can write. Paths are segments and are encoded one by one. */
export interface Read {
  get<T>(path: readonly Segment[], options: { readonly query?: Query; readonly response: z.ZodType<T> }): Promise<T>;
  /** A POST that the provider documents as a search. */
  search<T>(
    path: readonly Segment[],
    options: { readonly query?: Query; readonly body: unknown; readonly response: z.ZodType<T> },
  ): Promise<T>;
}

/** A place in a request body where custom fields are merged, and where they came from in the record. */
export interface CustomFields {
  readonly at: readonly Segment[];
  readonly values: Readonly<Record<string, unknown>>;
  /** JSON pointer inside the step, such as `/custom_fields`. */
  readonly from: string;
  /** Index of the step in the plan; the first when absent. */
  readonly step?: number;
}

export interface SendOptions<T> {
  readonly body?: Readonly<Record<string, unknown>>;
  readonly custom?: readonly CustomFields[];
  /** Lenient: only the keys that are used. */
  readonly response: z.ZodType<T>;
  /**
   * An answer for rehearsals. Its strings and numbers stand for values that only the real answer has; its booleans,
   * nulls and absent keys decide which of the conditional calls are shown.
   */
  readonly sample: NoInfer<T>;
  /** What the call makes, for the list of what exists when a later call fails. */
  readonly creates?: { readonly kind: string; readonly id: (answer: T) => string | number | undefined };
  /** For a call that depends on an earlier answer: the condition, in words. */
  readonly when?: string;
  /** A call that serves only to switch on what an earlier one made: if it fails, the error says that the step may be off. */
  readonly switches_on?: true;
}

/** The write phase. `get` reads back what was just written where an answer leaves something open. */
export interface Send {
  post<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T>;
  put<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T>;
  get<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T>;
}

/** A refusal that only the provider's state can justify. */
export interface Refusal {
  readonly code: Extract<ProblemCode, 'ORDER_TAKEN' | 'ORDER_OUT_OF_RANGE' | 'UNSUPPORTED_VALUE'>;
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

export interface CreateSteps<Known = unknown, S = PlannedStep> {
  readonly support: 'native';
  /** The kinds of credential that reach every endpoint of this operation. */
  readonly credentials: readonly CredentialType[];
  readonly types: Readonly<Record<StepType, TypeCell>>;
  readonly fields: Readonly<Record<StepField, Cell>>;
  readonly timing: Timing;
  /** The preconditions that `look` reports, with the sentence for the caller. */
  readonly preconditions: Partial<Readonly<Record<Precondition, string>>>;
  look(plan: StepPlan<S>, read: Read): Promise<Look<Known>>;
  write(plan: StepPlan<S>, known: Known, send: Send): Promise<Made>;
  find?(plan: StepPlan<S>, known: Known, read: Read): Promise<Found>;
}

export interface SequenceSummary {
  readonly id: string | number;
  /** Absent where the provider has none for it. */
  readonly name?: string | null | undefined;
}

export interface SequencePage {
  readonly records: readonly SequenceSummary[];
  readonly next?: string | undefined;
  readonly previous?: string | undefined;
}

export interface ListSequences {
  readonly support: 'native';
  readonly credentials: readonly CredentialType[];
  /** The provider's own page size limit; the gateway never asks for more. */
  readonly max_page_size: number;
  /** What a cursor from this provider looks like. */
  readonly cursor: RegExp;
  list(page: { readonly size: number; readonly cursor?: string | undefined }, read: Read): Promise<SequencePage>;
}

/** Every operation of the gateway. A provider declares each: what it does, or why there is none. */
export interface Operations {
  readonly create_steps: CreateSteps | None;
  readonly list_sequences: ListSequences | None;
}

export type OperationName = keyof Operations;

/** The provider's answer to a refused call, before anybody has made sense of it. */
export interface ErrorAnswer {
  readonly status: number;
  /** Parsed where it was JSON, else text. */
  readonly body: unknown;
}

export interface ErrorReading {
  /** The provider's own words, each with the native key that it speaks of where one is named. */
  readonly messages: readonly { readonly text: string; readonly field?: string | undefined }[];
  /** Where the body tells more than the status does. */
  readonly code?: ProblemCode;
  /** True only where the provider is known to have done nothing. */
  readonly not_executed?: true;
}

export interface Provider {
  readonly title: string;
  /** Scheme, host and path that every call starts with. Only the operator can point it elsewhere. */
  readonly base_url: string;
  /** Where a person finds what the declaration says. */
  readonly documentation: string;
  /** The shape of every id of this provider, and in words for errors. */
  readonly id: { readonly matches: (id: string) => boolean; readonly says: string };
  /** The header that carries each kind of credential. */
  readonly credentials: Partial<
    Readonly<Record<CredentialType, { readonly header: string; readonly scheme?: string; readonly how: string }>>
  >;
  /** Sent with every call, with or without a body. */
  readonly headers: Readonly<Record<string, string>>;
  /** What writes take turns on: each sequence for itself, or all sequences of a connection together. */
  readonly turn: 'sequence' | 'connection';
  /** Template variables that are proved to work, without braces. */
  readonly template_variables: readonly string[];
  /** What a reader must know of this provider beyond the cells: quirks that change what a caller sees. */
  readonly notes: readonly string[];
  readonly readError: (answer: ErrorAnswer) => ErrorReading;
  readonly can: Operations;
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

export type { StepRecord };

/** A provider as the registry knows it: `name` is its folder's name and the value of `x-provider-name`. */
export interface NamedProvider extends Provider {
  readonly name: string;
}

/** The stance on one field for one step type. */
export function cellFor(cell: Cell, type: StepType): FlatCell {
  return 'by_type' in cell ? (cell.by_type[type] ?? cell.by_type.else) : cell;
}

/** The native word of a step type; undefined where the provider cannot create it. */
export function wordFor(cell: TypeCell): Word | undefined {
  if (typeof cell === 'string' || !('support' in cell)) return cell;
  return isLossyWord(cell) ? cell.word : undefined;
}

/** Why a step type is not what was asked for; undefined where it is. */
export function stanceOnType(cell: TypeCell): LossyWord | None | undefined {
  if (typeof cell === 'string') return undefined;
  if (isLossyWord(cell) || isNone(cell)) return cell;
  return undefined;
}

export function isNone(value: object): value is None {
  return 'support' in value && value.support === 'none';
}

function isLossyWord(cell: TypeCell): cell is LossyWord {
  return typeof cell === 'object' && cell['support'] === 'lossy';
}
