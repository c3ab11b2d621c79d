// The stack of an archived unified API, in its order: express, a log line, CORS, requests and answers validated against an OpenAPI
// document of a product's size (the gateway's own), axios with a keep-alive agent. It looks nothing up and asks for no key.
import { Agent } from 'node:http';
import { fileURLToPath } from 'node:url';
import axios from 'axios';
import cors from 'cors';
import express from 'express';
import { middleware as openapi } from 'express-openapi-validator';
import { pinoHttp } from 'pino-http';
import { headersFor, PATH, toCaller, toProvider } from './common.js';

const client = axios.create({
  baseURL: process.env.UPSTREAM,
  httpAgent: new Agent({ keepAlive: true, maxSockets: Infinity }),
  transformResponse: (text) => text,
});
const app = express();
app.use(express.json());
app.use(cors());
app.use(pinoHttp());
app.use(
  openapi({
    apiSpec: fileURLToPath(new URL('../../../openapi.yaml', import.meta.url)),
    validateRequests: true,
    validateResponses: true,
    validateSecurity: false,
  }),
);

app.post('/sequences/:id/sequence_steps', async (request, response) => {
  const headers = headersFor(request.get('x-customer-id'));
  const answer = await client.post(PATH, toProvider(request.params.id, request.body.record), { headers });
  response.status(201).json(toCaller(answer.data));
});

app.listen(Number(process.env.PORT), '127.0.0.1');
