/** What every request goes through, whatever its route: it gets an id, its API key is checked, its errors become answers, and it leaves one log line. */
import { hideKeys } from '../access/key-text.ts';
import { ProblemError } from '../model/problem.ts';
import type { Role } from '../model/role.ts';
import { sayTheRest } from './answer.ts';
import { noteDone, noteFailed, type Audited } from './audited.ts';
import { authorize, requireRole } from './caller.ts';
import type { Gateway, RequestContext } from './env.ts';
import { brokenPage } from './oauth/page.ts';
import { isForBrowsers, keepFromLog } from './oauth/paths.ts';
import { countProblems, noteProblem, problemResponse } from './problem-response.ts';
import { requestIdOf } from './request-id.ts';
import { nameTenant } from './tenant.ts';

export type Handler = (c: RequestContext) => Promise<Response> | Response;

/** What a route asks of its callers, and what it tells the audit. */
export interface Passing {
  /** The name of the operation in the API document, for the metrics. */
  readonly name?: string;
  /** No API key is needed, whatever the path is. */
  readonly isOpen?: true;
  /** The role that the API key needs; absent: any. */
  readonly role?: Role;
  readonly audited?: Audited;
}

/** Stands around each handler: a middleware for each of its parts would cost every request several promises more. */
export type Answering = (handler: Handler, passing?: Passing) => (c: RequestContext) => Promise<Response>;

export function answering(gateway: Gateway): Answering {
  const { clock, audit, metrics } = gateway;
  return (handler, { name = 'undocumented', isOpen, role, audited } = {}) =>
    async (c) => {
      const started = clock.now();
      const id = requestIdOf(c.req.header('x-request-id'));
      c.set('requestId', id);
      c.set('line', { calls: 0, warnings: 0 });
      c.set('telling', { headers: { 'x-request-id': id } });
      let response: Response;
      /** Set while the caller is known and the audit does not know yet how the request ended. */
      let unnoted: Audited | undefined;
      try {
        const looking = isOpen ? undefined : authorize(c, gateway);
        if (looking !== undefined) await looking;
        unnoted = audited;
        if (audited) nameTenant(c);
        if (role) requireRole(c, role);
        response = await handler(c);
        unnoted = undefined;
        const keeping = audited && noteDone(c, audit, audited, response);
        if (keeping) await keeping;
      } catch (error) {
        if (unnoted) noteFailed(c, audit, unnoted, error);
        response = await failed(c, gateway, error);
      }
      sayTheRest(c, response);
      const milliseconds = clock.now() - started;
      logRequest(c, gateway, response.status, milliseconds);
      metrics.request(name, c.req.method, response.status, milliseconds);
      return response;
    };
}

/** The answer to a request that has failed. */
export function failed(c: RequestContext, { log, metrics }: Gateway, error: unknown): Response | Promise<Response> {
  const request_id = c.get('requestId');
  if (isStoreAway(error)) log.error({ request_id, error: String(causeOf(error)) }, 'store away');
  if (!(error instanceof ProblemError)) log.error({ request_id, error: traceOf(error) }, 'unforeseen');
  noteProblem(c, error);
  countProblems(metrics, error);
  return isForBrowsers(c.req.path) ? brokenPage(c, error) : problemResponse(c, error);
}

function logRequest(c: RequestContext, { log }: Gateway, status: number, milliseconds: number): void {
  const { provider, customer_id, refused, code, origin, calls, warnings } = c.get('line');
  log[status >= 500 ? 'warn' : 'info'](
    {
      request_id: c.get('requestId'),
      method: c.req.method,
      path: hideKeys(keepFromLog(c.req.path)),
      status,
      ms: Math.round(milliseconds),
      key_id: c.get('caller')?.id,
      provider,
      customer_id,
      refused,
      code,
      origin,
      calls,
      warnings,
    },
    'request',
  );
}

/** The database's own words, which hold no values of ours: below the problem, or below what was made of that. */
function causeOf(error: unknown): unknown {
  return error instanceof ProblemError ? causeOf(error.cause) : error;
}

function isStoreAway(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problems.some(({ code }) => code === 'STORE_UNAVAILABLE');
}

/** Name and stack only: a message may quote a value that came from outside. */
function traceOf(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((frame) => frame.trimStart().startsWith('at '));
  return { name: error.name, frames: frames.slice(0, 12).map((frame) => frame.trim()) };
}
