import type { Context, Hono } from 'hono';
import { admit, admitUndocumented, readBody } from './door.ts';
import type { Knock } from './door.ts';
import type { Meter } from './rate.ts';
import { getCampaign, searchCampaigns } from './read.ts';
import type { SearchWorld } from './read.ts';
import { refuse } from './replies.ts';
import type { Reply } from './replies.ts';
import type { State } from './state.ts';
import { approveTouch, changeTemplate, changeTouch, createStep } from './write.ts';
import type { JsonObject, WriteWorld } from './write.ts';

export interface Inside {
  readonly world: SearchWorld & WriteWorld;
  /** Asked for at every call, since a reset replaces the state. */
  readonly state: () => State;
  readonly meter: Meter;
  readonly now: () => number;
}

interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly documented: boolean;
  readonly answer: (request: { readonly id: string; readonly body: JsonObject; readonly knock: Knock }) => Reply;
}

/** Puts Apollo's endpoints on the app, behind its door. */
export function mountRoutes(app: Hono, inside: Inside): void {
  app.use(async (c, next) => {
    const refusal = admit(await knockOf(c));
    if (!refusal) return next();
    return send(c, refusal);
  });
  for (const endpoint of endpointsOf(inside)) {
    app.on(endpoint.method, endpoint.path, (c) => serve(c, endpoint, inside.meter));
  }
  app.notFound((c) => send(c, refuse(404, 'Not Found')));
}

/** Search is the only one of these that Apollo documents; the others are seen in public clients up to 2026. */
function endpointsOf({ world, state, now }: Inside): readonly Endpoint[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/emailer_campaigns/search',
      documented: true,
      answer: ({ body, knock }) => searchCampaigns(state(), world, { ...knock.query, ...body }),
    },
    {
      method: 'GET',
      path: '/api/v1/emailer_campaigns/:id',
      documented: false,
      answer: ({ id }) => getCampaign(state(), id),
    },
    {
      method: 'POST',
      path: '/api/v1/emailer_steps',
      documented: false,
      answer: ({ body }) => createStep(state(), world, body, new Date(now()).toISOString()),
    },
    {
      method: 'PUT',
      path: '/api/v1/emailer_touches/:id',
      documented: false,
      answer: ({ id, body }) => changeTouch(state(), world, id, body),
    },
    {
      method: 'PUT',
      path: '/api/v1/emailer_templates/:id',
      documented: false,
      answer: ({ id, body }) => changeTemplate(state(), id, body),
    },
    {
      method: 'POST',
      path: '/api/v1/emailer_touches/:id/approve',
      documented: false,
      answer: ({ id, body }) => approveTouch(state(), id, body),
    },
  ];
}

async function serve(c: Context, endpoint: Endpoint, meter: Meter): Promise<Response> {
  const knock = await knockOf(c);
  const refusal = endpoint.documented ? undefined : admitUndocumented(knock);
  if (refusal) return send(c, refusal);
  for (const [name, value] of Object.entries(meter.count(`${endpoint.method} ${endpoint.path}`))) c.header(name, value);
  const read = readBody(knock);
  if ('status' in read) return send(c, read);
  return send(c, endpoint.answer({ id: c.req.param('id') ?? '', body: read.body, knock }));
}

async function knockOf(c: Context): Promise<Knock> {
  return {
    method: c.req.method,
    path: c.req.path,
    query: c.req.query(),
    header: (name) => c.req.header(name),
    text: await c.req.text(),
  };
}

function send(c: Context, { status, body }: Reply): Response {
  return typeof body === 'string' ? c.text(body, status) : c.json(body, status);
}
