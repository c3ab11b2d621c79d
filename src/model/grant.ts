/** What a token endpoint grants, and the ways in which it does not. */

/** Times in milliseconds since the epoch. */
export interface Grant {
  readonly access_token: string;
  /** Absent where the server gives none: then the grant ends with its access token. */
  readonly refresh_token?: string;
  /** When the request was sent that was answered with it. */
  readonly minted_at: number;
  /** Of the access token. */
  readonly expires_at: number;
  readonly scope?: string;
}

/**
 * `refused`: the grant is dead, or the code is. `misconfigured`: the server does not take this gateway as its client, or not
 * in this form: the operator's to mend. `not_executed`: proved that nothing was granted or revoked. `unknown`: sent, and
 * what came of it is not known; a refresh token may have been used up.
 */
export type GrantFailure = 'refused' | 'misconfigured' | 'not_executed' | 'unknown';

export interface GrantErrorFacts {
  readonly status?: number;
  /** The server's own `error` and `error_description`, capped and without secrets. */
  readonly error?: string;
  readonly error_description?: string;
  /** What the server asks to wait. */
  readonly retry_after_ms?: number;
}

/** Its message is a clause for people: what happened, without a secret. */
export class GrantError extends Error {
  override readonly name = 'GrantError';
  readonly kind: GrantFailure;
  readonly facts: GrantErrorFacts;

  constructor(kind: GrantFailure, message: string, facts: GrantErrorFacts = {}, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.facts = facts;
  }
}
