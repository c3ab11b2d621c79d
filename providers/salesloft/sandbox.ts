import type { Context } from 'hono';
import { completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { Sandbox, SandboxOptions } from '#sandbox';
import { notFound, refusal } from './sandbox/errors.ts';
import type { Answer } from './sandbox/errors.ts';
import { importCadence } from './sandbox/import-cadence.ts';
import { among, amongTexts, callCost, flag, listRows, notModelled, timeRange } from './sandbox/lists.ts';
import type { ListSpec } from './sandbox/lists.ts';
import { seededState } from './sandbox/seeds.ts';
import { sandboxSequences, storedSteps } from './sandbox/state.ts';
import type { Cadence, Step } from './sandbox/state.ts';
import { ORIGIN, cadenceView, exportView, stepType, stepView, templateView } from './sandbox/views.ts';
import { worlds } from './sandbox/worlds.ts';

/** Salesloft API v2: cadences and steps to read, `cadence_imports` to write, one email template. */
export default defineSandbox({ worlds, create: createSalesloft });

const credentials = { api_key: 'ak_salesloft-sandbox-key', access_token: 'salesloft-sandbox-token' } as const;

/**
 * Cost units a minute, shared by a whole team. Only counted here: the body of a 429 is not documented.
 * https://developers.salesloft.com/docs/platform/api-basics/rate-limits
 */
const BUDGET = 600;

const NO_TOKEN = 'No Bearer Token attached to request, please see documentation at developers.salesloft.com';

const CADENCES: ListSpec<Cadence> = {
  sorts: {
    created_at: (cadence) => cadence.created_at,
    updated_at: (cadence) => cadence.updated_at,
    name: (cadence) => cadence.settings.name,
  },
  filters: {
    'ids[]': among((cadence) => cadence.id),
    'name[]': amongTexts((cadence) => cadence.settings.name),
    team_cadence: flag((cadence) => cadence.sharing_settings.team_cadence),
    shared: flag((cadence) => cadence.sharing_settings.shared),
    archived: flag(() => false),
    ...timeRange<Cadence>('updated_at', (cadence) => cadence.updated_at),
    'owned_by_guid[]': notModelled,
    people_addable: notModelled,
    group_ids: notModelled,
  },
};

const STEPS: ListSpec<Step> = {
  sorts: { created_at: (step) => step.created_at, updated_at: (step) => step.created_at },
  filters: {
    'ids[]': among((step) => step.id),
    cadence_id: (values) => among((step: Step) => step.cadence_id)(values.slice(-1)),
    type: (values) => amongTexts(stepType, ['email', 'phone', 'integration', 'other'])(values.slice(-1)),
    has_due_actions: notModelled,
  },
};

function createSalesloft({ world: chosen, now = Date.now }: SandboxOptions<typeof worlds> = {}): Sandbox {
  const world = completeWorld(worlds, chosen);
  const { app, calls, answerNext, forget } = recordedApp();
  let state = seededState();
  let spent = { minute: 0, cost: 0 };

  app.use(async (c, next) => {
    const token = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1];
    // Both texts, and that unknown paths answer them too, without WWW-Authenticate: seen live on 2026-09-11.
    if (!token) return send(c, refusal(401, NO_TOKEN));
    if (!Object.values<string>(credentials).includes(token)) return send(c, refusal(401, 'Invalid Bearer token'));
    const cost = callCost(c.req.url);
    const minute = Math.floor(now() / 60_000);
    spent = { minute, cost: cost + (spent.minute === minute ? spent.cost : 0) };
    c.header('x-ratelimit-endpoint-cost', String(cost));
    c.header('x-ratelimit-remaining-minute', String(Math.max(0, BUDGET - spent.cost)));
    return next();
  });

  get('/v2/cadences', (c) => listRows([...state.cadences.values()], c.req.url, CADENCES, cadenceView));
  get('/v2/steps', (c) => listRows(visibleSteps(), c.req.url, STEPS, viewStep));
  get('/v2/cadences/:id', (c) => one(state.cadences, c, cadenceView));
  get('/v2/cadence_exports/:id', (c) => one(state.cadences, c, exportView));
  get('/v2/email_templates/:id', (c) => one(state.templates, c, templateView));
  get('/v2/steps/:id', (c) => one(new Map(visibleSteps().map((step) => [step.id, step])), c, viewStep));
  for (const path of ['/v2/cadence_imports', '/v2/cadence_imports.json']) {
    app.post(path, async (c) => {
      const request = { contentType: c.req.header('content-type') ?? '', text: await c.req.text() };
      return send(c, importCadence(state, world, now(), request));
    });
  }
  // A path that does not exist is an HTML page, not JSON.
  app.notFound((c) => c.html('<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>', 404));

  return {
    app,
    origin: ORIGIN,
    credentials,
    templates: [...state.templates.keys()].map(String),
    sequences: () => sandboxSequences(state),
    steps: (sequenceId) => storedSteps(state, Number(sequenceId)),
    calls,
    answerNext,
    reset: () => {
      state = seededState();
      spent = { minute: 0, cost: 0 };
      forget();
    },
  };

  // With and without `.json`: the OpenAPI description has the suffix, integrations leave it out, both work.
  function get(path: string, answer: (c: Context) => Answer): void {
    for (const form of path.endsWith('/:id') ? [path] : [path, `${path}.json`]) {
      app.get(form, (c) => send(c, answer(c)));
    }
  }

  function visibleSteps(): Step[] {
    return [...state.steps.values()].filter((step) => step.visible_from <= now());
  }

  function viewStep(step: Step): object {
    return stepView(step, world.step_number_as);
  }
}

function one<Row>(rows: ReadonlyMap<number, Row>, c: Context, view: (row: Row) => object): Answer {
  const id = (c.req.param('id') ?? '').replace(/\.json$/, '');
  const row = /^[1-9]\d*$/.test(id) ? rows.get(Number(id)) : undefined;
  return row === undefined ? notFound() : { status: 200, body: { data: view(row) } };
}

function send(c: Context, { status, body }: Answer): Response {
  return c.json(body, status);
}
