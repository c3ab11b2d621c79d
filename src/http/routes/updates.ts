/** Changing what exists: the fields of a step, and a sequence's own. */
import { z } from 'zod';
import { sequenceChangeSchema } from '../../model/sequence.ts';
import { stepChangeSchema } from '../../model/step-change.ts';
import { warningSchema } from '../../model/warning.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { EXAMPLES } from '../examples.ts';
import { bodyReader } from '../input.ts';
import { readJson } from '../json.ts';
import { dryRunQuery, preview, sequenceIdParam, stepIdParam, writeHeaders } from '../schemas.ts';
import { requireId, requireStepId } from '../tenant.ts';
import { answerWrite, beginWrite, readAsked } from '../write.ts';
import { errorResponses, type Route } from './route.ts';

const stepBody = z.object({ record: stepChangeSchema }).meta({ id: 'UpdateSequenceStep' });
const sequenceBody = z.object({ record: sequenceChangeSchema }).meta({ id: 'UpdateSequence' });
const readStepBody = bodyReader(stepBody);
const readSequenceBody = bodyReader(sequenceBody);

const updated = z
  .lazy(() => z.object({ record: z.object({ id: z.string() }), warnings: z.array(warningSchema) }))
  .meta({ id: 'Updated' });

export function updateRoutes(gateway: Gateway): readonly Route[] {
  const shared = {
    method: 'patch' as const,
    security: [{ apiKey: [] }, { bearer: [] }],
    responses: () => ({
      200: {
        description: 'Changed; with `dry_run=true` what would be sent.',
        content: { 'application/json': { schema: z.union([updated, preview]) } },
      },
      ...errorResponses(400, 401, 402, 404, 409, 413, 415, 422, 424, 429, 500, 501, 502, 503, 504),
    }),
  };
  const headers = () => writeHeaders(gateway.registry);
  return [
    {
      unified: true,
      config: {
        ...shared,
        path: '/sequences/{sequence_id}/sequence_steps/{sequence_step_id}',
        operationId: 'updateSequenceStep',
        tags: ['Sequence steps'],
        summary: 'Change a step',
        request: () => ({
          params: z.object({ sequence_id: sequenceIdParam, sequence_step_id: stepIdParam }),
          headers: headers(),
          query: dryRunQuery,
          body: {
            required: true,
            content: { 'application/json': { schema: stepBody, example: EXAMPLES.update_step } },
          },
        }),
      },
      handler: (c) => changeStep(c, gateway),
    },
    {
      unified: true,
      config: {
        ...shared,
        path: '/sequences/{sequence_id}',
        operationId: 'updateSequence',
        tags: ['Sequences'],
        summary: "Change a sequence's own fields",
        request: () => ({
          params: z.object({ sequence_id: sequenceIdParam }),
          headers: headers(),
          query: dryRunQuery,
          body: {
            required: true,
            content: { 'application/json': { schema: sequenceBody, example: EXAMPLES.update_sequence } },
          },
        }),
      },
      handler: (c) => changeSequence(c, gateway),
    },
  ];
}

async function changeStep(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, 'update_step');
  const sequence_id = requireId(tenant.provider, c.req.param('sequence_id') ?? '');
  const step_id = requireStepId(tenant.provider, c.req.param('sequence_step_id') ?? '');
  const { value, manner, asked } = readAsked(c, tenant, readStepBody, await readJson(c));
  const input = { ...manner, record: value.record, target: { sequence_id, step_id } };
  return answerWrite(c, gateway, { tenant, kind: 'update_step', input, asked, dryRun });
}

async function changeSequence(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, 'update_sequence');
  const sequence_id = requireId(tenant.provider, c.req.param('sequence_id') ?? '');
  const { value, manner, asked } = readAsked(c, tenant, readSequenceBody, await readJson(c));
  const input = { ...manner, sequence_id, record: value.record };
  return answerWrite(c, gateway, { tenant, kind: 'update_sequence', input, asked, dryRun });
}
