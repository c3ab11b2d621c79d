/** Requests whose target or `Host` is none, which reach no route: answered, logged and counted like all others. */
import { Hono } from 'hono';
import { ProblemError } from '../model/problem.ts';
import { answering } from './answering.ts';
import type { Env, Gateway } from './env.ts';

const DETAIL =
  'The target of the request, or its Host header, cannot be read as a URL. Send a path such as /sequences and the host that was connected to.';

/** What it stands under in the log: what was sent cannot be named. */
const NOWHERE = 'http://unreadable.invalid/unreadable';

export function refuseUnreadable(gateway: Gateway): () => Response | Promise<Response> {
  const app = new Hono<Env>();
  app.notFound(
    answering(gateway)(
      () => {
        throw new ProblemError({ code: 'INVALID_HEADER', detail: DETAIL, header: 'host' });
      },
      { name: 'unknown', isOpen: true },
    ),
  );
  return () => app.fetch(new Request(NOWHERE));
}
