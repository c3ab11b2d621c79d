/** Outreach's error bodies. Sources and dates are in README.md beside this file. */
import { z } from 'zod';
import type { ErrorAnswer, ErrorReading } from '#provider';

const jsonApiErrors = z.object({
  errors: z.array(
    z.object({
      id: z.string().optional(),
      title: z.string().optional(),
      detail: z.string().optional(),
      // Sometimes spelt so.
      details: z.string().optional(),
      source: z.object({ pointer: z.string().optional() }).optional(),
    }),
  ),
});

/** The shape in front of the API itself: a refused token is not a JSON:API error. */
const gatewayError = z.object({ error: z.string(), description: z.string().optional() });

export function readOutreachError({ status, body }: ErrorAnswer): ErrorReading {
  const parsed = jsonApiErrors.safeParse(body);
  if (!parsed.success) return { messages: readGatewayError(body) };
  const { errors } = parsed.data;
  const messages = errors.flatMap(({ title, detail, details, source }) => {
    const text = detail ?? details ?? title;
    return text === undefined ? [] : [{ text, field: source?.pointer?.split('/').at(-1) }];
  });
  // Nothing is carried out during a maintenance that is announced as one.
  if (status === 503 && errors.some(({ id }) => id === 'scheduledServerMaintenance')) {
    return { messages, code: 'PROVIDER_MAINTENANCE', not_executed: true };
  }
  if (status === 429) return { messages, not_executed: true };
  // A locked user is refused until an admin unlocks it and the account is authorised again.
  const locked = messages.some(({ text }) => /this user is locked/i.test(text));
  return locked ? { messages, code: 'CONNECTION_NEEDS_REAUTH' } : { messages };
}

function readGatewayError(body: unknown): ErrorReading['messages'] {
  const parsed = gatewayError.safeParse(body);
  if (!parsed.success) return typeof body === 'string' && body !== '' ? [{ text: body }] : [];
  const { error, description } = parsed.data;
  return [{ text: description === undefined ? error : `${error} ${description}` }];
}
