/** A request to a provider, its answer, and how an exchange of the two fails. */

export interface OutgoingRequest {
  readonly method: string;
  readonly origin: string;
  /** With its query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface IncomingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/**
 * `not_sent`: proved that nothing left. `no_answer`: it may have been carried out, and no answer came in time.
 * `broken`: the connection ended before the answer did. `too_large`: the answer is longer than what is read.
 */
export type FailureKind = 'not_sent' | 'no_answer' | 'broken' | 'too_large';

export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
