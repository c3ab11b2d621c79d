/** What each provider can do, as data. */
import { z } from 'zod';
import { describeProvider } from '../../core/matrix.ts';
import { answerJson } from '../answer.ts';
import type { Gateway } from '../env.ts';
import { pathParam, readQuery } from '../input.ts';
import { noQuery, providerNameParam } from '../schemas.ts';
import { findProvider } from '../tenant.ts';
import { errorResponses, jsonAnswer } from './answers.ts';
import type { Route } from './route.ts';

const capability = z
  .lazy(() =>
    z.looseObject({
      name: z.string(),
      title: z.string(),
      base_url: z.string(),
      documentation: z.string(),
      ids: z.string(),
      credentials: z.array(z.looseObject({ type: z.string(), header: z.string(), how: z.string() })),
      budget: z
        .looseObject({ support: z.enum(['native', 'none']) })
        .meta({ description: 'What one account may ask of the provider in a time, as the provider publishes it.' }),
      oauth: z.looseObject({ support: z.enum(['native', 'none']) }).meta({
        description: "How an account is connected by its owner's consent: servers, scopes, what a refresh does.",
      }),
      template_variables: z.array(z.string()),
      notes: z.array(z.string()),
      operations: z.record(z.string(), z.looseObject({ support: z.enum(['native', 'none']), route: z.string() })),
    }),
  )
  .meta({
    id: 'Provider',
    description: 'The declaration of a provider: operations, step types and fields, each with its stance.',
  });

const providerList = z.lazy(() => z.object({ records: z.array(capability) })).meta({ id: 'ProviderList' });

export function providerRoutes(gateway: Gateway): readonly Route[] {
  let made: ReadonlyMap<string, object> | undefined;
  const described = (): ReadonlyMap<string, object> =>
    (made ??= new Map([...gateway.registry].map(([name, provider]) => [name, describeProvider(provider)])));
  return [
    {
      config: {
        method: 'get',
        path: '/providers',
        operationId: 'listProviders',
        summary: 'List providers',
        tags: ['Providers'],
        responses: () => ({
          200: jsonAnswer('All of them.', providerList),
          ...errorResponses(400),
        }),
      },
      handler: (c) => {
        readQuery(c, noQuery);
        return answerJson(c, { records: [...described().values()] });
      },
    },
    {
      config: {
        method: 'get',
        path: '/providers/{name}',
        operationId: 'getProvider',
        summary: 'What one provider can do',
        tags: ['Providers'],
        request: () => ({ params: z.object({ name: providerNameParam(gateway.registry) }) }),
        responses: () => ({
          200: jsonAnswer('Its declaration.', capability),
          ...errorResponses(400, 404),
        }),
      },
      handler: (c) => {
        readQuery(c, noQuery);
        const { name } = findProvider(gateway, pathParam(c, 'name'));
        return answerJson(c, described().get(name));
      },
    },
  ];
}
