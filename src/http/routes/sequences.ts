/** Sequences, as a plain list of ids and names. */
import type { Gateway, RequestContext } from '../env.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { readQuery } from '../input.ts';
import { listQuery, sequenceList, tenantHeaders } from '../schemas.ts';
import { reach, readTenant, requireOperation } from '../tenant.ts';
import { errorResponses, type Route } from './route.ts';

const DEFAULT_PAGE_SIZE = 25;

export function sequenceRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      unified: true,
      config: {
        method: 'get',
        path: '/sequences',
        operationId: 'listSequences',
        tags: ['Sequences'],
        summary: 'List sequences',
        security: [{ apiKey: [] }, { bearer: [] }],
        request: { headers: tenantHeaders(gateway.registry), query: listQuery },
        responses: {
          200: { description: 'One page.', content: { 'application/json': { schema: sequenceList } } },
          ...errorResponses(400, 401, 404, 424, 429, 500, 501, 502, 503, 504),
        },
      },
      handler: (c) => listSequences(c, gateway),
    },
  ];
}

async function listSequences(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { page_size: asked, cursor } = readQuery(c, listQuery);
  const tenant = readTenant(c, gateway);
  const { name } = tenant.provider;
  const operation = requireOperation(tenant.provider, 'list_sequences');
  const place = cursor === undefined ? undefined : decodeCursor(cursor, name, operation.cursor);
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  const size = Math.min(Number(asked ?? DEFAULT_PAGE_SIZE), operation.max_page_size);
  const page = await operation.list({ size, cursor: place }, upstream.read);
  const shown = (at: string | undefined): string | null => (at === undefined ? null : encodeCursor(name, at));
  return c.json({
    pagination: { next: shown(page.next), previous: shown(page.previous) },
    records: page.records.map((record) => ({
      id: String(record.id),
      ...(record.name === null || record.name === undefined ? {} : { name: record.name }),
    })),
  });
}
