/** What the gateway counts, for Prometheus. */
import { z } from 'zod';
import type { Gateway } from '../env.ts';
import type { Route } from './route.ts';

const DESCRIPTION = `In the Prometheus text format; the README lists what is in it. No metric names a customer. Where the gateway listens on
loopback no API key is needed, as for the documents; else any will do. It is answered also while other requests are refused with \`GATEWAY_BUSY\`.`;

export function metricsRoute({ metrics }: Gateway): Route {
  const text = z.string().meta({ example: 'stepgate_http_requests_in_flight 1\n' });
  let underWay: Promise<string> | undefined;
  /** Those who ask at once are given the same text. */
  const scrape = (): Promise<string> =>
    (underWay ??= metrics.text().finally(() => {
      underWay = undefined;
    }));
  return {
    config: {
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      tags: ['Operations'],
      summary: 'What is counted',
      description: DESCRIPTION,
      responses: () => ({
        200: { description: 'All metrics.', content: { 'text/plain': { schema: text } } },
      }),
    },
    likeDocuments: true,
    handler: async (c) => c.body(await scrape(), 200, { 'content-type': metrics.contentType }),
  };
}
