/**
 * `node test/load/stores.ts [--seconds 3 --rounds 3 --at-once 1,16,64]`: creates of one call with an idempotency key, through the
 * whole gateway but without a socket before it, on SQLite and on PostgreSQL in turn. The server is a real one that syncs to
 * disk; the provider is a port of this process that answers at once, so that the stores are what is compared.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { newKeyRing, parseKeyRing } from '../../src/connections/vault.ts';
import { loadProviders } from '../../src/core/registry.ts';
import { openGateway, type GatewayOptions } from '../../src/gateway.ts';
import { startPostgres } from '../support/postgres.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    'at-once': { type: 'string', default: '1,16,64' },
  },
});
const API_KEY = 'sg_load_0123456789abcdefghij';
const PROVIDER = 'outreach';
const HEADERS = { 'x-api-key': API_KEY, 'content-type': 'application/json' };
const RECORD = JSON.stringify({ record: { type: 'call', interval_seconds: 0 } });

const folder = mkdtempSync(join(tmpdir(), 'stepgate-stores-'));
const server = await startPostgres({ durable: true });
const registry = await loadProviders();
const provider = await serveProvider();

type Store = Pick<GatewayOptions, 'database' | 'sharedDatabase'>;
let files = 0;
const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  SQLite: () => Promise.resolve({ database: { file: join(folder, `${(files += 1)}.db`) } }),
  'PostgreSQL, one process': async () => ({ database: { url: await server.createDatabase() }, sharedDatabase: false }),
  'PostgreSQL, several': async () => ({ database: { url: await server.createDatabase() } }),
};

const results = new Map<string, number[]>();
const levels = values['at-once'].split(',').map(Number);
try {
  for (const atOnce of levels) await compare(atOnce);
  console.log(report());
} finally {
  provider.close();
  await server.close();
  rmSync(folder, { recursive: true });
}

async function compare(atOnce: number): Promise<void> {
  // One round before it counts.
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const [name, open] of Object.entries(STORES)) {
      const perSecond = await measure(await open(), atOnce, Number(values.seconds) * 1000);
      const key = `${name} ${atOnce}`;
      if (round > 0) results.set(key, [...(results.get(key) ?? []), perSecond]);
    }
  }
}

async function measure(store: Store, atOnce: number, ms: number): Promise<number> {
  const gateway = await openGateway({
    registry,
    apiKey: API_KEY,
    keyRing: parseKeyRing(newKeyRing()),
    openDocuments: false,
    ...store,
    allowPrivateUpstreams: true,
    log: pino({ level: 'silent' }),
    baseUrls: new Map([[PROVIDER, provider.url]]),
  });
  await gateway.ready;
  const body = JSON.stringify({ credentials: { type: 'access_token', access_token: 'a-token-for-the-load' } });
  for (let each = 0; each < atOnce; each += 1) {
    const path = `/customers/customer-${each}/connections/${PROVIDER}`;
    await gateway.app.request(path, { method: 'PUT', headers: HEADERS, body });
  }
  const end = performance.now() + ms;
  let done = 0;
  const work = async (customer: number): Promise<void> => {
    for (let nth = 0; performance.now() < end; nth += 1) {
      const tenant = { 'x-customer-id': `customer-${customer}`, 'x-provider-name': PROVIDER };
      const answer = await gateway.app.request(`/sequences/${customer + 1}/sequence_steps`, {
        method: 'POST',
        headers: { ...HEADERS, ...tenant, 'idempotency-key': `key-${customer}-${nth}` },
        body: RECORD,
      });
      if (answer.status !== 201) throw new Error(await answer.text());
      done += 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: atOnce }, (_, index) => work(index)));
  const took = performance.now() - began;
  await gateway.close();
  return (done / took) * 1000;
}

/** Answers every create with a new id. */
async function serveProvider(): Promise<{ readonly url: string; close(): void }> {
  let id = 0;
  const listening = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      id += 1;
      response.writeHead(201, { 'content-type': 'application/vnd.api+json' });
      response.end(JSON.stringify({ data: { type: 'sequenceStep', id, attributes: { interval: 0, order: 1 } } }));
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v2`,
    close: () => {
      listening.closeAllConnections();
      listening.close();
    },
  };
}

function report(): string {
  const names = Object.keys(STORES);
  const lines = levels.map((atOnce) => {
    const medians = names.map((name) => median(results.get(`${name} ${atOnce}`) ?? []));
    const cells = medians.map((each) => `${Math.round(each)}/s (${(each / (medians[0] ?? 1)).toFixed(2)})`);
    return `| ${[atOnce, ...cells].join(' | ')} |`;
  });
  const head = ['at once', ...names.map((name) => name)].join(' | ');
  return [`| ${head} |`, `| --- ${'| --- '.repeat(names.length)}|`, ...lines].join('\n');
}

function median(all: readonly number[]): number {
  return all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? NaN;
}
