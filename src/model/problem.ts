/** Errors: every code with its status and title, and the one error class that carries them to the HTTP door. */

interface Row {
  readonly status: ProblemStatus;
  readonly title: string;
  /** Whether the same request can succeed later without being changed. */
  readonly retriable?: true;
}

export type ProblemStatus =
  400 | 401 | 402 | 403 | 404 | 409 | 413 | 415 | 422 | 424 | 429 | 500 | 501 | 502 | 503 | 504;

/**
 * The closed list of error codes. `problem_type` of an error is always the code of what happened; `code` is the same,
 * except that it is OUTCOME_UNKNOWN wherever a write may or may not have been carried out.
 */
export const PROBLEMS = {
  MALFORMED_JSON: { status: 400, title: 'The body is not JSON' },
  REPEATED_KEY: { status: 400, title: 'A key is given more than once' },
  WRONG_TYPE: { status: 400, title: 'Wrong JSON type' },
  MISSING_KEY: { status: 400, title: 'A required key is missing' },
  MISSING_HEADER: { status: 400, title: 'A required header is missing' },
  INVALID_HEADER: { status: 400, title: 'A header cannot be used' },
  INVALID_QUERY: { status: 400, title: 'A query parameter cannot be used' },
  INVALID_CURSOR: { status: 400, title: 'The cursor cannot be used' },
  API_KEY_MISSING: { status: 401, title: 'API key missing' },
  API_KEY_WRONG: { status: 401, title: 'API key not known' },
  ROLE_NOT_ALLOWED: { status: 403, title: 'The API key may not do this' },
  HOST_NOT_ALLOWED: { status: 403, title: 'Host not allowed' },
  PROVIDER_CREDITS_EXHAUSTED: { status: 402, title: 'The provider account has no credits left' },
  ROUTE_NOT_FOUND: { status: 404, title: 'No such path' },
  PROVIDER_UNKNOWN: { status: 404, title: 'No such provider' },
  AUTHORIZATION_NOT_FOUND: { status: 404, title: 'No such authorization' },
  CONNECTION_NOT_FOUND: { status: 404, title: 'No such connection' },
  INVALID_ID: { status: 404, title: 'No record can have this id' },
  PROVIDER_RECORD_NOT_FOUND: { status: 404, title: 'The provider has no such record' },
  PROVIDER_CONFLICT: { status: 409, title: 'The provider reports a conflict', retriable: true },
  IDEMPOTENCY_KEY_IN_FLIGHT: { status: 409, title: 'The same request is under way', retriable: true },
  OPERATION_IN_FLIGHT: { status: 409, title: 'The operation is under way', retriable: true },
  CONNECTION_CHANGED: { status: 409, title: 'Other credentials were stored meanwhile' },
  OPERATION_DIVERGED: { status: 409, title: 'The operation would now send something else' },
  OUTCOME_NOT_SETTLED: { status: 409, title: 'It cannot be known yet whether this was carried out', retriable: true },
  OPERATION_NOT_FOUND: { status: 404, title: 'No such operation' },
  API_KEY_NOT_FOUND: { status: 404, title: 'No such API key' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  NOT_JSON: { status: 415, title: 'The body must be JSON' },
  INVALID_VALUE: { status: 422, title: 'The value cannot be used' },
  UNSUPPORTED_VALUE: { status: 422, title: 'The provider cannot take this value' },
  UNSUPPORTED_STEP_TYPE: { status: 422, title: 'The provider cannot create this step type' },
  VALUE_TOO_LONG: { status: 422, title: 'The value is too long for the provider' },
  TEMPLATE_REQUIRED: { status: 422, title: 'A template is required' },
  SUBJECT_REQUIRED: { status: 422, title: 'A subject is required' },
  DATE_NOT_SUPPORTED: { status: 422, title: 'A date cannot schedule this step' },
  FORBIDDEN_CUSTOM_FIELD: { status: 422, title: 'A custom field may not set this' },
  STRICT_HANDLING: { status: 422, title: 'Refused by strict handling' },
  ORDER_TAKEN: { status: 422, title: 'The position is taken' },
  ORDER_OUT_OF_RANGE: { status: 422, title: 'The position is out of range' },
  STEPS_REQUIRED: { status: 422, title: 'A sequence needs steps here' },
  SEQUENCE_NOT_EMPTY: { status: 422, title: 'The sequence already has steps' },
  STEP_HAS_VARIANTS: { status: 422, title: 'The step has several messages' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key belongs to another request' },
  API_KEY_IN_SETTINGS: { status: 422, title: 'The API key is a setting of the operator' },
  CREDENTIAL_TYPE_NOT_SUPPORTED: { status: 422, title: 'The provider takes no such credential' },
  RETURN_URL_NOT_ALLOWED: { status: 422, title: 'The return URL is not an allowed one' },
  SANDBOX_ONLY: { status: 422, title: 'Development mode takes sandbox credentials only' },
  PROVIDER_REJECTED: { status: 422, title: 'The provider refused the request' },
  CONNECTION_NEEDS_REAUTH: { status: 424, title: 'The connection needs new credentials' },
  CONNECTION_LACKS_PERMISSION: { status: 424, title: 'The connection lacks a permission' },
  CONNECTION_NEEDS_API_KEY: { status: 424, title: 'The connection needs an API key' },
  CONNECTION_NEEDS_ACCESS_TOKEN: { status: 424, title: 'The connection needs an access token' },
  CONNECTION_UNREADABLE: { status: 424, title: 'The stored credentials cannot be opened' },
  PROVIDER_RATE_LIMITED: { status: 429, title: 'The provider asks to slow down', retriable: true },
  PROVIDER_BUDGET_EXHAUSTED: { status: 429, title: "The provider's budget is used up for now", retriable: true },
  TOO_MANY_WAITING: { status: 429, title: 'Too many requests are waiting', retriable: true },
  OPERATION_UNREADABLE: { status: 500, title: 'What was kept of the operation cannot be opened' },
  INTERNAL_ERROR: { status: 500, title: 'The gateway failed' },
  OPERATION_NOT_SUPPORTED: { status: 501, title: 'The provider has no such operation' },
  PROVIDER_FAILED: { status: 502, title: 'The provider failed', retriable: true },
  PROVIDER_REFUSED_FORM: { status: 502, title: 'The provider refused the form of the request' },
  PROVIDER_CONNECTION_BROKEN: { status: 502, title: 'The connection to the provider broke', retriable: true },
  BAD_PROVIDER_RESPONSE: { status: 502, title: 'The provider answered unreadably' },
  PROVIDER_CHANGED_MORE: { status: 502, title: 'The provider did something else than was asked' },
  OUTCOME_AMBIGUOUS: {
    status: 502,
    title: 'It cannot be told which record, if any, is the one that was to be written',
  },
  STEP_ID_AMBIGUOUS: { status: 502, title: 'The step cannot be told from others' },
  STEP_LEFT_OFF: { status: 502, title: 'The step was created but is off' },
  OUTCOME_UNKNOWN: { status: 502, title: 'It is not known whether the provider carried this out' },
  PROVIDER_UNREACHABLE: { status: 503, title: 'The provider could not be reached', retriable: true },
  CIRCUIT_OPEN: { status: 503, title: 'The provider is left alone for a moment', retriable: true },
  PROVIDER_MAINTENANCE: { status: 503, title: 'The provider is under maintenance', retriable: true },
  CONNECTION_NOT_RENEWED: { status: 503, title: 'The access token could not be renewed', retriable: true },
  OAUTH_MISCONFIGURED: { status: 503, title: "The gateway's OAuth settings do not work", retriable: true },
  GATEWAY_BUSY: { status: 503, title: 'The gateway has too much to do', retriable: true },
  STORE_UNAVAILABLE: { status: 503, title: "The gateway's own store is away", retriable: true },
  SECRET_UNREADABLE: { status: 503, title: "A secret of the gateway's own cannot be opened" },
  PROVIDER_TIMEOUT: { status: 504, title: 'The provider did not answer in time', retriable: true },
} as const satisfies Record<string, Row>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Something that a provider has been made to hold by the request that failed. */
export interface Created {
  readonly kind: string;
  readonly id: string;
}

/** A value that is not as it should be after a change; `pointer` is into what was read of the provider. */
export interface Difference {
  readonly pointer: string;
  readonly before: unknown;
  readonly expected: unknown;
  readonly found: unknown;
}

/** What the provider said, size-capped and without credentials. */
export interface UpstreamAnswer {
  readonly status?: number;
  readonly request_id?: string;
  readonly body?: unknown;
  readonly retry_after?: string;
}

export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  /** A JSON pointer into the request body. */
  readonly pointer?: string;
  /** What the provider speaks of, in its own words: the core knows which field was sent there. Not shown. */
  readonly native_key?: string;
  /** The step that it speaks of, and the place inside it: only the core knows where that stands in the request. Not shown. */
  readonly of_step?: number;
  readonly in_step?: string;
  readonly parameter?: string;
  readonly header?: string;
  readonly origin?: 'gateway' | 'remote-provider';
  readonly provider?: string;
  readonly upstream?: UpstreamAnswer;
  /**
   * `unknown`: a write may or may not have been carried out. `created`: what was asked for exists all the same.
   * `changed`: the provider has accepted a change, and only looking at it failed.
   */
  readonly outcome?: 'unknown' | 'created' | 'changed';
  readonly created?: readonly Created[];
  /** What was there before and has been changed by the request that failed. */
  readonly changed?: readonly Created[];
  readonly differences?: readonly Difference[];
  readonly candidates?: readonly string[];
  readonly retryAfterSeconds?: number;
  /** Where what is not finished can be looked at and resumed. */
  readonly operation_id?: string;
}

/** Thrown anywhere, answered in one place. A raw exception is never shown to a caller. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const [first, ...others] = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    if (!first) throw new TypeError('A ProblemError needs at least one problem.');
    super(first.detail, options);
    this.problems = [first, ...others];
  }
}

export function statusOf(problem: Problem): ProblemStatus {
  return PROBLEMS[problem.code].status;
}

export function isRetriable(problem: Problem): boolean {
  const row: Row = PROBLEMS[problem.code];
  // A repeat with the same key goes on with what is there.
  if (problem.code === 'OUTCOME_NOT_SETTLED') return true;
  return row.retriable === true && problem.outcome === undefined && !problem.created?.length;
}
