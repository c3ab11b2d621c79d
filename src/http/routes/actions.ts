/** What is done to sequences and steps that exist: switching on and off, and deleting. */
import { z } from 'zod';
import { warningSchema } from '../../model/warning.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { requireNoBody } from '../no-body.ts';
import { dryRunQuery, preview, sequenceIdParam, stepIdParam, writeHeaders } from '../schemas.ts';
import { requireId, requireStepId } from '../tenant.ts';
import { answerWrite, beginWrite } from '../write.ts';
import { errorResponses, type Route } from './route.ts';

type ActionName = 'activate_sequence' | 'deactivate_sequence' | 'delete_sequence' | 'delete_step';

const SEQUENCE = '/sequences/{sequence_id}';
const acted = z
  .lazy(() => z.object({ record: z.object({ id: z.string() }), warnings: z.array(warningSchema) }))
  .meta({ id: 'Acted' });

export function actionRoutes(gateway: Gateway): readonly Route[] {
  const route = (
    operation: ActionName,
    method: 'post' | 'delete',
    path: string,
    operationId: string,
    summary: string,
  ): Route => {
    const deletes = method === 'delete';
    const params = () =>
      path.includes('step_id')
        ? z.object({ sequence_id: sequenceIdParam, sequence_step_id: stepIdParam })
        : z.object({ sequence_id: sequenceIdParam });
    return {
      unified: true,
      config: {
        method,
        path,
        operationId,
        summary,
        tags: [path.includes('step_id') ? 'Sequence steps' : 'Sequences'],
        security: [{ apiKey: [] }, { bearer: [] }],
        request: () => ({ headers: writeHeaders(gateway.registry), params: params(), query: dryRunQuery }),
        responses: () => ({
          200: {
            description: deletes
              ? 'With `dry_run=true`: what would be sent.'
              : 'Done: the sequence or step is in the state that was asked for.',
            content: { 'application/json': { schema: deletes ? preview : z.union([acted, preview]) } },
          },
          ...(deletes ? { 204: { description: 'Deleted.' } } : {}),
          ...errorResponses(400, 401, 404, 409, 413, 415, 422, 424, 429, 500, 501, 502, 503, 504),
        }),
      },
      handler: (c) => run(c, gateway, operation),
    };
  };
  return [
    route('activate_sequence', 'post', `${SEQUENCE}/actions/activate`, 'activateSequence', 'Switch a sequence on'),
    route(
      'deactivate_sequence',
      'post',
      `${SEQUENCE}/actions/deactivate`,
      'deactivateSequence',
      'Switch a sequence off',
    ),
    route('delete_sequence', 'delete', SEQUENCE, 'deleteSequence', 'Delete a sequence'),
    route(
      'delete_step',
      'delete',
      `${SEQUENCE}/sequence_steps/{sequence_step_id}`,
      'deleteSequenceStep',
      'Delete a step',
    ),
  ];
}

async function run(c: RequestContext, gateway: Gateway, kind: ActionName): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, kind);
  await requireNoBody(c);
  const sequence_id = requireId(tenant.provider, c.req.param('sequence_id') ?? '');
  const step = c.req.param('sequence_step_id');
  const input = step === undefined ? { sequence_id } : { sequence_id, step_id: requireStepId(tenant.provider, step) };
  return answerWrite(c, gateway, { tenant, kind, input, asked: {}, dryRun });
}
