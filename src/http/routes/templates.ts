/** Templates, where the provider can list them: so that `template.id` can be found. */
import { z } from 'zod';
import { viewTemplate } from '../../core/view.ts';
import { templateSchema } from '../../model/reading.ts';
import { answerJson } from '../answer.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { pathParam } from '../input.ts';
import { pageOf, readPlace } from '../pages.ts';
import { getQuery, listOf, listQuery, tenantHeaders } from '../schemas.ts';
import { beginRead } from '../read.ts';
import { requireId } from '../tenant.ts';
import { jsonAnswer, providerReadErrors } from './answers.ts';
import type { Route } from './route.ts';

const templatesQuery = listQuery.extend({ include_raw_data: getQuery.shape.include_raw_data });

export function templateRoutes(gateway: Gateway): readonly Route[] {
  const headers = () => tenantHeaders(gateway.registry);
  return [
    {
      unified: true,
      config: {
        method: 'get',
        path: '/templates',
        operationId: 'listTemplates',
        summary: 'List templates',
        tags: ['Templates'],
        request: () => ({ headers: headers(), query: templatesQuery }),
        responses: () => ({
          200: jsonAnswer('One page.', listOf(templateSchema, 'TemplateList')),
          ...providerReadErrors(),
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
        tags: ['Templates'],
        request: () => ({ headers: headers(), params: z.object({ template_id: z.string() }), query: getQuery }),
        responses: () => ({
          200: jsonAnswer('The template.', templateSchema),
          ...providerReadErrors(),
        }),
      },
      handler: (c) => get(c, gateway),
    },
  ];
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, operation, asked, raw, upstream } = beginRead(c, gateway, 'list_templates', templatesQuery);
  const place = readPlace(tenant, 'templates', operation, asked);
  const { read } = await upstream();
  const page = await operation.list(place, read);
  const records = page.records.map((record) => viewTemplate(record, raw));
  return answerJson(c, pageOf(place, page, records));
}

async function get(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, operation, raw, upstream } = beginRead(c, gateway, 'list_templates', getQuery);
  const id = requireId(tenant.provider, pathParam(c, 'template_id'));
  const { read } = await upstream();
  return answerJson(c, viewTemplate(await operation.get(id, read), raw));
}
