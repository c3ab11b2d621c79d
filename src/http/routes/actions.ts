/** What is done to sequences and steps that exist: switching on and off, and deleting. */
import { z } from 'zod';
import { warningSchema } from '../../model/warning.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { pathParam } from '../input.ts';
import { requireNoBody } from '../no-body.ts';
import { dryRunQuery, preview, sequenceParams, stepParams, writeHeaders } from '../schemas.ts';
import { requireId, requireStepId } from '../tenant.ts';
import { answerWrite, beginWrite } from '../write.ts';
import { errorResponses, jsonAnswer } from './answers.ts';
import type { Route } from './route.ts';

type ActionName = 'activate_sequence' | 'deactivate_sequence' | 'delete_sequence' | 'delete_step';

const SEQUENCE = '/sequences/{sequence_id}';
const acted = z
  .lazy(() => z.object({ record: z.object({ id: z.string() }), warnings: z.array(warningSchema) }))
  .meta({ id: 'Acted' });

export function actionRoutes(gateway: Gateway): readonly Route[] {
  const route = (kind: ActionName, { params, responses, ...config }: Described): Route => ({
    unified: true,
    config: {
      ...config,
      request: () => ({ headers: writeHeaders(gateway.registry), params: params(), query: dryRunQuery }),
      responses: () => ({
        ...responses(),
        ...errorResponses(400, 404, 409, 413, 415, 422, 424, 429, 501, 502, 503, 504),
      }),
    },
    handler: (c) => run(c, gateway, kind),
  });
  return [
    route('activate_sequence', {
      method: 'post',
      path: `${SEQUENCE}/actions/activate`,
      operationId: 'activateSequence',
      tags: ['Sequences'],
      summary: 'Switch a sequence on',
      params: sequenceParams,
      responses: switched,
    }),
    route('deactivate_sequence', {
      method: 'post',
      path: `${SEQUENCE}/actions/deactivate`,
      operationId: 'deactivateSequence',
      tags: ['Sequences'],
      summary: 'Switch a sequence off',
      params: sequenceParams,
      responses: switched,
    }),
    route('delete_sequence', {
      method: 'delete',
      path: SEQUENCE,
      operationId: 'deleteSequence',
      tags: ['Sequences'],
      summary: 'Delete a sequence',
      params: sequenceParams,
      responses: deleted,
    }),
    route('delete_step', {
      method: 'delete',
      path: `${SEQUENCE}/sequence_steps/{sequence_step_id}`,
      operationId: 'deleteSequenceStep',
      tags: ['Sequence steps'],
      summary: 'Delete a step',
      params: stepParams,
      responses: deleted,
    }),
  ];
}

interface Described extends Pick<
  Route['config'],
  'method' | 'path' | 'operationId' | 'tags' | 'summary' | 'responses'
> {
  readonly params: () => z.ZodObject;
}

function switched() {
  return {
    200: jsonAnswer('Done: the sequence or step is in the state that was asked for.', z.union([acted, preview])),
  };
}

function deleted() {
  return { 200: jsonAnswer('With `dry_run=true`: what would be sent.', preview), 204: { description: 'Deleted.' } };
}

async function run(c: RequestContext, gateway: Gateway, kind: ActionName): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, kind);
  await requireNoBody(c);
  const sequence_id = requireId(tenant.provider, pathParam(c, 'sequence_id'));
  const step = c.req.param('sequence_step_id');
  const input = step === undefined ? { sequence_id } : { sequence_id, step_id: requireStepId(tenant.provider, step) };
  return answerWrite(c, gateway, { tenant, kind, input, asked: {}, dryRun });
}
