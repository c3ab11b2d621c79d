/** Whether the gateway lives, and whether it can serve. Both are open. */
import { z } from 'zod';
import { answerJson } from '../answer.ts';
import type { Gateway } from '../env.ts';
import { errorResponses, jsonAnswer } from './answers.ts';
import type { Route } from './route.ts';

const status = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const ok = { 200: jsonAnswer('The gateway is well.', status) };

export function healthRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      config: {
        method: 'get',
        path: '/healthz',
        operationId: 'getHealth',
        tags: ['Operations'],
        summary: 'Does it live?',
        security: [],
        responses: () => ({ ...ok, ...errorResponses(500) }),
      },
      handler: (c) => answerJson(c, { status: 'ok' }),
    },
    {
      config: {
        method: 'get',
        path: '/readyz',
        operationId: 'getReadiness',
        tags: ['Operations'],
        summary: 'Can it serve?',
        security: [],
        responses: () => ({ ...ok, ...errorResponses(503) }),
      },
      handler: async (c) => {
        await gateway.checkReady();
        return answerJson(c, { status: 'ok' });
      },
    },
  ];
}
