/** The `Prefer` header of RFC 7240. Preferences that nobody knows are ignored, and not echoed. */
import type { Handling } from '../core/policy.ts';
import { addHeader } from './answer.ts';
import type { RequestContext } from './env.ts';

/** What a request waits for a provider's budget where it does not say, and at most (RFC 7240, 4.3). */
const DEFAULT_WAIT_SECONDS = 10;
export const MAX_WAIT_SECONDS = 60;

/** Lenient unless `Prefer: handling=strict`; a stated handling is echoed in `Preference-Applied`. */
export function readHandling(c: RequestContext): Handling {
  const stated = preferences(c.req.header('prefer') ?? '').get('handling');
  if (stated !== 'strict' && stated !== 'lenient') return 'lenient';
  addHeader(c, 'preference-applied', `handling=${stated}`);
  return stated;
}

/** The seconds of `Prefer: wait=N`, which are echoed as they are applied; what is no whole number is ignored. */
export function readWait(c: RequestContext): number {
  const stated = preferences(c.req.header('prefer') ?? '').get('wait');
  if (stated === undefined || !/^\d{1,9}$/.test(stated)) return DEFAULT_WAIT_SECONDS;
  const seconds = Math.min(Number(stated), MAX_WAIT_SECONDS);
  addHeader(c, 'preference-applied', `wait=${String(seconds)}`);
  return seconds;
}

/** Names in lower case with their values; the first mention of a name counts, and parameters after `;` are passed over. */
function preferences(header: string): ReadonlyMap<string, string> {
  if (header === '') return NONE;
  const found = new Map<string, string>();
  for (const [item] of header.replaceAll(/[ \t]+/g, ' ').matchAll(ITEM)) {
    const [, name, quoted, token = ''] = PREFERENCE.exec(item) ?? [];
    if (name === undefined || found.has(name.toLowerCase())) continue;
    found.set(name.toLowerCase(), (quoted?.replaceAll(/\\(.)/g, '$1') ?? token).toLowerCase());
  }
  return found;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** What stands between commas that are not in a quoted text; one that does not end goes on to the end, so that no other end is searched. */
const ITEM = /(?:[^,"]|"(?:\\.|[^"\\])*"?)+/g;
const PREFERENCE = /^\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|([\w!#$%&'*+.^`|~-]*)))?\s*(?:;|$)/;
