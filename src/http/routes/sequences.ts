/** Sequences: a list, and one with its steps. */
import { z } from 'zod';
import { getSequence, listSequences } from '../../core/read-sequences.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { readQuery } from '../input.ts';
import { pageOf, readPlace } from '../pages.ts';
import {
  filterQuery,
  getQuery,
  listQuery,
  listOf,
  sequenceAnswer,
  sequenceIdParam,
  tenantHeaders,
} from '../schemas.ts';
import { sequenceSchema } from '../../model/reading.ts';
import { reach } from '../reach.ts';
import { readTenant, requireId, requireOperation } from '../tenant.ts';
import { answerWithWarnings } from '../warnings.ts';
import { errorResponses, type Route } from './route.ts';

const sequencesQuery = listQuery.extend({ ...filterQuery.shape, include_raw_data: getQuery.shape.include_raw_data });

export function sequenceRoutes(gateway: Gateway): readonly Route[] {
  const shared = { tags: ['Sequences'], security: [{ apiKey: [] }, { bearer: [] }] };
  const headers = () => tenantHeaders(gateway.registry);
  return [
    {
      unified: true,
      config: {
        method: 'get',
        path: '/sequences',
        operationId: 'listSequences',
        summary: 'List sequences',
        ...shared,
        request: () => ({ headers: headers(), query: sequencesQuery }),
        responses: () => ({
          200: {
            description: 'One page.',
            content: { 'application/json': { schema: listOf(sequenceSchema, 'SequenceList') } },
          },
          ...errorResponses(400, 401, 404, 424, 429, 500, 501, 502, 503, 504),
        }),
      },
      handler: (c) => list(c, gateway),
    },
    {
      unified: true,
      config: {
        method: 'get',
        path: '/sequences/{sequence_id}',
        operationId: 'getSequence',
        summary: 'One sequence with its steps',
        ...shared,
        request: () => ({ headers: headers(), params: z.object({ sequence_id: sequenceIdParam }), query: getQuery }),
        responses: () => ({
          200: { description: 'The sequence.', content: { 'application/json': { schema: sequenceAnswer } } },
          ...errorResponses(400, 401, 404, 424, 429, 500, 501, 502, 503, 504),
        }),
      },
      handler: (c) => get(c, gateway),
    },
  ];
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { include_raw_data: raw, ...asked } = readQuery(c, sequencesQuery);
  const tenant = readTenant(c, gateway);
  const { provider } = tenant;
  const operation = requireOperation(provider, 'list_sequences');
  const place = readPlace(tenant, 'sequences', operation, asked);
  const { ids, ...filters } = place.filters;
  const wanted = ids?.split(',').map((id) => requireId(provider, id.trim()));
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  const query = {
    size: place.size,
    cursor: place.cursor,
    raw: raw === 'true',
    ...(wanted ? { ids: wanted } : {}),
    ...filters,
  };
  const { page, records, warnings } = await listSequences(provider, operation, query, upstream);
  return answerWithWarnings(c, gateway, pageOf(place, page, records), warnings, 200);
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
