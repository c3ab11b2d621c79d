/** Sequences: a list, and one with its steps. */
import { z } from '@hono/zod-openapi';
import { getSequence, listSequences } from '../../core/read-sequences.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { readQuery } from '../input.ts';
import { pageOf, readPlace } from '../pages.ts';
import { getQuery, listQuery, listOf, sequenceAnswer, sequenceIdParam, tenantHeaders } from '../schemas.ts';
import { sequenceSchema } from '../../model/reading.ts';
import { reach, readTenant, requireId, requireOperation } from '../tenant.ts';
import { answerWithWarnings } from '../warnings.ts';
import { errorResponses, type Route } from './route.ts';

const sequencesQuery = listQuery.extend({
  ids: z.string().optional().openapi({ description: 'Ids, separated by commas.' }),
  name: z.string().optional().openapi({ description: 'A name, matched as the provider does it.' }),
  modified_after: z.iso.datetime({ offset: true }).optional().openapi({ example: '2026-01-01T00:00:00Z' }),
  include_raw_data: getQuery.shape.include_raw_data,
});

export function sequenceRoutes(gateway: Gateway): readonly Route[] {
  const shared = { tags: ['Sequences'], security: [{ apiKey: [] }, { bearer: [] }] };
  const headers = tenantHeaders(gateway.registry);
  return [
    {
      unified: true,
      config: {
        ...{ method: 'get', path: '/sequences', operationId: 'listSequences', summary: 'List sequences', ...shared },
        request: { headers, query: sequencesQuery },
        responses: {
          200: {
            description: 'One page.',
            content: { 'application/json': { schema: listOf(sequenceSchema, 'SequenceList') } },
          },
          ...errorResponses(400, 401, 404, 424, 429, 500, 501, 502, 503, 504),
        },
      },
      handler: (c) => list(c, gateway),
    },
    {
      unified: true,
      config: {
        ...{
          method: 'get',
          path: '/sequences/{sequence_id}',
          operationId: 'getSequence',
          summary: 'One sequence with its steps',
          ...shared,
        },
        request: { headers, params: z.object({ sequence_id: sequenceIdParam }), query: getQuery },
        responses: {
          200: { description: 'The sequence.', content: { 'application/json': { schema: sequenceAnswer } } },
          ...errorResponses(400, 401, 404, 424, 429, 500, 501, 502, 503, 504),
        },
      },
      handler: (c) => get(c, gateway),
    },
  ];
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { ids, name, modified_after, include_raw_data: raw, ...paging } = readQuery(c, sequencesQuery);
  const tenant = readTenant(c, gateway);
  const { provider } = tenant;
  const operation = requireOperation(provider, 'list_sequences');
  const place = readPlace(provider, operation, paging);
  const wanted = ids === undefined ? undefined : ids.split(',').map((id) => requireId(provider, id.trim()));
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  const query = {
    ...place,
    raw: raw === 'true',
    ...(wanted ? { ids: wanted } : {}),
    ...(name === undefined ? {} : { name }),
    ...(modified_after === undefined ? {} : { modified_after }),
  };
  const { page, records, warnings } = await listSequences(provider, operation, query, upstream);
  return answerWithWarnings(c, gateway, pageOf(provider, page, records), warnings, 200);
}

async function get(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { include_raw_data: raw } = readQuery(c, getQuery);
  const tenant = readTenant(c, gateway);
  const operation = requireOperation(tenant.provider, 'get_sequence');
  const id = requireId(tenant.provider, c.req.param('sequence_id') ?? '');
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  const { view, warnings } = await getSequence(tenant.provider, operation, id, raw === 'true', upstream);
  return answerWithWarnings(c, gateway, view, warnings, 200);
}
