/** The declaration of what is done to a sequence or a step that exists, without a record. */
import type { Read, Send } from './calls.ts';
import type { CredentialType } from './credential.ts';
import type { ProblemCode } from './problem.ts';

export interface ActionTarget {
  readonly sequence_id: string;
  /** Absent for an action on the sequence itself. */
  readonly step_id?: string;
}

export interface ActionLook {
  /** The state that the action is to reach is there: nothing is sent. */
  readonly done?: boolean;
  readonly refusal?: {
    readonly code: Extract<ProblemCode, 'PROVIDER_RECORD_NOT_FOUND' | 'UNSUPPORTED_VALUE'>;
    readonly detail: string;
  };
}

export interface Action {
  readonly support: 'native';
  readonly credentials: readonly CredentialType[];
  look(target: ActionTarget, read: Read): Promise<ActionLook>;
  write(target: ActionTarget, send: Send): Promise<void>;
}
