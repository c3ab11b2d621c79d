/** The declarations of changing a step or a sequence that exists. */
import type { Read, Send } from './calls.ts';
import type { FlatCell } from './cell.ts';
import type { PlannedSequence } from './create-sequence.ts';
import type { Holds, Look, Made, Refusal, StepFacts } from './create-steps.ts';
import type { CredentialType } from './credential.ts';
import type { Created } from './problem.ts';
import type { SequenceField } from './sequence.ts';
import type { StepChange, TemplateUpdate } from './step-change.ts';
import type { StepType, TemplateRecord } from './step.ts';

export interface StepTarget {
  readonly sequence_id: string;
  readonly step_id: string;
}

/** A step as it is before the change. */
export interface StepNow<Known> {
  readonly known: Known;
  /** The native kind, looked up in the types that are read. */
  readonly word: string;
  /** Absent on a step that has no thread. */
  readonly is_reply?: boolean | undefined;
  /** What its message says; absent while it has none, and a subject that was not looked at is absent too. */
  readonly template?: { readonly subject?: string | undefined } | undefined;
  readonly holds?: Holds;
  readonly refusals?: readonly Refusal[];
}

/** A change after negotiation: only what the provider can take, and only what is to change. */
export interface PlannedChange {
  readonly type: StepType;
  readonly name?: string;
  readonly interval_seconds?: number;
  readonly date?: string;
  readonly template?: TemplateRecord;
  readonly template_update: TemplateUpdate;
  readonly is_reply?: boolean;
  readonly order?: number;
  readonly task_note?: string;
  readonly custom_fields: Readonly<Record<string, unknown>>;
}

/**
 * For a provider whose 200 does not prove that this was changed and nothing else: all that could have changed, as it was,
 * as it should be now, and as it was read back.
 */
export interface Comparison {
  readonly before: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly found: Readonly<Record<string, unknown>>;
  /** What was asked for, and what was read back does not prove; `at` are the keys that lead to it in the record. */
  readonly unconfirmed?: readonly { readonly at: readonly string[]; readonly detail: string }[];
}

/** What is known of a change once it is written. */
export interface ChangeReport {
  readonly stored?: Made['steps'][number]['stored'];
  readonly comparison?: Comparison;
}

export interface UpdateStep<Known = unknown> extends StepFacts {
  readonly support: 'native';
  readonly credentials: readonly CredentialType[];
  /** How the text of a message can be changed; the first is what happens where the caller does not say. */
  readonly template_updates: readonly [TemplateUpdate, ...TemplateUpdate[]];
  /** Undefined where the sequence has no such step. */
  look(target: StepTarget, change: StepChange, read: Read): Promise<StepNow<Known> | undefined>;
  write(target: StepTarget, change: PlannedChange, known: Known, send: Send): Promise<ChangeReport>;
  /**
   * Whether the step is still as it was looked at, but for what the change itself has `created`: asked where a change that was
   * left is gone on with, before it sends anything more. False, or what there is to compare: each value must be as it was, or
   * as this change makes it.
   */
  still?(
    target: StepTarget,
    change: PlannedChange,
    known: Known,
    created: readonly Created[],
    read: Read,
  ): Promise<false | Comparison>;
}

export type PlannedSequenceChange = Partial<PlannedSequence> & Pick<PlannedSequence, 'custom_fields'>;

export interface UpdateSequence<Known = unknown> {
  readonly support: 'native';
  readonly credentials: readonly CredentialType[];
  readonly sequence: Readonly<Record<SequenceField, FlatCell>>;
  look(sequenceId: string, change: PlannedSequenceChange, read: Read): Promise<Look<Known>>;
  write(sequenceId: string, change: PlannedSequenceChange, known: Known, send: Send): Promise<ChangeReport>;
  /** As with a step. */
  still?(sequenceId: string, change: PlannedSequenceChange, known: Known, read: Read): Promise<Comparison>;
}
