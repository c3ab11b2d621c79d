/** Changing what exists: the fields of a step, and a sequence's own. */
import { z } from 'zod';
import { sequenceChangeSchema } from '../../model/sequence.ts';
import { stepChangeSchema } from '../../model/step-change.ts';
import { warningSchema } from '../../model/warning.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { EXAMPLES } from '../examples.ts';
import { bodyReader, pathParam } from '../input.ts';
import { readJson } from '../json.ts';
import { dryRunQuery, preview, sequenceParams, stepParams, writeHeaders } from '../schemas.ts';
import { requireId, requireStepId } from '../tenant.ts';
import { answerWrite, beginWrite, readAsked } from '../write.ts';
import { jsonAnswer, jsonBody, providerWriteErrors } from './answers.ts';
import type { Route } from './route.ts';

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
    responses: () => ({
      200: jsonAnswer('Changed; with `dry_run=true` what would be sent.', z.union([updated, preview])),
      ...providerWriteErrors(),
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
          params: stepParams(),
          headers: headers(),
          query: dryRunQuery,
          body: jsonBody(stepBody, EXAMPLES.update_step),
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
          params: sequenceParams(),
          headers: headers(),
          query: dryRunQuery,
          body: jsonBody(sequenceBody, EXAMPLES.update_sequence),
        }),
      },
      handler: (c) => changeSequence(c, gateway),
    },
  ];
}

async function changeStep(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, 'update_step');
  const sequence_id = requireId(tenant.provider, pathParam(c, 'sequence_id'));
  const step_id = requireStepId(tenant.provider, pathParam(c, 'sequence_step_id'));
  const { value, manner, asked } = readAsked(c, tenant, readStepBody, await readJson(c));
  const input = { ...manner, record: value.record, target: { sequence_id, step_id } };
  return answerWrite(c, gateway, { tenant, kind: 'update_step', input, asked, dryRun });
}

async function changeSequence(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, 'update_sequence');
  const sequence_id = requireId(tenant.provider, pathParam(c, 'sequence_id'));
  const { value, manner, asked } = readAsked(c, tenant, readSequenceBody, await readJson(c));
  const input = { ...manner, sequence_id, record: value.record };
  return answerWrite(c, gateway, { tenant, kind: 'update_sequence', input, asked, dryRun });
}
