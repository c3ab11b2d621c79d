/** What is left of a provider's budget for one connection. */
import { z } from 'zod';
import { isNone } from '../../model/cell.ts';
import { answerJson } from '../answer.ts';
import type { Gateway } from '../env.ts';
import { readQuery } from '../input.ts';
import { connectionParams, noQuery } from '../schemas.ts';
import { keyOf, readTenantPath } from '../tenant.ts';
import { errorResponses, jsonAnswer } from './answers.ts';
import type { Route } from './route.ts';

const policy = z
  .lazy(() =>
    z.object({
      name: z.string().meta({ example: 'example-minute' }),
      unit: z.string().meta({ description: 'What is counted.', example: 'requests' }),
      limit: z.number().optional().meta({ description: 'Absent where the provider says that there is none.' }),
      window_seconds: z.number(),
      remaining: z.number().optional(),
      resets_at: z.string().optional().meta({ description: 'When the window ends; absent while none is open.' }),
      endpoint: z.string().optional().meta({ description: 'Where each endpoint is counted for itself.' }),
    }),
  )
  .meta({ id: 'BudgetPolicy' });

const budget = z
  .lazy(() =>
    z.object({
      customer_id: z.string(),
      provider_name: z.string(),
      shared_by: z
        .enum(['team', 'user', 'token'])
        .optional()
        .meta({ description: 'Who shares it in the provider, beside this connection.' }),
      because: z.string().optional().meta({ description: 'Why no budget is kept.' }),
      policies: z.array(policy),
      waiting: z.number().meta({ description: 'Requests of this connection that wait now.' }),
    }),
  )
  .meta({ id: 'Budget' });

export function budgetRoute(gateway: Gateway): Route {
  return {
    config: {
      method: 'get',
      path: '/customers/{customer_id}/connections/{provider}/budget',
      operationId: 'getBudget',
      tags: ['Connections'],
      summary: "What is left of the provider's budget",
      description:
        "As this process knows it, corrected by the provider's headers, and by what other processes on the same database have taken when it was last asked; no call is made. Every answer that reached a provider has the same in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10). A budget counted for each endpoint lists those that have been called.",
      request: () => ({ params: connectionParams(gateway.registry) }),
      responses: () => ({
        200: jsonAnswer('The windows.', budget),
        ...errorResponses(400, 404, 503),
      }),
    },
    handler: async (c) => {
      readQuery(c, noQuery);
      const tenant = readTenantPath(c, gateway);
      const { customer_id, provider } = tenant;
      await gateway.connections.get(keyOf(tenant));
      const limits = gateway.limits.of(customer_id, provider);
      const declared = provider.budget;
      return answerJson(c, {
        customer_id,
        provider_name: provider.name,
        ...(isNone(declared) ? { because: declared.because } : { shared_by: declared.shared_by }),
        policies: limits.standing().map(({ resets_at, ...state }) => ({
          ...state,
          ...(resets_at === undefined ? {} : { resets_at: new Date(resets_at).toISOString() }),
        })),
        waiting: limits.waiting(),
      });
    },
  };
}
