/** The shape of a provider's declaration. */
import type { Action } from './actions.ts';
import type { Budget } from './budget.ts';
import type { None } from './cell.ts';
import type { CreateSequence } from './create-sequence.ts';
import type { CreateSteps } from './create-steps.ts';
import type { CredentialType } from './credential.ts';
import type { Form } from './form.ts';
import type { OAuth } from './oauth.ts';
import type { ProblemCode } from './problem.ts';
import type { GetSequence, ListSequences, ListTemplates } from './reading.ts';
import type { UpdateSequence, UpdateStep } from './update.ts';

/** Every operation of the gateway. A provider declares each: what it does, or why there is none. */
export interface Operations {
  readonly list_sequences: ListSequences | None;
  readonly get_sequence: GetSequence | None;
  readonly create_sequence: CreateSequence | None;
  readonly create_steps: CreateSteps | None;
  readonly update_sequence: UpdateSequence | None;
  readonly update_step: UpdateStep | None;
  readonly activate_sequence: Action | None;
  readonly deactivate_sequence: Action | None;
  readonly delete_sequence: Action | None;
  readonly delete_step: Action | None;
  readonly list_templates: ListTemplates | None;
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
  /** How long to wait after this very refusal, where the provider sends no `Retry-After` and it is not about the budget. */
  readonly retry_after_seconds?: number;
}

export interface Provider {
  readonly title: string;
  /** Scheme, host and path that every call starts with. Only the operator can point it elsewhere. */
  readonly base_url: string;
  /** Where a person finds what the declaration says. */
  readonly documentation: string;
  /** The shape of every id of this provider. */
  readonly id: Form;
  /** The header that carries each kind of credential. */
  readonly credentials: Partial<
    Readonly<Record<CredentialType, { readonly header: string; readonly scheme?: string; readonly how: string }>>
  >;
  /** How an account is connected by its owner's consent, or what is taken instead. */
  readonly oauth: OAuth | None;
  /** Sent with every call, with or without a body. */
  readonly headers: Readonly<Record<string, string>>;
  /** What writes take turns on: each sequence for itself, or all sequences of a connection together. */
  readonly turn: 'sequence' | 'connection';
  /** What one account may ask in a time, or why nothing is known of such a limit. */
  readonly budget: Budget | None;
  /** Template variables that are proved to work, without braces. */
  readonly template_variables: readonly string[];
  /** What a reader must know of this provider beyond the cells: quirks that change what a caller sees. */
  readonly notes: readonly string[];
  readonly readError: (answer: ErrorAnswer) => ErrorReading;
  readonly can: Operations;
}

/** A provider as the registry knows it: `name` is its folder's name and the value of `x-provider-name`. */
export interface NamedProvider extends Provider {
  readonly name: string;
}
