/** Steps as first-class objects, with the provider's true ids. */
import { z } from 'zod';
import { getSequence, getStep } from '../../core/read-sequences.ts';
import { stepSchema } from '../../model/reading.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { readQuery } from '../input.ts';
import { onePage } from '../pages.ts';
import { getQuery, listOf, sequenceIdParam, stepAnswer, stepIdParam, tenantHeaders } from '../schemas.ts';
import { reach } from '../reach.ts';
import { readTenant, requireId, requireOperation, requireStepId } from '../tenant.ts';
import { answerWithWarnings } from '../warnings.ts';
import { errorResponses, type Route } from './route.ts';

const PATH = '/sequences/{sequence_id}/sequence_steps';

export function readStepRoutes(gateway: Gateway): readonly Route[] {
  const shared = { tags: ['Sequence steps'], security: [{ apiKey: [] }, { bearer: [] }] };
  const headers = () => tenantHeaders(gateway.registry);
  const errors = () => errorResponses(400, 401, 404, 424, 429, 500, 501, 502, 503, 504);
  return [
    {
      unified: true,
      config: {
        method: 'get',
        path: PATH,
        operationId: 'listSequenceSteps',
        summary: 'The steps of a sequence, in order',
        ...shared,
        request: () => ({ headers: headers(), params: z.object({ sequence_id: sequenceIdParam }), query: getQuery }),
        responses: () => ({
          200: {
            description: 'All of them, on one page.',
            content: { 'application/json': { schema: listOf(stepSchema, 'SequenceStepList') } },
          },
          ...errors(),
        }),
      },
      handler: (c) => list(c, gateway),
    },
    {
      unified: true,
      config: {
        method: 'get',
        path: `${PATH}/{sequence_step_id}`,
        operationId: 'getSequenceStep',
        summary: 'One step',
        ...shared,
        request: () => ({
          headers: headers(),
          params: z.object({ sequence_id: sequenceIdParam, sequence_step_id: stepIdParam }),
          query: getQuery,
        }),
        responses: () => ({
          200: { description: 'The step.', content: { 'application/json': { schema: stepAnswer } } },
          ...errors(),
        }),
      },
      handler: (c) => get(c, gateway),
    },
  ];
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, operation, id, raw, upstream } = await readRequest(c, gateway);
  const { view, warnings } = await getSequence(tenant.provider, operation, id, raw, upstream);
  const moved = warnings.map((each) => ({
    ...each,
    source: { pointer: each.source.pointer.replace(/^\/steps/, '/records') },
  }));
  return answerWithWarnings(c, gateway, onePage(view.steps), moved, 200);
}

async function get(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, operation, id, raw, upstream } = await readRequest(c, gateway);
  const step = c.req.param('sequence_step_id') ?? '';
  const { view, warnings } = await getStep(tenant.provider, operation, { sequence: id, step }, raw, upstream);
  return answerWithWarnings(c, gateway, view, warnings, 200);
}

async function readRequest(c: RequestContext, gateway: Gateway) {
  const { include_raw_data: raw } = readQuery(c, getQuery);
  const tenant = readTenant(c, gateway);
  const operation = requireOperation(tenant.provider, 'get_sequence');
  const id = requireId(tenant.provider, c.req.param('sequence_id') ?? '');
  const step = c.req.param('sequence_step_id');
  if (step !== undefined) requireStepId(tenant.provider, step);
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  return { tenant, operation, id, raw: raw === 'true', upstream };
}
