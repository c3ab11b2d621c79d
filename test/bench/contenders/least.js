// The bare route, with everything that a gateway has switched on in production, each in the barest way: a key, a credential, a turn, a budget,
// a circuit, a request id, a log line, metrics, an audit. What is above this is the gateway's own work; what is below it no gateway of this stack can reach.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { serve } from '@hono/node-server';
import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { Hono } from 'hono';
import { LRUCache } from 'lru-cache';
import { pino } from 'pino';
import { Histogram } from 'prom-client';
import { Pool } from 'undici';
import { body, headersFor, PATH, toCaller, toProvider } from './common.js';

const ROUTE = 'POST /sequences/{sequence_id}/sequence_steps';
const pool = new Pool(process.env.UPSTREAM, { keepAliveTimeout: 60_000 });
const histogram = new Histogram({ name: 'seconds', help: 'Seconds', labelNames: ['route', 'status'] });
const keys = new LRUCache({ max: 1000 });
const connections = new LRUCache({ max: 1000 });
const turns = new Map();
const log = openLog();
const audit = openAudit();
const app = new Hono();

app.post('/sequences/:id/sequence_steps', async (c) => {
  const begin = performance.now();
  const requestId = c.req.header('x-request-id') ?? randomUUID();
  const customer = c.req.header('x-customer-id');
  const key = remembered(keys, c.req.header('x-api-key'), () => ({ id: 'key' }));
  const connection = remembered(connections, customer, () => ({
    headers: headersFor(customer),
    used: 0,
    circuit: circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) }),
  }));
  const read = body.safeParse(await c.req.json());
  if (!read.success) return c.json({ errors: read.error.issues }, 400);
  const sequence = c.req.param('id');
  const text = await inTurn(`${customer} ${sequence}`, () => {
    connection.used += 1;
    return connection.circuit.execute(() => send(connection.headers, toProvider(sequence, read.data.record)));
  });
  const seconds = (performance.now() - begin) / 1000;
  histogram.observe({ route: ROUTE, status: 201 }, seconds);
  log.info({ request_id: requestId, customer_id: customer, key_id: key.id, status: 201, seconds }, ROUTE);
  audit([randomUUID(), Date.now(), key.id, 'create_step', sequence, customer, requestId, 201]);
  return c.json(toCaller(text), 201, { 'x-request-id': requestId });
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) });

function remembered(cache, key, make) {
  const known = cache.get(key);
  if (known) return known;
  const made = make();
  cache.set(key, made);
  return made;
}

async function inTurn(name, work) {
  while (turns.has(name)) await turns.get(name);
  const working = work();
  turns.set(name, working);
  try {
    return await working;
  } finally {
    turns.delete(name);
  }
}

function send(headers, sent) {
  return new Promise((resolve, reject) => {
    const parts = [];
    pool.dispatch(
      { method: 'POST', path: PATH, headers, body: sent },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData(_controller, part) {
          parts.push(part);
        },
        onResponseEnd() {
          resolve((parts.length === 1 ? parts[0] : Buffer.concat(parts)).toString());
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      },
    );
  });
}

function openLog() {
  const destination = pino.destination({ dest: 2, sync: true });
  let waiting = '';
  const write = () => {
    destination.write(waiting);
    waiting = '';
  };
  return pino(
    { base: null },
    {
      write(line) {
        if (waiting === '') setImmediate(write);
        waiting += line;
      },
    },
  );
}

function openAudit() {
  const folder = mkdtempSync(join(tmpdir(), 'least-'));
  const db = new DatabaseSync(join(folder, 'audit.db'));
  db.exec('pragma journal_mode = wal; pragma synchronous = full');
  db.exec(
    'create table audit (id text primary key, at int, key text, action text, target text, customer text, request text, status int)',
  );
  const insert = db.prepare('insert into audit values (?, ?, ?, ?, ?, ?, ?, ?)');
  let rows = [];
  const flush = () => {
    db.exec('begin');
    for (const row of rows) insert.run(...row);
    db.exec('commit');
    rows = [];
  };
  setInterval(flush, 250);
  process.once('SIGTERM', () => {
    rmSync(folder, { recursive: true });
    process.exit();
  });
  return (row) => {
    rows.push(row);
    if (rows.length === 1000) flush();
  };
}
