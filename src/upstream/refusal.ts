/** What a refused call means, and when it can be made again: what the answer says, and else what is declared. */
import { endOf, type Budget } from '../model/budget.ts';
import { isNone, type None } from '../model/cell.ts';
import type { ErrorReading, NamedProvider } from '../model/declaration.ts';
import type { ProblemCode } from '../model/problem.ts';
import type { IncomingAnswer } from './message.ts';
import { parseBody } from './parse-body.ts';
import { parseRetryAfter, windowEndsIn } from './retry-after.ts';

/** What a status means where the body does not say more; any other is PROVIDER_FAILED. */
export const CODE_OF_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'PROVIDER_REJECTED',
  401: 'CONNECTION_NEEDS_REAUTH',
  402: 'PROVIDER_CREDITS_EXHAUSTED',
  403: 'CONNECTION_LACKS_PERMISSION',
  404: 'PROVIDER_RECORD_NOT_FOUND',
  405: 'PROVIDER_REFUSED_FORM',
  406: 'PROVIDER_REFUSED_FORM',
  409: 'PROVIDER_CONFLICT',
  413: 'PROVIDER_REFUSED_FORM',
  415: 'PROVIDER_REFUSED_FORM',
  422: 'PROVIDER_REJECTED',
  429: 'PROVIDER_RATE_LIMITED',
};

export function readingOf(provider: NamedProvider, { status, text }: IncomingAnswer): ErrorReading {
  return provider.readError({ status, body: parseBody(text).value });
}

/**
 * After how many milliseconds the call is welcome again. A `Retry-After` counts first; without a usable one, what the
 * adapter knows of this very refusal, and then the end of the declared window, where it is known. Undefined: nobody says.
 */
export function askedPause(
  { budget }: NamedProvider,
  { status, headers }: IncomingAnswer,
  { code = CODE_OF_STATUS[status], retry_after_seconds }: ErrorReading,
  now: number,
): number | undefined {
  // Some send the header with every answer, as the end of their window.
  const said = status === 429 || status === 503 ? parseRetryAfter(headers['retry-after'], now) : undefined;
  if (said !== undefined) return said;
  if (retry_after_seconds !== undefined) return retry_after_seconds * 1000;
  return code === 'PROVIDER_RATE_LIMITED' ? budgetReturnsIn(budget, headers, now) : undefined;
}

/**
 * The same for the caller, who is told how long wherever he is asked to slow down: what nobody says lasts as long as it can.
 */
export function toldPause(
  provider: NamedProvider,
  answer: IncomingAnswer,
  reading: ErrorReading,
  now: number,
): number | undefined {
  const { code = CODE_OF_STATUS[answer.status] } = reading;
  const asked = askedPause(provider, answer, reading, now);
  return asked ?? (code === 'PROVIDER_RATE_LIMITED' ? longestOf(provider.budget) : undefined);
}

function longestOf(budget: Budget | None): number {
  return isNone(budget) ? Infinity : Math.max(...budget.windows.map(({ seconds }) => seconds * 1000));
}

/** Of several windows whose end is known, the first to end: nobody says which one is spent. */
function budgetReturnsIn(budget: Budget | None, headers: IncomingAnswer['headers'], now: number): number | undefined {
  if (isNone(budget)) return undefined;
  const ends = budget.windows.flatMap((window) => {
    const said = windowEndsIn(window, headers, now);
    if (said !== undefined) return [said];
    return window.opens === 'on_the_clock' ? [endOf(window, now) - now] : [];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}
