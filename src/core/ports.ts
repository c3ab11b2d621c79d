/** What the use cases need from the outside. They do no I/O themselves. */
import type { z } from 'zod';
import type { Query, Read, Segment } from '../model/calls.ts';
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Grant } from '../model/grant.ts';
import type { Created } from '../model/problem.ts';
import type { Warning } from '../model/warning.ts';

/** One call to a provider, before it has a host and credentials. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: readonly Segment[];
  readonly query?: Query;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A request as it would go over the wire, credentials hidden. */
export interface DescribedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The condition of a call that depends on an earlier answer. */
  readonly when?: string;
}

export interface Clock {
  now(): number;
  wait(milliseconds: number): Promise<void>;
}

/** What was decided before the first call of an operation; plain data, so that it can be kept. */
export interface PreparedRecord {
  readonly plan: unknown;
  readonly known: unknown;
  readonly warnings: readonly Warning[];
}

/** What the journal has of a call: nothing, its answer, or that it was sent and nobody knows what came of it. */
export type Recalled =
  | { readonly state: 'new' }
  | { readonly state: 'done'; readonly answer: unknown }
  /** `given_up_at`: until when the gateway was there and waited for the answer; it may have been sent as late as that. */
  | { readonly state: 'open'; readonly sent_at: number; readonly given_up_at: number };

export interface Outcome {
  readonly answer: unknown;
  readonly created?: Created | undefined;
  readonly changed?: Created | undefined;
}

/** The journal of one write: what was prepared for it, and each of its calls before and after it is sent. */
export interface Journal {
  /** From an earlier run of the same operation. */
  readonly prepared: PreparedRecord | undefined;
  /** Before the first call, which may be the only one. */
  begin(prepared: PreparedRecord, calls: number): void;
  /** @throws {ProblemError} where the operation has sent something else at this place. */
  recall(position: number, call: Call): Recalled;
  /** Resolves once it is durable that the call may have been sent; undefined where nothing is kept of it. @throws {ProblemError} 503 where that cannot be. */
  intend(position: number, call: Call): Promise<void> | undefined;
  done(position: number, outcome: Outcome): void;
  failed(position: number, unknown: boolean): void;
  /** What the call has made is deleted again: it, and all that came after it, is as if it had not been sent. */
  undone(position: number): void;
  /** Ids of this kind that other writes to the connection have made lately. */
  known(kind: string): Promise<ReadonlySet<string>>;
}

/** What a call is sent with. */
export interface Credential {
  readonly type: CredentialType;
  readonly secret: string;
}

/** Where the calls of a request get their credential: asked for each attempt, because one can end or be replaced in between. */
export interface CredentialSource<C extends Credential = Credential> {
  /** The kind that a description shows. */
  readonly type: CredentialType;
  /** What to do where the provider refuses it: a sentence for the caller. */
  mending(): string;
  /** @throws {ProblemError} where there is none any more, none yet, or another account's. */
  current(): C | Promise<C>;
  /** One to send the same call with once more, after the provider has refused this one; undefined where there is none. */
  replace(refused: C): Promise<C | undefined>;
  /** The provider has carried out a call with it. */
  worked(credential: C): Promise<void> | undefined;
  /** The provider has refused it for good. */
  refused(credential: C): Promise<void>;
}

/** One provider as one customer reaches it. */
export interface Upstream {
  readonly read: Read;
  /**
   * Sends one call of a write; failures are ProblemErrors that say whether the outcome is known. One that continues what
   * earlier calls have written is not kept waiting for the budget.
   */
  call<T>(call: Call, response: z.ZodType<T>, continues?: boolean): Promise<T>;
  /**
   * Has this asked right before a call of a write goes out, whatever it has waited for: what it throws is what becomes of the
   * call, which is not sent.
   */
  writeOnlyWhile(hold: () => void): void;
  describe(call: Call): DescribedRequest;
}

/** What the callback brought, for the exchange. */
export interface CodeExchange {
  readonly code: string;
  /** The very one that the authorization was asked for with. */
  readonly redirect_uri: string;
  readonly code_verifier?: string;
  /** The parameters of the callback that the declaration says are repeated. */
  readonly repeated?: Readonly<Record<string, string>>;
}

/** The authorisation servers of the providers. Failures are GrantErrors, whose kind says what is proved. */
export interface TokenEndpoint {
  exchangeCode(provider: NamedProvider, exchange: CodeExchange): Promise<Grant>;
  /**
   * The grant holds the refresh token to use next: the new one, or the old one where the server sent none.
   * @param hidden further secrets that the server might echo and that must not be shown: the access token before
   */
  refresh(provider: NamedProvider, refreshToken: string, hidden?: readonly string[]): Promise<Grant>;
}
