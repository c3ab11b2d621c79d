/** The main job: one step, created in any product. */
import type { Gateway, RequestContext } from '../env.ts';
import { EXAMPLES } from '../examples.ts';
import { bodyReader } from '../input.ts';
import { readJson, type Json } from '../json.ts';
import { createdStep, createStepBody, dryRunQuery, preview, writeHeaders } from '../schemas.ts';
import { requireId } from '../tenant.ts';
import { answerWrite, beginWrite, readAsked } from '../write.ts';
import { z } from 'zod';
import { errorResponses, type Route } from './route.ts';

const readBody = bodyReader(createStepBody);

export function sequenceStepRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      unified: true,
      config: {
        method: 'post',
        path: '/sequences/{sequence_id}/sequence_steps',
        operationId: 'createSequenceStep',
        tags: ['Sequence steps'],
        summary: 'Create one step',
        description:
          'Creates one step in the provider and answers with its id there. What the provider cannot do comes back as warnings; with `Prefer: handling=strict` it is refused before anything is written.',
        security: [{ apiKey: [] }, { bearer: [] }],
        request: () => ({
          params: z.object({
            sequence_id: z.string().meta({ description: "The provider's id of the sequence.", example: '18' }),
          }),
          headers: writeHeaders(gateway.registry),
          query: dryRunQuery,
          body: {
            required: true,
            content: { 'application/json': { schema: createStepBody, example: EXAMPLES.create_step } },
          },
        }),
        responses: () => ({
          200: {
            description: 'With `dry_run=true`: what would be sent.',
            content: { 'application/json': { schema: preview } },
          },
          201: { description: 'Created.', content: { 'application/json': { schema: createdStep } } },
          ...errorResponses(400, 401, 402, 404, 409, 413, 415, 422, 424, 429, 500, 501, 502, 503, 504),
        }),
      },
      handler: (c) => createStep(c, gateway),
    },
  ];
}

function createStep(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, 'create_steps');
  const sequence_id = requireId(tenant.provider, c.req.param('sequence_id') ?? '');
  const create = (body: Json): Promise<Response> => {
    const { value, manner, asked } = readAsked(c, tenant, readBody, body);
    const input = { ...manner, sequence_id, asked: { record: value.record, pointer: '/record' } };
    return answerWrite(c, gateway, { tenant, kind: 'create_steps', input, asked, dryRun });
  };
  const body = readJson(c);
  return body instanceof Promise ? body.then(create) : create(body);
}
