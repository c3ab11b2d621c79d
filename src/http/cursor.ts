/** Cursors are opaque to a caller: the provider that made it, and the provider's own place in its list. */
import { ProblemError } from '../model/problem.ts';

export function encodeCursor(provider: string, place: string): string {
  return Buffer.from(JSON.stringify([provider, place])).toString('base64url');
}

/** @throws {ProblemError} 400 INVALID_CURSOR for anything that this provider's list did not give. */
export function decodeCursor(cursor: string, provider: string, pattern: RegExp): string {
  const place = placeOf(cursor, provider);
  if (place !== undefined && pattern.test(place)) return place;
  const detail = `This cursor does not come from a list of ${provider}. Take it from pagination.next or pagination.previous, unchanged.`;
  throw new ProblemError({ code: 'INVALID_CURSOR', detail, parameter: 'cursor' });
}

function placeOf(cursor: string, provider: string): string | undefined {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(decoded) || decoded.length !== 2) return undefined;
    const [from, place] = decoded as unknown[];
    return from === provider && typeof place === 'string' && encodeCursor(provider, place) === cursor
      ? place
      : undefined;
  } catch {
    return undefined;
  }
}
