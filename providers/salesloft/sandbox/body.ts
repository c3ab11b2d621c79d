import { refusal } from './errors.ts';
import type { Answer } from './errors.ts';

/** The body of a write as it came in. */
export interface WrittenBody {
  readonly contentType: string;
  readonly text: string;
}

/** The JSON object in a body, or why it is refused. */
export function readObject({ contentType, text }: WrittenBody): { readonly json: object } | { readonly no: Answer } {
  // The reference names form encodings for every write; JSON is what integrators send, and works. How nested keys and
  // types would be read from a form is not known.
  if (!/^application\/json\s*(;|$)/i.test(contentType)) return { no: refusal(415, 'Send application/json') };
  const json = parseObject(text);
  return json ? { json } : { no: refusal(400, 'The body is not a JSON object') };
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
