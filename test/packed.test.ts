/** The packed build does what the source does, in a folder without packages. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { packInto } from '../build/pack.ts';
import { warmUp } from '../build/warm-up.ts';
import { newKeyRing } from '../src/connections/vault.ts';
import { providerNames } from '../src/core/provider-files.ts';
import type { Answering } from '../src/http/answering.ts';
import type { Env } from '../src/http/env.ts';
import { mountDocuments } from '../src/http/routes/documents.ts';
import { stepgate, type Running } from './support/process.ts';
import { serveSandboxes, type ServedSandboxes } from './support/served-sandboxes.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-packed-'));
const packed = join(folder, 'dist');
const STEPGATE_API_KEY = 'sg_packed_0123456789abcdefghij';
const headers = { 'x-api-key': STEPGATE_API_KEY, 'content-type': 'application/json' };
let settings: Readonly<Record<string, string>>;
let served: ServedSandboxes;
let serving: Running;
let url: string;

const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Running =>
  stepgate(words, env, [], join(packed, 'stepgate.js'));

beforeAll(async () => {
  [served] = await Promise.all([serveSandboxes(), packInto(packed)]);
  settings = {
    PORT: '0',
    STEPGATE_API_KEY,
    STEPGATE_ENCRYPTION_KEYS: newKeyRing(),
    STEPGATE_DATABASE: join(folder, 'stepgate.db'),
    STEPGATE_ALLOW_PRIVATE_UPSTREAMS: 'true',
    ...served.env,
  };
  serving = run(['serve'], settings);
  [, url = ''] = await serving.printed(/"url":"([^"]+)"/);
});

afterAll(async () => {
  await serving.stop('SIGTERM');
  await served.close();
  rmSync(folder, { recursive: true });
});

test('has every provider that has a folder, and creates a step', async () => {
  const { records } = (await (await fetch(`${url}/providers`, { headers })).json()) as {
    readonly records: readonly { readonly name: string }[];
  };
  expect(records.map(({ name }) => name)).toEqual(await providerNames());

  const sandbox = served.sandbox('outreach');
  const credentials = { type: 'access_token', access_token: sandbox.credentials.access_token };
  const connection = { method: 'PUT', headers, body: JSON.stringify({ credentials }) };
  expect((await fetch(`${url}/customers/me/connections/outreach`, connection)).status).toBe(201);
  const id = sandbox.sequences().find(({ num_steps }) => num_steps === 0)?.id ?? '';
  const created = await fetch(`${url}/sequences/${id}/sequence_steps`, {
    method: 'POST',
    headers: { ...headers, 'x-customer-id': 'me', 'x-provider-name': 'outreach' },
    body: JSON.stringify({ record: { type: 'call', interval_seconds: 86_400 } }),
  });
  expect([created.status, await created.json()]).toMatchObject([201, { record: {}, warnings: [] }]);
  expect(sandbox.sequences().find((sequence) => sequence.id === id)?.num_steps).toBe(1);
});

test('shows the documents of the source', async () => {
  const source = new Hono<Env>();
  const plain: Answering = (handler) => async (c) => handler(c);
  mountDocuments(source, plain, () => Promise.resolve({}));
  const document: unknown = parse(readFileSync('openapi.yaml', 'utf8'));
  expect(await (await fetch(`${url}/openapi.json`)).json()).toEqual(document);
  const yaml = await fetch(`${url}/openapi.yaml`);
  expect([yaml.status, parse(await yaml.text())]).toEqual([200, document]);
  for (const path of ['/docs', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/initializer.js']) {
    const [here, there] = [await fetch(url + path), await source.request(path)];
    expect([path, here.status, await here.text()]).toEqual([path, 200, await there.text()]);
  }
});

test('rotates keys, makes new ones, runs development mode, and has what has to be kept with the packages', async () => {
  const { STEPGATE_DATABASE = '', STEPGATE_ENCRYPTION_KEYS: old = '' } = settings;
  const ring = `k2:${'B'.repeat(42)}A,${old}`;
  const rotated = await run(['keys', 'rotate'], { STEPGATE_DATABASE, STEPGATE_ENCRYPTION_KEYS: ring }).finished;
  expect(rotated.stdout).toMatch(/^Sealed again with k2: [1-9]\d* values\.$/m);
  expect((await run(['keys', 'new']).finished).stdout).toMatch(/^STEPGATE_ENCRYPTION_KEYS=\S+\nSTEPGATE_API_KEY=sg_/);
  await warmUp(packed);
  const licences = readFileSync(join(packed, 'LICENCES.txt'), 'utf8');
  for (const name of ['hono', 'kysely', 'pg', 'undici', 'zod'])
    expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
});
