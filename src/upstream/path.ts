/** Upstream paths are built from segments, never from strings, so that no id can climb out of its place. */
import type { Query, Segment } from '../model/calls.ts';

/** Where a provider is reached. */
export interface Base {
  readonly origin: string;
  /** Without a slash at its end. */
  readonly path: string;
}

/** @param url without query; a slash at its end does not count. @throws {TypeError} where it is none. */
export function baseOf(url: string): Base {
  const { origin, pathname } = new URL(url);
  return { origin, path: pathname.replace(/\/$/, '') };
}

/** A placeholder of a rehearsal, which is shown as it is. */
const PLACEHOLDER = /^\{\{.+\}\}$/;

/**
 * The path and query after the base URL, each segment percent-encoded.
 * @throws {TypeError} on an empty segment, `.` or `..`: ids are checked long before, so this is an adapter's mistake.
 */
export function pathOf(segments: readonly Segment[], query?: Query): string {
  let path = '';
  for (const segment of segments) path += `/${encodeSegment(String(segment))}`;
  if (query === undefined) return path;
  const pairs = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    typeof value === 'object' ? value.map((each) => [key, each]) : [[key, String(value)]],
  );
  const search = new URLSearchParams(pairs).toString();
  return search === '' ? path : `${path}?${search}`;
}

function encodeSegment(segment: string): string {
  if (segment === '' || segment === '.' || segment === '..')
    throw new TypeError('A path segment may not be empty, . or ..');
  return PLACEHOLDER.test(segment) ? segment : encodeURIComponent(segment);
}
