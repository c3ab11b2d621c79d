/** The declaration of creating a sequence with its steps, in as few calls as the provider allows. */
import type { Read, Send } from './calls.ts';
import type { FlatCell } from './cell.ts';
import type { Look, Made, PlannedStep, StepFacts } from './create-steps.ts';
import type { CredentialType } from './credential.ts';
import type { SequenceField, ShareType } from './sequence.ts';

/** A sequence after negotiation: only what the provider can take. */
export interface PlannedSequence {
  readonly name: string;
  readonly tags?: readonly string[];
  /** Always decided: private where the caller does not say. */
  readonly type: ShareType;
  readonly owner_id?: string;
  readonly custom_fields: Readonly<Record<string, unknown>>;
}

export interface SequencePlan<S = PlannedStep> {
  readonly sequence: PlannedSequence;
  /** Whether all steps go by dates. */
  readonly by_date: boolean;
  readonly steps: readonly S[];
}

export interface MadeSequence {
  readonly id: string | number;
  /** Empty where the answer does not name the steps: then `find` looks for them. */
  readonly steps: Made['steps'];
}

export interface CreateSequence<Known = unknown, S = PlannedStep> {
  readonly support: 'native';
  readonly credentials: readonly CredentialType[];
  readonly sequence: Readonly<Record<SequenceField, FlatCell>>;
  readonly steps: StepFacts;
  /** Why a sequence without steps cannot be made; absent where it can. */
  readonly needs_steps?: string;
  look(plan: SequencePlan<S>, read: Read): Promise<Look<Known>>;
  write(plan: SequencePlan<S>, known: Known, send: Send): Promise<MadeSequence>;
  /** All step ids in the order of the plan; undefined where they cannot be told apart for certain. */
  find?(plan: SequencePlan<S>, sequenceId: string, read: Read): Promise<readonly (string | number)[] | undefined>;
}
