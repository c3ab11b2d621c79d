/** One table from a provider's answer, or the lack of one, to the error that the caller sees. */
import type { ErrorReading, NamedProvider } from '../model/declaration.ts';
import type { Problem, ProblemCode, UpstreamAnswer } from '../model/problem.ts';
import type { ExchangeError, FailureKind, IncomingAnswer } from './message.ts';
import { redactBody } from './redact.ts';
import { CODE_OF_STATUS, toldPause } from './refusal.ts';
import { MAX_RETRY_AFTER_MS } from './retry-after.ts';

const NEXT: Partial<Readonly<Record<ProblemCode, string>>> = {
  CONNECTION_LACKS_PERMISSION: 'The scope, plan or role behind these credentials does not allow it.',
  PROVIDER_REFUSED_FORM: 'This is for the gateway to mend, not for you.',
};

export interface FailedCall {
  readonly provider: NamedProvider;
  /** Whether the call could have changed something. */
  readonly writes: boolean;
  readonly secrets: readonly string[];
  readonly now: () => number;
  /** What helps where the credentials are refused. */
  readonly mending: () => string;
}

/** The problems of an answer that is not 2xx: one for each message of the provider. */
export function problemsOfAnswer(call: FailedCall, answer: IncomingAnswer, body: unknown): readonly Problem[] {
  const { provider, secrets, writes } = call;
  const reading = provider.readError({ status: answer.status, body });
  const listed = reading.code ?? CODE_OF_STATUS[answer.status];
  const code = listed ?? 'PROVIDER_FAILED';
  // A status that nobody has listed proves nothing.
  const unknown = writes && !reading.not_executed && (answer.status >= 500 || listed === undefined);
  const problem: Omit<Problem, 'detail'> = {
    code,
    origin: 'remote-provider',
    provider: provider.name,
    upstream: upstreamOf(answer, body, secrets),
    ...(unknown ? { outcome: 'unknown' as const } : {}),
    ...retryAfter(toldPause(provider, answer, reading, call.now())),
  };
  return messagesOf(reading, answer.status, redactBody(body, secrets))
    .slice(0, MAX_MESSAGES)
    .map(({ text, field }) => {
      const next = unknown ? 'Look in the provider before you repeat the request.' : nextAfter(call, code);
      const said = `${provider.title} answered ${String(answer.status)}: ${String(redactBody(text, secrets))}`;
      return {
        ...problem,
        detail: next === undefined ? said : `${ended(said)} ${next}`,
        ...(field === undefined ? {} : { native_key: field }),
      };
    });
}

/** A 2xx answer that is not what the provider documents: HTML, nothing, an error inside, another shape. */
export function unreadableAnswer(call: FailedCall, answer: IncomingAnswer, body: unknown, why: string): Problem {
  const { provider, secrets, writes } = call;
  const detail = `${provider.title} answered ${String(answer.status)}, but not readably: ${why}.`;
  return {
    code: 'BAD_PROVIDER_RESPONSE',
    detail: writes ? `${detail} Look in the provider before you repeat the request.` : detail,
    origin: 'remote-provider',
    provider: provider.name,
    upstream: upstreamOf(answer, body, secrets),
    ...(writes ? { outcome: 'unknown' as const } : {}),
  };
}

function nextAfter({ mending }: FailedCall, code: ProblemCode): string | undefined {
  return code === 'CONNECTION_NEEDS_REAUTH' ? mending() : NEXT[code];
}

/** No usable answer at all. */
export function problemOfFailure({ provider, writes }: FailedCall, { kind, message }: ExchangeError): Problem {
  const base = { origin: 'remote-provider', provider: provider.name } as const;
  if (kind === 'not_sent') {
    const detail = `${provider.title} could not be reached (${message}). Nothing was sent in this call.`;
    return { code: 'PROVIDER_UNREACHABLE', detail, ...base };
  }
  const { code, what } = FAILURES[kind](provider.title, message);
  if (!writes) return { code, detail: `${what}.`, ...base };
  const detail = `${what}; it may or may not have carried this out. Look there before you repeat the request.`;
  return { code, detail, outcome: 'unknown', ...base };
}

const FAILURES: Readonly<
  Record<Exclude<FailureKind, 'not_sent'>, (title: string, why: string) => { code: ProblemCode; what: string }>
> = {
  no_answer: (title) => ({ code: 'PROVIDER_TIMEOUT', what: `${title} did not answer in time` }),
  broken: (title, why) => ({ code: 'PROVIDER_CONNECTION_BROKEN', what: `The connection to ${title} broke (${why})` }),
  too_large: (title) => ({
    code: 'BAD_PROVIDER_RESPONSE',
    what: `${title} answered with more than the gateway reads`,
  }),
};

/** The provider's words; a body that is a text or a page stands for itself. */
function messagesOf({ messages }: ErrorReading, status: number, body: unknown): ErrorReading['messages'] {
  if (messages.length > 0) return messages;
  const text = typeof body === 'string' ? withoutMarkup(body).slice(0, MAX_TEXT_CHARACTERS) : '';
  return [{ text: text === '' ? `no message came with the status ${status}` : text }];
}

/** More than a person reads; each carries the answer. */
const MAX_MESSAGES = 20;
const MAX_TEXT_CHARACTERS = 300;

function withoutMarkup(page: string): string {
  return page
    .replaceAll(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Elsewhere the header is noise: some providers send with every answer when their window ends. */
const ASKS_TO_WAIT: ReadonlySet<number> = new Set([429, 503]);

function upstreamOf(answer: IncomingAnswer, body: unknown, secrets: readonly string[]): UpstreamAnswer {
  const { 'x-request-id': requestId, 'retry-after': retry } = answer.headers;
  return {
    status: answer.status,
    ...(requestId === undefined ? {} : { request_id: String(redactBody(requestId, secrets)) }),
    ...(retry === undefined || !ASKS_TO_WAIT.has(answer.status)
      ? {}
      : { retry_after: String(redactBody(retry, secrets)) }),
    body: redactBody(body, secrets),
  };
}

/** `Retry-After` for the caller, clamped; the provider's raw value stays in `upstream`. */
function retryAfter(milliseconds: number | undefined): { readonly retryAfterSeconds?: number } {
  if (milliseconds === undefined) return {};
  return { retryAfterSeconds: Math.ceil(Math.min(milliseconds, MAX_RETRY_AFTER_MS) / 1000) };
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
