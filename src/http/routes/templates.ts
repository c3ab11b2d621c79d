/** Templates, where the provider can list them: so that `template.id` can be found. */
import { z } from 'zod';
import { viewTemplate } from '../../core/view.ts';
import { templateSchema } from '../../model/reading.ts';
import { answerJson } from '../answer.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { readQuery } from '../input.ts';
import { pageOf, readPlace } from '../pages.ts';
import { getQuery, listOf, listQuery, tenantHeaders } from '../schemas.ts';
import { reach } from '../reach.ts';
import { readTenant, requireId, requireOperation } from '../tenant.ts';
import { errorResponses, type Route } from './route.ts';

const templatesQuery = listQuery.extend({ include_raw_data: getQuery.shape.include_raw_data });

export function templateRoutes(gateway: Gateway): readonly Route[] {
  const shared = { tags: ['Templates'], security: [{ apiKey: [] }, { bearer: [] }] };
  const headers = () => tenantHeaders(gateway.registry);
  const errors = () => errorResponses(400, 401, 404, 424, 429, 500, 501, 502, 503, 504);
  return [
    {
      unified: true,
      config: {
        method: 'get',
        path: '/templates',
        operationId: 'listTemplates',
        summary: 'List templates',
        ...shared,
        request: () => ({ headers: headers(), query: templatesQuery }),
        responses: () => ({
          200: {
            description: 'One page.',
            content: { 'application/json': { schema: listOf(templateSchema, 'TemplateList') } },
          },
          ...errors(),
        }),
      },
      handler: (c) => list(c, gateway),
    },
    {
      unified: true,
      config: {
        method: 'get',
        path: '/templates/{template_id}',
        operationId: 'getTemplate',
        summary: 'One template',
        ...shared,
        request: () => ({ headers: headers(), params: z.object({ template_id: z.string() }), query: getQuery }),
        responses: () => ({
          200: { description: 'The template.', content: { 'application/json': { schema: templateSchema } } },
          ...errors(),
        }),
      },
      handler: (c) => get(c, gateway),
    },
  ];
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { include_raw_data: raw, ...asked } = readQuery(c, templatesQuery);
  const tenant = readTenant(c, gateway);
  const operation = requireOperation(tenant.provider, 'list_templates');
  const place = readPlace(tenant, 'templates', operation, asked);
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  const page = await operation.list(place, upstream.read);
  return answerJson(
    c,
    pageOf(
      place,
      page,
      page.records.map((record) => viewTemplate(record, raw === 'true')),
    ),
  );
}

async function get(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { include_raw_data: raw } = readQuery(c, getQuery);
  const tenant = readTenant(c, gateway);
  const operation = requireOperation(tenant.provider, 'list_templates');
  const id = requireId(tenant.provider, c.req.param('template_id') ?? '');
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  return answerJson(c, viewTemplate(await operation.get(id, upstream.read), raw === 'true'));
}
