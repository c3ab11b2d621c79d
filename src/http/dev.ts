/** Development mode at the door: loopback hosts only, and routes for whoever tries things out. */
import type { Hono } from 'hono';
import { ProblemError } from '../model/problem.ts';
import type { Answering, Handler } from './answering.ts';
import type { DevMode, Env, Gateway, RequestContext } from './env.ts';
import { readJson } from './json.ts';
import { isForBrowsers } from './oauth/paths.ts';
import { returnedPage } from './oauth/returned-page.ts';

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

export function mountDevRoutes(
  app: Hono<Env>,
  answer: Answering,
  dev: DevMode,
  { limits, operations, registry, consent }: Pick<Gateway, 'limits' | 'operations' | 'registry' | 'consent'>,
): void {
  const on = (method: string, path: string, handler: Handler): unknown => app.on(method, path, answer(handler));
  on('GET', '/dev', (c) => c.json(dev.describe()));
  on('GET', '/dev/sandboxes/:provider', (c) => c.json(dev.look(c.req.param('provider') ?? '')));
  on('POST', '/dev/reset', async (c) => {
    await dev.reset();
    limits.forgetAll();
    await operations.forgetAll();
    return c.json(dev.describe());
  });
  // In the place of an application's own page.
  on('GET', '/dev/returned', (c) =>
    returnedPage(c, { registry, publicUrl: consent.publicUrl ?? '', apiKey: dev.apiKey }),
  );
  const { faults } = dev;
  if (!faults) return;
  on('GET', '/dev/faults', (c) => c.json(faults.list()));
  on('POST', '/dev/faults', async (c) => c.json(faults.add(await readJson(c)), 201));
  on('DELETE', '/dev/faults/:id?', (c) => {
    faults.clear(c.req.param('id'));
    return c.json(faults.list());
  });
}
