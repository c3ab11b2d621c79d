/** The caller: the API key that a request presents, and what that key may do. */
import type { Caller } from '../access/api-keys.ts';
import { ProblemError } from '../model/problem.ts';
import { isAllowed, type Role } from '../model/role.ts';
import { guardDevMode } from './dev-guard.ts';
import type { Gateway, RequestContext } from './env.ts';
import { isForBrowsers } from './oauth/paths.ts';
import { isRecommended } from './recommended-path.ts';

const OPEN = new Set(['/healthz', '/readyz']);
/** The documents, and the metrics, which need a key only where the documents do. */
const DOCUMENTS = /^\/($|docs($|\/)|openapi\.(json|yaml)$|metrics$)/;

/**
 * Answers at once for a key that is remembered: nothing is hashed and nothing awaited for it.
 * @throws {ProblemError} 401 without a known key, 403 for a foreign host in development mode, 503 where the store is away.
 */
export function authorize(c: RequestContext, gateway: Gateway): Promise<void> | undefined {
  const { path } = c.req;
  if (gateway.dev) {
    guardDevMode(c);
    if (path === '/dev' || path.startsWith('/dev/')) return undefined;
  }
  if (OPEN.has(path) || isForBrowsers(path) || (gateway.openDocuments && DOCUMENTS.test(path))) return undefined;
  const presented = presentedKey(c);
  if (presented === undefined) {
    const detail = 'Send an API key of this gateway in x-api-key, or as Authorization: Bearer.';
    throw new ProblemError({ code: 'API_KEY_MISSING', detail });
  }
  const remembered = gateway.apiKeys.recall(presented);
  if (remembered === undefined)
    return gateway.apiKeys.identify(presented).then((caller) => {
      admit(c, caller);
    });
  admit(c, remembered);
  return undefined;
}

/** @throws {ProblemError} 403 that names the role which is needed. */
export function requireRole(c: RequestContext, needed: Role): void {
  const { role } = callerOf(c);
  if (isAllowed(role, needed)) return;
  const detail = `This takes an API key with the role ${needed}; the one that was sent has the role ${role}. Nothing was done.`;
  throw new ProblemError({ code: 'ROLE_NOT_ALLOWED', detail });
}

/** Whether the API key of this request may reach this customer. */
export function reaches(c: RequestContext, customerId: string): boolean {
  const { customers } = callerOf(c);
  return customers === undefined || customers.has(customerId);
}

/** For routes that need an API key. @throws {TypeError} on an open route: that is a mistake of ours. */
export function callerOf(c: RequestContext): Caller {
  const caller = c.get('caller');
  if (caller === undefined) throw new TypeError(`${c.req.method} ${c.req.path} is open and has no caller.`);
  return caller;
}

function admit(c: RequestContext, caller: Caller | null): void {
  if (caller === null) {
    throw new ProblemError({ code: 'API_KEY_WRONG', detail: 'This gateway does not know the API key.' });
  }
  c.set('caller', caller);
}

function presentedKey(c: RequestContext): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '');
  return c.req.header('x-api-key') ?? bearer?.[1] ?? (isRecommended(c) ? c.req.header('api-key') : undefined);
}
