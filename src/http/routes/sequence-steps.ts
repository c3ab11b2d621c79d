/** The main job: one step, created in any product. */
import type { Gateway, RequestContext } from '../env.ts';
import { EXAMPLES } from '../examples.ts';
import { bodyReader, pathParam } from '../input.ts';
import { readJson, type Json } from '../json.ts';
import { createdStep, createStepBody, dryRunQuery, preview, sequenceParams, writeHeaders } from '../schemas.ts';
import { requireId } from '../tenant.ts';
import { answerWrite, beginWrite, readAsked } from '../write.ts';
import { jsonAnswer, jsonBody, providerWriteErrors } from './answers.ts';
import type { Route } from './route.ts';

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
        request: () => ({
          params: sequenceParams(),
          headers: writeHeaders(gateway.registry),
          query: dryRunQuery,
          body: jsonBody(createStepBody, EXAMPLES.create_step),
        }),
        responses: () => ({
          200: jsonAnswer('With `dry_run=true`: what would be sent.', preview),
          201: jsonAnswer('Created.', createdStep),
          ...providerWriteErrors(),
        }),
      },
      handler: (c) => createStep(c, gateway),
    },
  ];
}

function createStep(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, 'create_steps');
  const sequence_id = requireId(tenant.provider, pathParam(c, 'sequence_id'));
  const create = (body: Json): Promise<Response> => {
    const { value, manner, asked } = readAsked(c, tenant, readBody, body);
    const input = { ...manner, sequence_id, asked: { record: value.record, pointer: '/record' } };
    return answerWrite(c, gateway, { tenant, kind: 'create_steps', input, asked, dryRun });
  };
  const body = readJson(c);
  return body instanceof Promise ? body.then(create) : create(body);
}
