import type { Context } from 'hono';
import { adjustableLimits, completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { Sandbox, SandboxOptions } from '#sandbox';
import { salesloftAuthorization } from './sandbox/authorization.ts';
import type { WrittenBody } from './sandbox/body.ts';
import { INVALID_TOKEN, LIMITS, minuteBudget, refusalsOf, throttledBody } from './sandbox/budget.ts';
import { callInstructionsView, detailsOf, emailDetailsView } from './sandbox/details.ts';
import { notFound, refusal } from './sandbox/errors.ts';
import type { Answer } from './sandbox/errors.ts';
import { exportView } from './sandbox/export.ts';
import { importCadence } from './sandbox/import-cadence.ts';
import { CADENCES, CALL_INSTRUCTIONS, STEPS, templateList } from './sandbox/list-specs.ts';
import { listRows } from './sandbox/lists.ts';
import { sandboxSequences, storedSteps } from './sandbox/observed.ts';
import { seededState } from './sandbox/seeds.ts';
import { runningOrder } from './sandbox/state.ts';
import type { EmailTemplate, Step } from './sandbox/state.ts';
import { cadenceView, stepView, templateView } from './sandbox/views.ts';
import { ORIGIN } from './sandbox/wire.ts';
import { worlds } from './sandbox/worlds.ts';
import { changeTemplate, createTemplate } from './sandbox/write-template.ts';

/** Salesloft API v2: cadences and steps to read, `cadence_imports` to write, email templates for both. */
export default defineSandbox({ worlds, create: createSalesloft });

const credentials = { api_key: 'ak_salesloft-sandbox-key', access_token: 'salesloft-sandbox-token' } as const;

const NO_TOKEN = 'No Bearer Token attached to request, please see documentation at developers.salesloft.com';

function createSalesloft(options: SandboxOptions<typeof worlds> = {}): Sandbox {
  const { now = Date.now } = options;
  const world = completeWorld(worlds, options.world);
  const limits = adjustableLimits(LIMITS, options.limits);
  const budget = minuteBudget(now, () => limits.now().cost_per_minute);
  const { app, calls, faulty, forget } = recordedApp({ refusals: refusalsOf(world) });
  const server = salesloftAuthorization(world, now);
  let state = seededState();

  server.mount(app);
  app.use(async (c, next) => {
    const token = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1];
    // Both texts, and that unknown paths answer them too, without WWW-Authenticate: seen live on 2026-09-11.
    if (!token) return send(c, refusal(401, NO_TOKEN));
    if (!Object.values<string>(credentials).includes(token) && !server.access(token))
      return send(c, refusal(401, INVALID_TOKEN));
    const { taken, headers } = budget.take(c.req.url);
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    if (taken) return next();
    const body = throttledBody(world.throttled_body);
    return typeof body === 'string' ? c.body(body, 429) : c.json(body, 429);
  });

  const viewStep = (step: Step) => stepView(step, world);
  serve('GET', '/v2/cadences', ({ req }) => listRows([...state.cadences.values()], req.url, CADENCES, cadenceView));
  serve('GET', '/v2/cadences/:id', (c) => one([...state.cadences.values()], c, cadenceView));
  serve('GET', '/v2/cadence_exports/:id', (c) =>
    one([...state.cadences.values()], c, (cadence) => exportView(cadence, runningOrder(state, cadence.id), world)),
  );
  serve('POST', '/v2/cadence_imports', async (c) => importCadence(state, world, now(), await written(c)));
  serve('GET', '/v2/steps', ({ req }) => listRows(visibleSteps(), req.url, STEPS, viewStep));
  serve('GET', '/v2/steps/:id', (c) => one(visibleSteps(), c, viewStep));

  const callInstructions = () => detailsOf(visibleSteps(), 'Phone', world);
  serve('GET', '/v2/action_details/call_instructions', ({ req }) =>
    listRows(callInstructions(), req.url, CALL_INSTRUCTIONS, callInstructionsView),
  );
  serve('GET', '/v2/action_details/call_instructions/:id', (c) => one(callInstructions(), c, callInstructionsView));
  if (world.email_details === 'served') {
    serve('GET', '/v2/action_details/email_details/:id', (c) =>
      one(detailsOf(visibleSteps(), 'Email', world), c, (row) => emailDetailsView(row, state.templates.values())),
    );
  }

  const templates = templateList(({ step_id }) => state.steps.get(step_id ?? 0)?.cadence_id);
  serve('GET', '/v2/email_templates', ({ req }) => listRows(visibleTemplates(), req.url, templates, templateView));
  serve('POST', '/v2/email_templates', async (c) => createTemplate(state, world, now(), await written(c)));
  serve('GET', '/v2/email_templates/:id', (c) => one(visibleTemplates(), c, templateView));
  serve('PUT', '/v2/email_templates/:id', async (c) => {
    const template = named(visibleTemplates(), c);
    return template ? changeTemplate(state, world, now(), { template, request: await written(c) }) : notFound();
  });
  // A path that does not exist is an HTML page, not JSON.
  app.notFound((c) => c.html('<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>', 404));

  return {
    ...faulty,
    app,
    origin: ORIGIN,
    credentials,
    authorization: server.authorization,
    templates: [...state.templates.values()].filter(({ step_id }) => step_id === null).map(({ id }) => String(id)),
    sequences: () => sandboxSequences(state),
    steps: (sequenceId) => storedSteps(state, Number(sequenceId)),
    calls,
    limits: limits.now,
    changeLimits: limits.change,
    reset: () => {
      state = seededState();
      limits.reset();
      budget.reset();
      server.reset();
      forget();
    },
  };

  // With and without `.json`: the OpenAPI description has the suffix, integrators leave it out, both work.
  function serve(method: string, path: string, answer: (c: Context) => Answer | Promise<Answer>): void {
    for (const form of path.endsWith('/:id') ? [path] : [path, `${path}.json`]) {
      app.on(method, form, async (c) => send(c, await answer(c)));
    }
  }

  function visibleSteps(): Step[] {
    return [...state.steps.values()].filter((step) => step.visible_from <= now());
  }

  function visibleTemplates(): EmailTemplate[] {
    return [...state.templates.values()].filter(
      ({ step_id }) => (state.steps.get(step_id ?? 0)?.visible_from ?? -Infinity) <= now(),
    );
  }
}

async function written(c: Context): Promise<WrittenBody> {
  return { contentType: c.req.header('content-type') ?? '', text: await c.req.text() };
}

function named<Row extends { readonly id: number }>(rows: readonly Row[], c: Context): Row | undefined {
  const id = (c.req.param('id') ?? '').replace(/\.json$/, '');
  return /^[1-9]\d*$/.test(id) ? rows.find((row) => row.id === Number(id)) : undefined;
}

function one<Row extends { readonly id: number }>(
  rows: readonly Row[],
  c: Context,
  view: (row: Row) => object,
): Answer {
  const row = named(rows, c);
  return row === undefined ? notFound() : { status: 200, body: { data: view(row) } };
}

function send(c: Context, { status, body }: Answer): Response {
  return c.json(body, status);
}
