/** Zendesk Sell's error envelope. Sources and dates are in README.md beside this file. */
import { z } from 'zod';
import type { ErrorAnswer, ErrorReading } from '#provider';

const text = z.string().nullish().catch(undefined);
const envelope = z.object({
  errors: z.array(z.object({ error: z.object({ code: text, message: text, details: text, field: text }) })),
});

export function readSellError({ status, body }: ErrorAnswer): ErrorReading {
  const parsed = envelope.safeParse(body);
  const errors = parsed.success ? parsed.data.errors.map(({ error }) => error) : [];
  const messages = errors.flatMap(({ details, message, code, field }) => {
    const says = details ?? message ?? code;
    return says ? [{ text: says, field: field?.split('/').at(-1) }] : [];
  });
  // Throttled calls have surfaced as a 404 for a page of that name since 2021.
  const throttled = status === 404 && messages.some((each) => each.text.includes('/429.json'));
  return throttled ? { messages, code: 'PROVIDER_RATE_LIMITED', not_executed: true } : { messages };
}
