/** The routes of development mode, for whoever tries things out. */
import type { Hono } from 'hono';
import type { Answering, Handler } from './answering.ts';
import type { DevMode, Env, Gateway } from './env.ts';
import { readJson } from './json.ts';
import { returnedPage } from './oauth/returned-page.ts';

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
