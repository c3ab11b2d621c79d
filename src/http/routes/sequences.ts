/** Sequences: a list, and one with its steps. */
import { getSequence, listSequences } from '../../core/read-sequences.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { pathParam } from '../input.ts';
import { pageOf, readPlace } from '../pages.ts';
import { filterQuery, getQuery, listOf, listQuery, sequenceAnswer, sequenceParams, tenantHeaders } from '../schemas.ts';
import { sequenceSchema } from '../../model/reading.ts';
import { beginRead } from '../read.ts';
import { requireId } from '../tenant.ts';
import { answerWithWarnings } from '../warnings.ts';
import { jsonAnswer, providerReadErrors } from './answers.ts';
import type { Route } from './route.ts';

const sequencesQuery = listQuery.extend({ ...filterQuery.shape, include_raw_data: getQuery.shape.include_raw_data });

export function sequenceRoutes(gateway: Gateway): readonly Route[] {
  const headers = () => tenantHeaders(gateway.registry);
  return [
    {
      unified: true,
      config: {
        method: 'get',
        path: '/sequences',
        operationId: 'listSequences',
        summary: 'List sequences',
        tags: ['Sequences'],
        request: () => ({ headers: headers(), query: sequencesQuery }),
        responses: () => ({
          200: jsonAnswer('One page.', listOf(sequenceSchema, 'SequenceList')),
          ...providerReadErrors(),
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
        tags: ['Sequences'],
        request: () => ({ headers: headers(), params: sequenceParams(), query: getQuery }),
        responses: () => ({
          200: jsonAnswer('The sequence.', sequenceAnswer),
          ...providerReadErrors(),
        }),
      },
      handler: (c) => get(c, gateway),
    },
  ];
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, operation, asked, raw, upstream } = beginRead(c, gateway, 'list_sequences', sequencesQuery);
  const { provider } = tenant;
  const place = readPlace(tenant, 'sequences', operation, asked);
  const { ids, ...filters } = place.filters;
  const wanted = ids?.split(',').map((id) => requireId(provider, id.trim()));
  const query = {
    size: place.size,
    cursor: place.cursor,
    raw,
    ...(wanted ? { ids: wanted } : {}),
    ...filters,
  };
  const { page, records, warnings } = await listSequences(provider, operation, query, await upstream());
  return answerWithWarnings(c, gateway, pageOf(place, page, records), warnings, 200);
}

async function get(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, operation, raw, upstream } = beginRead(c, gateway, 'get_sequence', getQuery);
  const id = requireId(tenant.provider, pathParam(c, 'sequence_id'));
  const { view, warnings } = await getSequence(tenant.provider, operation, id, raw, await upstream());
  return answerWithWarnings(c, gateway, view, warnings, 200);
}
