/** Outreach's error bodies. Sources and dates are in README.md beside this file. */
import { z } from 'zod';
import type { ErrorAnswer, ErrorReading } from '#provider';

const text = z.string().nullish().catch(undefined);

const jsonApiErrors = z.object({
  errors: z.array(
    z.object({
      id: text,
      title: text,
      detail: text,
      // Sometimes spelt so.
      details: text,
      // Seen for a prospect that is in the sequence already.
      code: text,
      source: z.object({ pointer: text }).nullish().catch(undefined),
    }),
  ),
});

/** The shape in front of the API itself: a refused token is not a JSON:API error. */
const gatewayError = z.object({ error: z.string(), description: text });

export function readOutreachError({ status, body }: ErrorAnswer): ErrorReading {
  const parsed = jsonApiErrors.safeParse(body);
  const errors = parsed.success ? parsed.data.errors : [];
  const messages = [...errors.flatMap(readJsonApiError), ...readGatewayError(body)];
  const has = (id: string): boolean => errors.some((error) => error.id === id);
  // Nothing is carried out during a maintenance that is announced as one.
  if (status === 503 && has('scheduledServerMaintenance')) {
    return { messages, code: 'PROVIDER_MAINTENANCE', not_executed: true };
  }
  // The path is the gateway's own.
  if (status === 404 && has('routeNotFound')) return { messages, code: 'PROVIDER_REFUSED_FORM' };
  if (status === 429) return { messages, not_executed: true };
  // A locked user is refused until an admin unlocks it and the account is authorised again.
  const locked = messages.some((message) => /this user is locked/i.test(message.text));
  return locked ? { messages, code: 'CONNECTION_NEEDS_REAUTH' } : { messages };
}

type JsonApiError = z.infer<typeof jsonApiErrors>['errors'][number];

function readJsonApiError({ title, detail, details, code, source }: JsonApiError): ErrorReading['messages'] {
  const says = detail ?? details ?? title ?? code;
  if (says === null || says === undefined) return [];
  const field = source?.pointer?.split('/').findLast((key) => !/^\d*$/.test(key));
  return [{ text: says, field }];
}

function readGatewayError(body: unknown): ErrorReading['messages'] {
  const parsed = gatewayError.safeParse(body);
  if (!parsed.success) return [];
  const { error, description } = parsed.data;
  return [{ text: description ? `${error} ${description}` : error }];
}
