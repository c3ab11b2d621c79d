import type { Context, Hono } from 'hono';
import { activate, archive, deactivate } from './actions.ts';
import { changeSequence } from './change-sequence.ts';
import { approveTouch, changeTemplate, changeTouch } from './content.ts';
import { createSequence } from './create-sequence.ts';
import { admit, admitScope, admitUndocumented, readBody } from './door.ts';
import type { GrantOf, Knock } from './door.ts';
import type { Meter } from './rate.ts';
import { getCampaign, searchCampaigns } from './read.ts';
import { alreadyProcessing, refuse } from './replies.ts';
import type { Reply } from './replies.ts';
import type { SequenceWrites } from './sequence-writes.ts';
import type { Room, State } from './state.ts';
import { changeStep, createStep, deleteStep } from './steps.ts';
import type { ApolloWorld } from './worlds.ts';

export interface Inside {
  readonly world: ApolloWorld;
  /** Asked for at every call, since a reset replaces the state. */
  readonly state: () => State;
  readonly meter: Meter;
  readonly writes: SequenceWrites;
  readonly now: () => number;
  readonly granted: GrantOf;
}

interface Asked {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, string>>;
}

interface Endpoint {
  readonly method: string;
  readonly path: string;
  /** Beside an API key, a token with this scope gets in; where there is none, no token does. */
  readonly scope?: string;
  readonly answer: (room: Room, asked: Asked) => Reply;
}

/** The ones that Apollo documents (https://docs.apollo.io, 2026-08), by their scopes; there is none to delete a sequence. */
const DOCUMENTED = {
  emailer_campaigns_search: on('POST', '/emailer_campaigns/search', (room, { query, body }) =>
    searchCampaigns(room, { ...query, ...body }),
  ),
  emailer_campaigns_create: on('POST', '/sequences', (room, { body }) => createSequence(room, body)),
  emailer_campaigns_update: on('PUT', '/sequences/:id', (room, { id, body }) => changeSequence(room, id, body)),
  emailer_campaigns_approve: on('POST', '/emailer_campaigns/:id/approve', (room, { id, body }) =>
    activate(room, id, body),
  ),
  emailer_campaigns_abort: on('POST', '/emailer_campaigns/:id/abort', (room, { id, body }) =>
    deactivate(room, id, body),
  ),
  emailer_campaigns_archive: on('POST', '/emailer_campaigns/:id/archive', (room, { id, body }) =>
    archive(room, id, body),
  ),
};

/** Those that are seen in public clients up to 2026. */
const UNDOCUMENTED = [
  on('GET', '/emailer_campaigns/:id', (room, { id }) => getCampaign(room, id)),
  on('POST', '/emailer_steps', (room, { body }) => createStep(room, body)),
  on('PUT', '/emailer_steps/:id', (room, { id, body }) => changeStep(room, id, body)),
  on('DELETE', '/emailer_steps/:id', (room, { id, body }) => deleteStep(room, id, body)),
  on('PUT', '/emailer_touches/:id', (room, { id, body }) => changeTouch(room, id, body)),
  on('POST', '/emailer_touches/:id/approve', (room, { id, body }) => approveTouch(room, id, body)),
  on('PUT', '/emailer_templates/:id', (room, { id, body }) => changeTemplate(room, id, body)),
];

const ENDPOINTS: readonly Endpoint[] = [
  ...Object.entries(DOCUMENTED).map(([scope, endpoint]) => ({ ...endpoint, scope })),
  ...UNDOCUMENTED,
];

/** Puts Apollo's endpoints on the app, behind its door. */
export function mountRoutes(app: Hono, inside: Inside): void {
  app.use(async (c, next) => {
    const refusal = admit(await knockOf(c), inside.granted);
    if (!refusal) return next();
    return send(c, refusal);
  });
  for (const endpoint of ENDPOINTS) app.on(endpoint.method, endpoint.path, (c) => serve(c, endpoint, inside));
  app.notFound((c) => send(c, refuse(404, 'Not Found')));
}

async function serve(
  c: Context,
  endpoint: Endpoint,
  { world, state, meter, writes, now, granted }: Inside,
): Promise<Response> {
  const knock = await knockOf(c);
  const { scope } = endpoint;
  const refusal = scope === undefined ? admitUndocumented(knock) : admitScope(knock, scope, granted);
  if (refusal) return send(c, refusal);
  const counted = meter.count(endpoint);
  for (const [name, value] of Object.entries(counted.headers)) c.header(name, value);
  if (counted.refusal) return send(c, counted.refusal);
  if (writes.isBusyFor(c.req.raw)) return send(c, alreadyProcessing());
  const read = readBody(knock);
  if ('status' in read) return send(c, read);
  const room: Room = { state: state(), world, now: now() };
  return send(c, endpoint.answer(room, { id: c.req.param('id') ?? '', body: read.body, query: knock.query }));
}

function on(method: string, path: string, answer: Endpoint['answer']): Endpoint {
  return { method, path: `/api/v1${path}`, answer };
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
