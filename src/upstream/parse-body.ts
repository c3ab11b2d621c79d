/** A body as JSON where it is JSON, else as its text. */
import { keysWithin } from '../model/nesting.ts';

export interface ParsedBody {
  readonly value: unknown;
  /** Why it is not read as JSON. */
  readonly unread?: string;
}

/** No answer means anything that deep, and whatever walks it could be exhausted. Shorter than that, nothing has to be counted. */
const MAX_DEPTH = 500;

export function parseBody(text: string): ParsedBody {
  if (text.length > MAX_DEPTH && keysWithin(MAX_DEPTH, text) === undefined)
    return { value: text, unread: `the body is nested deeper than ${MAX_DEPTH} levels` };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { value: text, unread: 'the body is not JSON' };
  }
}
