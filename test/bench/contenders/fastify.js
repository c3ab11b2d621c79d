// The same on fastify, with its own compiled validation and serialisation.
import fastify from 'fastify';
import { Pool } from 'undici';
import { z } from 'zod';
import { body, headersFor, PATH, toCaller, toProvider } from './common.js';

const pool = new Pool(process.env.UPSTREAM, { keepAliveTimeout: 60_000 });
const app = fastify();
const answerSchema = {
  type: 'object',
  properties: {
    record: { type: 'object', properties: { id: { type: 'string' } } },
    warnings: { type: 'array', items: { type: 'object', additionalProperties: true } },
  },
};

app.post(
  '/sequences/:id/sequence_steps',
  { schema: { body: z.toJSONSchema(body, { target: 'draft-7' }), response: { 201: answerSchema } } },
  async (request, reply) => {
    const answer = await pool.request({
      method: 'POST',
      path: PATH,
      headers: headersFor(request.headers['x-customer-id']),
      body: toProvider(request.params.id, request.body.record),
    });
    reply.code(201);
    return toCaller(await answer.body.text());
  },
);

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
