/** Apollo's error bodies: there is no single envelope. Sources and dates are in README.md beside this file. */
import { z } from 'zod';
import type { ErrorAnswer, ErrorReading } from '#provider';

const text = z.string().nullish().catch(undefined);
const envelope = z.object({ error: text, message: text, error_message: text, error_code: text });

export function readApolloError({ status, body }: ErrorAnswer): ErrorReading {
  const parsed = envelope.safeParse(body);
  const { error, message, error_message, error_code } = parsed.success ? parsed.data : {};
  const says = error ?? message ?? error_message ?? error_code;
  const messages = says ? [{ text: says }] : [];
  // The gateway sends the key in the header; this is for the gateway to mend.
  if (status === 422 && error_code === 'INVALID_API_KEY_LOCATION') return { messages, code: 'PROVIDER_REFUSED_FORM' };
  // A plan that lacks the endpoint was seen inside a 429: waiting does not help.
  if (status === 429 && /paying teams/i.test(says ?? String(body))) {
    return { messages, code: 'CONNECTION_LACKS_PERMISSION', not_executed: true };
  }
  if (status !== 429) return { messages };
  // Another create or update of the same team is under way: Apollo says nothing of how long, and a write is over soon.
  const busy = /already processing/i.test(says ?? '');
  return { messages, not_executed: true, ...(busy ? { retry_after_seconds: 1 } : {}) };
}
