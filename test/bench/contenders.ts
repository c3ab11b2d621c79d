/** Who is compared, how each is started, and what each is asked: the same step, in its own words. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newKeyRing } from '../../src/connections/vault.ts';
import { freePort, startNode, type Started, type StartOptions } from './process.ts';
import type { Order } from './load.ts';

export type Asked = Pick<Order, 'method' | 'path' | 'headers' | 'body'>;

export interface Running {
  readonly process: Started;
  readonly url: string;
  /** Ends the process and removes what it has stored. */
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  readonly asked: Asked;
  /** Resolves when it answers. */
  start(upstream: string, options?: StartOptions): Promise<Running>;
}

/** Of whoever is asked for: `customer-0` and so on. */
export const CUSTOMERS = 1000;
export const API_KEY = 'sg_bench_0123456789abcdefghij';
const NOTE = `Ask whether the trial went well, and what is missing. ${'Then listen. '.repeat(17)}`.trimEnd();
const RECORD = { type: 'call', interval_seconds: 86_400, task_note: NOTE };
const NATIVE = {
  data: {
    type: 'sequenceStep',
    attributes: { stepType: 'call', interval: 86_400, taskNote: NOTE },
    relationships: { sequence: { data: { type: 'sequence', id: 2817 } } },
  },
};
/** Each connection has its customer and its sequence, because writes to one sequence take turns. */
const HEADERS = { 'x-customer-id': 'customer-{c}', 'x-provider-name': 'outreach' };

export const UNIFIED: Asked = {
  method: 'POST',
  path: '/sequences/2817{c}/sequence_steps',
  headers: HEADERS,
  body: JSON.stringify({ record: RECORD }),
};

/** In front of the gateway's own key. */
export const STEPGATE_ASKED: Asked = { ...UNIFIED, headers: { ...HEADERS, 'x-api-key': API_KEY } };
export const WITH_KEY: Asked = {
  ...STEPGATE_ASKED,
  headers: { ...STEPGATE_ASKED.headers, 'idempotency-key': `bench-${Date.now()}-{n}` },
};

export function batchOf(count: number): Pick<Asked, 'path' | 'body'> {
  const records = Array.from({ length: count }, () => RECORD);
  return { path: '/sequences/2817{c}/sequence_steps/_batch', body: JSON.stringify({ records }) };
}

export function sequenceOf(count: number): Pick<Asked, 'path' | 'body'> {
  const steps = Array.from({ length: count }, () => RECORD);
  return { path: '/sequences', body: JSON.stringify({ record: { name: 'Bench', steps } }) };
}

export const R = plain('R', 'contenders/raw.js', { ...UNIFIED, body: JSON.stringify(NATIVE) });
export const STEPGATE: Contender = {
  name: 'stepgate',
  asked: STEPGATE_ASKED,
  start: (url, options) => startStepgate(url, options),
};
export const BARE_HONO = 'hono + zod + undici, a bare route';
export const LEAST = 'the same, with all that is on in production';
export const LEAN_EXPRESS = 'express + zod + axios';
/** The stack of an archived unified API. */
export const EXPRESS = 'express + openapi validator + axios';
export const CONTENDERS: readonly Contender[] = [
  R,
  plain(BARE_HONO, 'contenders/hono.js', UNIFIED),
  plain(LEAST, 'contenders/least.js', STEPGATE_ASKED),
  plain('fastify + undici', 'contenders/fastify.js', UNIFIED),
  plain(LEAN_EXPRESS, 'contenders/express.js', UNIFIED),
  plain(EXPRESS, 'contenders/express-validated.js', UNIFIED),
  STEPGATE,
];

export interface House {
  readonly folder: string;
  readonly keyRing: string;
}

export function newHouse(): House {
  return { folder: mkdtempSync(join(tmpdir(), 'stepgate-bench-')), keyRing: newKeyRing() };
}

export function databaseOf({ folder }: House): string {
  return join(folder, 'stepgate.db');
}

/** `stepgate serve` in its real configuration. With a house of its own it connects the customers first, and takes it down in the end. @param options `main`: another build of it. */
export async function startStepgate(
  upstream: string,
  options: StartOptions & { readonly house?: House; readonly main?: string } = {},
): Promise<Running> {
  const house = options.house ?? newHouse();
  const port = await freePort();
  const env = {
    PORT: String(port),
    STEPGATE_API_KEY: API_KEY,
    STEPGATE_ENCRYPTION_KEYS: house.keyRing,
    STEPGATE_BASE_URL_OUTREACH: `${upstream}/api/v2`,
    STEPGATE_ALLOW_PRIVATE_UPSTREAMS: 'true',
    ...(options.env?.['DATABASE_URL'] ? {} : { STEPGATE_DATABASE: databaseOf(house) }),
    ...options.env,
  };
  const process = startNode(options.main ?? '/src/main.js', ['serve'], { core: 0, ...options, env });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswered(process, () => ask(url, { method: 'GET', path: '/healthz', headers: {}, body: '' }));
  if (!options.house) await connectCustomers(url, CUSTOMERS);
  const stop = async (): Promise<void> => {
    await process.stop();
    if (!options.house) rmSync(house.folder, { recursive: true });
  };
  return { process, url, stop };
}

/** @throws {Error} where the gateway does not take them. */
export async function connectCustomers(url: string, count: number): Promise<void> {
  const body = JSON.stringify({ credentials: { type: 'access_token', access_token: 'a'.repeat(64) } });
  const headers = { 'x-api-key': API_KEY };
  for (let number = 0; number < count; number += 1) {
    const path = `/customers/customer-${number}/connections/outreach`;
    const { status, text } = await ask(url, { method: 'PUT', path, headers, body });
    if (status > 201) throw new Error(`${status} ${text}`);
  }
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request on a connection of its own. @throws {Error} where nobody listens. */
export function ask(url: string, { method, path, headers, body }: Asked): Promise<Answer> {
  const fields = { 'content-type': 'application/json', 'content-length': body.length, connection: 'close', ...headers };
  return new Promise((resolve, reject) => {
    const asking = request(url + path, { method, headers: fields }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text });
      });
    });
    asking.on('error', reject).end(body);
  });
}

/** A first request, with nothing left to be filled in. */
export function once(asked: Asked): Asked {
  const filled = (text: string): string => text.replaceAll('{c}', '0').replaceAll(/\{[nt]\}/g, '1');
  const headers = Object.fromEntries(Object.entries(asked.headers).map(([name, value]) => [name, filled(value)]));
  return { ...asked, path: filled(asked.path), headers };
}

const LOOK_MS = 2;
const START_MS = 30_000;

/** @throws {Error} where it ends, or does not answer as wanted. */
export async function untilAnswered({ child }: Started, look: () => Promise<Answer>): Promise<void> {
  const end = performance.now() + START_MS;
  for (;;) {
    const answer = await look().catch(() => undefined);
    if (answer && answer.status < 300) return;
    if (answer && answer.status !== 503) throw new Error(`${answer.status} ${answer.text}`);
    if (child.exitCode !== null || performance.now() > end)
      throw new Error(`${child.spawnargs.join(' ')} does not answer; --verbose shows what it prints.`);
    await sleep(LOOK_MS);
  }
}

function plain(name: string, script: string, asked: Asked): Contender {
  const start = async (upstream: string, options: StartOptions = {}): Promise<Running> => {
    const port = await freePort();
    const env = { PORT: String(port), UPSTREAM: upstream, NODE_ENV: 'production', ...options.env };
    const process = startNode(script, [], { core: 0, ...options, env });
    const url = `http://127.0.0.1:${port}`;
    await untilAnswered(process, () => ask(url, once(asked)));
    return { process, url, stop: () => process.stop() };
  };
  return { name, asked, start };
}
