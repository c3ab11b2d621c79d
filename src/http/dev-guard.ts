/** Development mode answers on loopback only. */
import { ProblemError } from '../model/problem.ts';
import type { RequestContext } from './env.ts';
import { isForBrowsers } from './oauth/paths.ts';

const LOOPBACK_HOST = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?$/;

/**
 * A page of another site that resolves its name to this machine is refused: its Host is not loopback. What a browser posts to the pages
 * for browsers has no Origin to go by, because they hide where they are; they go by their cookie.
 */
export function guardDevMode(c: RequestContext): void {
  const origin = c.req.header('origin');
  if (origin !== undefined && !isForBrowsers(c.req.path) && !LOOPBACK_HOST.test(origin.replace(/^https?:\/\//, ''))) {
    const detail = `Development mode answers no page of ${JSON.stringify(origin)}.`;
    throw new ProblemError({ code: 'HOST_NOT_ALLOWED', detail, header: 'origin' });
  }
  const host = c.req.header('host') ?? '';
  if (LOOPBACK_HOST.test(host)) return;
  const detail = `Development mode answers on loopback only, not as ${JSON.stringify(host)}.`;
  throw new ProblemError({ code: 'HOST_NOT_ALLOWED', detail, header: 'host' });
}
