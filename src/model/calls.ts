/** What an operation's functions are handed to reach the provider: reading, and the write phase. */
import type { z } from 'zod';

export type Segment = string | number;
/** A list is sent as the key repeated. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[]>>;

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
  /** Index of the step in the plan; that of the call when absent. */
  readonly step?: number;
}

/** A call that was sent, and nobody knows what came of it. */
export interface UnknownCall {
  /** As it was sent, custom fields included. */
  readonly body: SendOptions<unknown>['body'];
  readonly sent_at: number;
  /** When it was carried out at the latest, if it was. */
  readonly until: number;
}

/**
 * What an unknown call can have made. `ours` holds what was sent, each as the answer that it would have given; `alike` are the
 * ids of what is of its kind and its time and holds something else, as it would if somebody had changed it since.
 */
export interface Traces<T> {
  readonly ours: readonly T[];
  readonly alike: readonly Segment[];
}

/**
 * What is done where it is not known whether a call was carried out. `repeat`: it sets a state, and doing it again changes
 * nothing. Else all that it can have made is looked for; a list is all ours.
 */
export type IfUnknown<T> = 'repeat' | ((read: Read, call: UnknownCall) => Promise<Traces<T> | readonly T[] | 'repeat'>);

export interface SendOptions<T> {
  readonly body?: Readonly<Record<string, unknown>>;
  readonly custom?: readonly CustomFields[];
  /** The step of the plan that the whole call is about, -1 for what they belong to: a refusal speaks of that. */
  readonly step?: number;
  /** Lenient: only the keys that are used. */
  readonly response: z.ZodType<T>;
  /**
   * An answer for rehearsals. Its strings and numbers stand for values that only the real answer has; its booleans,
   * nulls and absent keys decide which of the conditional calls are shown.
   */
  readonly sample: NoInfer<T>;
  /** What the call makes, for the list of what exists when a later call fails. */
  readonly creates?: { readonly kind: string; readonly id: (answer: T) => string | number | undefined };
  /** What to DELETE where a later call is refused for good, so that nothing is left behind; absent where that cannot be. */
  readonly undo?: (answer: T) => readonly Segment[];
  /** What the call changes of what was there before, for the same list. */
  readonly changes?: { readonly kind: string; readonly id: string | number };
  readonly if_unknown?: IfUnknown<NoInfer<T>>;
  /** For a call that depends on an earlier answer: the condition, in words. */
  readonly when?: string;
  /** What a failure of this call leaves behind, for the error: a new step that is off, or something else in words. */
  readonly if_failed?: 'left_off' | { readonly says: string };
  /** What a 404 of this call speaks of, where that is a record that a step of the request names; `pointer` is inside that step. */
  readonly if_not_found?: { readonly says: string; readonly pointer: string };
  /** The refusal that says that the state is there already: then the call counts as done. */
  readonly already?: RegExp;
}

/** The write phase. `get` reads back what was just written where an answer leaves something open. */
export interface Send {
  post<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T>;
  patch<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T>;
  put<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T>;
  get<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T>;
  delete<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T>;
}
