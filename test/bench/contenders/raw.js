// R, the unit: node:http and undici's dispatch, the body forwarded unread.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { tokenOf } from './tokens.js';

const pool = new Pool(process.env.UPSTREAM, { keepAliveTimeout: 60_000 });

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const headers = {
      'content-type': 'application/vnd.api+json',
      accept: 'application/vnd.api+json',
      authorization: `Bearer ${tokenOf(request.headers['x-customer-id'])}`,
    };
    const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    pool.dispatch({ method: 'POST', path: '/api/v2/sequenceSteps', headers, body }, forwardTo(response));
  });
});

server.listen(Number(process.env.PORT), '127.0.0.1');

function forwardTo(response) {
  const parts = [];
  let status = 0;
  return {
    onRequestStart() {},
    onResponseStart(_controller, code) {
      status = code;
    },
    onResponseData(_controller, part) {
      parts.push(part);
    },
    onResponseEnd() {
      const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    },
    onResponseError() {
      response.writeHead(502).end();
    },
  };
}
