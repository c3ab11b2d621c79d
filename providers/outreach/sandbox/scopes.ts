/** What a token may do: https://developers.outreach.io/api/oauth . Scopes are not additive, `write` does not give `read`. */
import type { MiddlewareHandler } from 'hono';
import type { Granted } from '#sandbox';
import { unauthorizedScope } from './refusals.ts';

/** `granted` knows nothing of the sandbox's fixed token, which may do everything. */
export const requireScope =
  (granted: (authorization: string) => Granted | undefined): MiddlewareHandler =>
  async (c, next) => {
    const scopes = granted(c.req.header('authorization') ?? '')?.scopes;
    const [, resource, isAction] = RESOURCE.exec(c.req.path) ?? [];
    if (scopes && resource !== undefined) {
      const wanted = `${resource}.${isAction ? 'all' : (RIGHTS[c.req.method] ?? 'all')}`;
      if (!scopes.includes(wanted) && !scopes.includes(`${resource}.all`)) throw unauthorizedScope(wanted);
    }
    await next();
  };

const RESOURCE = /^\/api\/v2\/(sequences|sequenceSteps|sequenceTemplates|templates)(?:\/[^/]+(\/actions\/)?|$)/;

/** Which one an action needs is not known: the sandbox wants `all`. */
const RIGHTS: Readonly<Record<string, string>> = { GET: 'read', POST: 'write', PATCH: 'write', DELETE: 'delete' };
