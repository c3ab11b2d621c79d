/** Salesloft's error bodies: `error` is a text, `errors` an object of lists. Sources and dates are in README.md beside this file. */
import { z } from 'zod';
import type { ErrorAnswer, ErrorReading } from '#provider';

const envelope = z.object({ error: z.string().nullish().catch(undefined), errors: z.unknown().optional() });

export function readSalesloftError({ status, body }: ErrorAnswer): ErrorReading {
  const parsed = envelope.safeParse(body);
  const { error, errors } = parsed.success ? parsed.data : {};
  const messages = [...(error ? [{ text: error }] : []), ...flatten(errors)];
  return status === 429 ? { messages, not_executed: true } : { messages };
}

/** How deep the keys of an import are nested in its 422 is not known: every text is found, with the path to it. */
function flatten(value: unknown, path: readonly string[] = []): ErrorReading['messages'] {
  if (typeof value === 'string') {
    const field = path.join('.');
    return [field === '' ? { text: value } : { text: `${field}: ${value}`, field }];
  }
  if (Array.isArray(value)) return value.flatMap((item) => flatten(item, path));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, [...path, key]));
}
