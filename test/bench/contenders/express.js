// The same on express 5 with axios and a keep-alive agent.
import { Agent } from 'node:http';
import axios from 'axios';
import express from 'express';
import { body, headersFor, PATH, toCaller, toProvider } from './common.js';

const client = axios.create({
  baseURL: process.env.UPSTREAM,
  httpAgent: new Agent({ keepAlive: true, maxSockets: Infinity }),
  transformResponse: (text) => text,
});
const app = express();
app.use(express.json());

app.post('/sequences/:id/sequence_steps', async (request, response) => {
  const read = body.safeParse(request.body);
  if (!read.success) {
    response.status(400).json({ errors: read.error.issues });
    return;
  }
  const headers = headersFor(request.get('x-customer-id'));
  const answer = await client.post(PATH, toProvider(request.params.id, read.data.record), { headers });
  response.status(201).json(toCaller(answer.data));
});

app.listen(Number(process.env.PORT), '127.0.0.1');
