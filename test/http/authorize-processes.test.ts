/** Connecting an account through two processes of the gateway on one database, whichever of them is asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callbackUrl } from '../../src/connections/authorize-url.ts';
import { newKeyRing } from '../../src/connections/vault.ts';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import { serveSandbox } from '../../src/dev/serve-sandbox.ts';
import type { Sandbox } from '../../src/sandbox.ts';
import type { Listening } from '../../src/server.ts';
import type { Answer } from '../support/answer.ts';
import { API_KEY, PUBLIC_URL, RETURN_URL, type House } from '../support/house.ts';
import { stepgate, type Running } from '../support/process.ts';
import { confirm, consent, newAuthorization, openBrowser, returnedWith, walk, type Flowing } from './consent.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-consent-processes-'));
let sandbox: Sandbox;
let listening: Listening;
let running: readonly Running[];
let both: readonly Flowing[];
/** Asks the one and the other in turn. */
let inTurn: Flowing;

beforeAll(async () => {
  const module = (await loadSandboxModules()).get('outreach');
  if (!module) throw new Error('There is no such sandbox.');
  sandbox = module.create();
  sandbox.authorization?.register(callbackUrl(PUBLIC_URL));
  listening = await serveSandbox(sandbox);
  const { client_id = '', client_secret = '' } = sandbox.authorization?.client ?? {};
  const env = {
    PORT: '0',
    STEPGATE_API_KEY: API_KEY,
    STEPGATE_ENCRYPTION_KEYS: newKeyRing(),
    STEPGATE_DATABASE: join(folder, 'stepgate.db'),
    STEPGATE_SHARED_DATABASE: 'true',
    STEPGATE_PUBLIC_URL: PUBLIC_URL,
    STEPGATE_RETURN_URLS: `https://other.example/, ${RETURN_URL}`,
    STEPGATE_OAUTH_OUTREACH_CLIENT_ID: client_id,
    STEPGATE_OAUTH_OUTREACH_CLIENT_SECRET: client_secret,
    STEPGATE_OAUTH_BASE_URL_OUTREACH: listening.url,
    STEPGATE_ALLOW_PRIVATE_UPSTREAMS: 'true',
    STEPGATE_BASE_URL_OUTREACH: `${listening.url}/api/v2`,
  };
  running = [stepgate(['serve'], env), stepgate(['serve'], env)];
  const urls = await Promise.all(running.map((each) => each.printed(/"url":"([^"]+)"/)));
  both = urls.map(([, url = '']) => ({ ask: asking(url), sandbox: () => sandbox }));
  let asked = 0;
  inTurn = {
    sandbox: () => sandbox,
    ask: (...given) => {
      asked += 1;
      return at(asked).ask(...given);
    },
  };
}, 60_000);

afterAll(async () => {
  await Promise.all(running.map((each) => each.stop('SIGTERM')));
  await listening.close();
  rmSync(folder, { recursive: true });
});

function at(index: number): Flowing {
  const process = both[index % both.length];
  if (!process) throw new Error('There is no process.');
  return process;
}

test('each step in another process', async () => {
  const returned = await walk(inTurn, { customer: 'in-turn' });
  expect((await confirm(inTurn, returned, { customer: 'in-turn' })).status).toBe(201);
});

test('a callback and a confirmation that reach both at once: one exchange, one connection, everybody answered', async () => {
  sandbox.reset();
  const customer = 'at-once';
  const browser = openBrowser(inTurn);
  const callback = await consent(inTurn, browser, await newAuthorization(inTurn, { customer }));
  const pages = await Promise.all(Array.from({ length: 20 }, () => browser.open(callback)));
  expect(pages.map(({ status }) => status).toSorted()).toEqual([303, ...Array<number>(19).fill(410)]);
  expect(sandbox.authorization?.tokens().minted).toBe(1);

  const returned = returnedWith(pages.find(({ status }) => status === 303) ?? nothing());
  const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(inTurn, returned, { customer })));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array<number>(19).fill(200), 201]);
});

function asking(url: string): House['ask'] {
  return async (path, { method = 'GET', headers = {}, body } = {}): Promise<Answer> => {
    const all = { 'x-api-key': API_KEY, 'content-type': 'application/json', ...headers };
    const init: RequestInit = { method, headers: all, redirect: 'manual' };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(url + path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
}

function nothing(): never {
  throw new Error('Nobody was sent back.');
}
