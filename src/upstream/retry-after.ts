/** `Retry-After` as it is found: seconds and HTTP-dates (RFC 9110, 10.2.3), and the ISO 8601 that some providers send. */
import type { BudgetWindow } from '../model/budget.ts';
import type { IncomingAnswer } from './message.ts';

/** Waiting for a provider, and the number that a caller is told, end here, whatever a provider asks for. */
export const MAX_RETRY_AFTER_MS = 60_000;

/** What is longer than a week is taken for a mistake: the longest published window of any provider is a day. */
const ABSURD_MS = 7 * 86_400_000;

const SECONDS = /^\d{1,10}$/;
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}.*$/;
const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** Milliseconds from now, not negative; undefined where the value is absent, past, absurd or none of the three spellings. */
export function parseRetryAfter(raw: string | undefined, now: number): number | undefined {
  const text = raw?.trim() ?? '';
  const milliseconds = SECONDS.test(text) ? Number(text) * 1000 : dateOf(text) - now;
  return milliseconds >= 0 && milliseconds <= ABSURD_MS ? milliseconds : undefined;
}

/** Milliseconds until the end of a window as the provider tells it; more than the window is long cannot be meant. */
export function windowEndsIn(
  { headers: names, seconds }: BudgetWindow,
  headers: IncomingAnswer['headers'],
  now: number,
): number | undefined {
  const endsIn = parseRetryAfter(headerOf(headers, names?.resets), now);
  return endsIn !== undefined && endsIn <= seconds * 1000 ? endsIn : undefined;
}

/** The first of these that is there. */
export function headerOf(headers: IncomingAnswer['headers'], names: readonly string[] = []): string | undefined {
  for (const name of names) if (headers[name] !== undefined) return headers[name];
  return undefined;
}

/** A date without a zone is in UTC, in both forms. */
function dateOf(text: string): number {
  const iso = ISO_8601.exec(text);
  if (iso) return Date.parse(iso[3] === undefined ? `${text}Z` : text);
  if (!HTTP_DATE.test(text)) return NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
