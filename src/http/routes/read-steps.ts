/** Steps as first-class objects, with the provider's true ids. */
import { getSequence, getStep } from '../../core/read-sequences.ts';
import { stepSchema } from '../../model/reading.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { pathParam } from '../input.ts';
import { onePage } from '../pages.ts';
import { getQuery, listOf, sequenceParams, stepAnswer, stepParams, tenantHeaders } from '../schemas.ts';
import { beginRead } from '../read.ts';
import { requireId, requireStepId } from '../tenant.ts';
import { answerWithWarnings } from '../warnings.ts';
import { jsonAnswer, providerReadErrors } from './answers.ts';
import type { Route } from './route.ts';

const PATH = '/sequences/{sequence_id}/sequence_steps';

export function readStepRoutes(gateway: Gateway): readonly Route[] {
  const headers = () => tenantHeaders(gateway.registry);
  return [
    {
      unified: true,
      config: {
        method: 'get',
        path: PATH,
        operationId: 'listSequenceSteps',
        summary: 'The steps of a sequence, in order',
        tags: ['Sequence steps'],
        request: () => ({ headers: headers(), params: sequenceParams(), query: getQuery }),
        responses: () => ({
          200: jsonAnswer('All of them, on one page.', listOf(stepSchema, 'SequenceStepList')),
          ...providerReadErrors(),
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
        tags: ['Sequence steps'],
        request: () => ({
          headers: headers(),
          params: stepParams(),
          query: getQuery,
        }),
        responses: () => ({
          200: jsonAnswer('The step.', stepAnswer),
          ...providerReadErrors(),
        }),
      },
      handler: (c) => get(c, gateway),
    },
  ];
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, operation, raw, upstream } = beginRead(c, gateway, 'get_sequence', getQuery);
  const id = requireId(tenant.provider, pathParam(c, 'sequence_id'));
  const { view, warnings } = await getSequence(tenant.provider, operation, id, raw, await upstream());
  const moved = warnings.map((each) => ({
    ...each,
    source: { pointer: each.source.pointer.replace(/^\/steps/, '/records') },
  }));
  return answerWithWarnings(c, gateway, onePage(view.steps), moved, 200);
}

async function get(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, operation, raw, upstream } = beginRead(c, gateway, 'get_sequence', getQuery);
  const sequence = requireId(tenant.provider, pathParam(c, 'sequence_id'));
  const step = requireStepId(tenant.provider, pathParam(c, 'sequence_step_id'));
  const { view, warnings } = await getStep(tenant.provider, operation, { sequence, step }, raw, await upstream());
  return answerWithWarnings(c, gateway, view, warnings, 200);
}
