/** What a failed call to a token endpoint proves, and what may be told of it. */
import { isObject } from '../model/is-object.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { GrantError, type GrantErrorFacts, type GrantFailure } from '../model/grant.ts';
import type { OAuth } from '../model/oauth.ts';
import type { ExchangeError, IncomingAnswer } from './message.ts';
import { parseBody } from './parse-body.ts';
import { redactBody } from './redact.ts';
import { parseRetryAfter } from './retry-after.ts';

export interface TokenCall {
  readonly provider: NamedProvider;
  readonly oauth: OAuth;
  readonly what: 'code' | 'refresh_token';
  /** What was sent and must not be shown. */
  readonly secrets: readonly string[];
  readonly now: () => number;
}

/** No usable answer. */
export function failureOfExchange({ provider }: TokenCall, error: ExchangeError): GrantError {
  const server = `the authorisation server of ${provider.title}`;
  const cause = { cause: error };
  if (error.kind === 'not_sent')
    return new GrantError('not_executed', `${server} could not be reached (${error.message})`, {}, cause);
  const what = WHAT[error.kind] ?? `broke the connection off (${error.message})`;
  return new GrantError('unknown', `${server} ${what}`, {}, cause);
}

const WHAT: Partial<Readonly<Record<ExchangeError['kind'], string>>> = {
  no_answer: 'did not answer in time',
  too_large: 'answered with more than the gateway reads',
};

/** An answer that is not 200. */
export function failureOfAnswer(call: TokenCall, answer: IncomingAnswer, cause: unknown): GrantError {
  const facts = factsOf(call, answer);
  const kind = kindOf(call, answer, facts.error);
  const words = [facts.error, facts.error_description].filter((each) => each !== undefined).join(': ');
  const said = words === '' ? '' : ` (${words})`;
  const message = `the authorisation server of ${call.provider.title} answered ${String(answer.status)}${said}`;
  return new GrantError(kind, message, facts, { cause });
}

/** A 200 without a usable token: HTML, an error inside, another type, characters that cannot be sent. */
export function unreadableGrant(call: TokenCall, answer: IncomingAnswer, cause: unknown): GrantError {
  const facts = factsOf(call, answer);
  const why = facts.error === undefined ? WHY : `it holds an error (${facts.error})`;
  const message = `the authorisation server of ${call.provider.title} answered 200 without a usable token: ${why}`;
  return new GrantError('unknown', message, facts, { cause });
}

const WHY = 'it is not JSON as RFC 6749 has it';

/** RFC 6749, 5.2: these are about the client and its form, not about the grant. */
const ABOUT_THE_CLIENT: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_request',
  'invalid_scope',
]);

function kindOf({ oauth, what }: TokenCall, { status }: IncomingAnswer, error: string | undefined): GrantFailure {
  if (status === 429) return 'not_executed';
  if (status < 400 || status > 499) return 'unknown';
  if (error === 'invalid_grant') return 'refused';
  if (error !== undefined && ABOUT_THE_CLIENT.has(error)) return 'misconfigured';
  if (status === 400 && (oauth.dead_grant === 'any_400' || what === 'code')) return 'refused';
  // Nobody but the client authenticates at a token endpoint.
  return status === 401 ? 'misconfigured' : 'unknown';
}

const MAX_ERROR_CHARACTERS = 100;
const MAX_DESCRIPTION_CHARACTERS = 300;

function factsOf({ secrets, now }: TokenCall, { status, headers, text }: IncomingAnswer): GrantErrorFacts {
  const { value } = parseBody(text);
  const body = isObject(value) ? value : {};
  const hidden = [...secrets, ...tokensIn(body)];
  const shown = (key: string, max: number): string | undefined => {
    const word = body[key];
    if (typeof word !== 'string' || word === '') return undefined;
    return String(redactBody(word, hidden))
      .replaceAll(/[^\x20-\x7e]+/g, ' ')
      .slice(0, max);
  };
  const [error, description] = [
    shown('error', MAX_ERROR_CHARACTERS),
    shown('error_description', MAX_DESCRIPTION_CHARACTERS),
  ];
  const wait = status === 429 || status === 503 ? parseRetryAfter(headers['retry-after'], now()) : undefined;
  return {
    status,
    ...(error === undefined ? {} : { error }),
    ...(description === undefined ? {} : { error_description: description }),
    ...(wait === undefined ? {} : { retry_after_ms: wait }),
  };
}

/** What was granted in an answer that cannot be used. */
function tokensIn(body: Readonly<Record<string, unknown>>): readonly string[] {
  return [body['access_token'], body['refresh_token']].filter(
    (token): token is string => typeof token === 'string' && token !== '',
  );
}
