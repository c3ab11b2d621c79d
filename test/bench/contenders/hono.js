// A bare route on hono: validated, mapped, forwarded, mapped back.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Pool } from 'undici';
import { body, headersFor, PATH, toCaller, toProvider } from './common.js';

const pool = new Pool(process.env.UPSTREAM, { keepAliveTimeout: 60_000 });
const app = new Hono();

app.post('/sequences/:id/sequence_steps', async (c) => {
  const read = body.safeParse(await c.req.json());
  if (!read.success) return c.json({ errors: read.error.issues }, 400);
  const answer = await pool.request({
    method: 'POST',
    path: PATH,
    headers: headersFor(c.req.header('x-customer-id')),
    body: toProvider(c.req.param('id'), read.data.record),
  });
  return c.json(toCaller(await answer.body.text()), 201);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) });
