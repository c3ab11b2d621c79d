/**
 * `stepgate serve` as a process of its own, packed as in production, with its own database file, in front of sandboxes that this
 * process serves. It can be told to kill itself at a commit, and started again as if time had passed meanwhile, for the sandboxes too.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { packInto } from '../../build/pack.ts';
import { newKeyRing } from '../../src/connections/vault.ts';
import type { Sandbox } from '../../src/sandbox.ts';
import { stepgate, type Finished } from './process.ts';
import { toAnswer, type Answer } from './answer.ts';
import { API_KEY, type Ask } from './house.ts';
import { expectNoSecretInAnswer, keepRequest, watchDatabase } from './canary.ts';
import { serveSandboxes } from './served-sandboxes.ts';

const PRELOADS = ['kill-at-commit', 'clock-ahead'].map((name) => `--import=${preload(name)}`);

function preload(name: string): string {
  return new URL(`../faults/${name}.ts`, import.meta.url).href;
}

/** Starting is most of what a kill costs: from the packed build it takes half as long, and there is one for all processes of a file. */
let packed: Promise<string> | undefined;

async function pack(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-packed-'));
  await packInto(join(folder, 'dist'));
  return folder;
}

afterAll(async () => {
  const folder = await packed;
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

export interface KillOrder {
  readonly side: 'before' | 'after';
  /** The commit, counted from 1 since the order was given. */
  readonly nth: number;
}

export interface GatewayProcess {
  sandbox(name: string): Sandbox;
  /** Undefined where the connection broke. Nobody is waited for. */
  ask(path: string, ask?: Ask): Promise<Answer | undefined>;
  /** Stores the sandbox's credentials for the customer. */
  connect(customer: string, provider: string): Promise<void>;
  /** The writes that are not finished. */
  open(): Promise<readonly OpenOperation[]>;
  /** Without an order, it lives. */
  order(order?: KillOrder): void;
  /** Starts it again, once it has ended, as if so much time had passed. */
  startAgain(aheadMs: number): Promise<void>;
  signal(signal: NodeJS.Signals): Promise<Finished>;
  /** Resolves when the process has ended, by itself or by its order. */
  ended(): Promise<Finished>;
  url(): string;
  /** Resolves when the process that runs now has printed it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  close(): Promise<void>;
}

export interface OpenOperation {
  readonly id: string;
  readonly customer_id: string;
  readonly under_way: boolean;
}

export async function openGatewayProcess(
  env: Readonly<Record<string, string>> = {},
  limits: Readonly<Record<string, Readonly<Record<string, number>>>> = {},
): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-process-'));
  const orders = join(folder, 'order.json');
  let aheadMs = 0;
  const build = await (packed ??= pack());
  const served = await serveSandboxes(() => Date.now() + aheadMs, limits);
  const sandbox = (name: string): Sandbox => served.sandbox(name);
  const settings = {
    PORT: '0',
    STEPGATE_API_KEY: API_KEY,
    STEPGATE_ENCRYPTION_KEYS: newKeyRing(),
    STEPGATE_DATABASE: join(folder, 'stepgate.db'),
    KILL_ORDER: orders,
    NODE_COMPILE_CACHE: join(build, 'compiled'),
    STEPGATE_ALLOW_PRIVATE_UPSTREAMS: 'true',
    ...served.env,
    ...env,
  };
  let tokens = 0;
  const order = ({ side, nth }: KillOrder = { side: 'before', nth: 0 }): void => {
    writeFileSync(orders, JSON.stringify({ token: String((tokens += 1)), side, nth }));
  };
  const start = async () => {
    order();
    const running = stepgate(
      ['serve'],
      { ...settings, CLOCK_AHEAD_MS: String(aheadMs) },
      PRELOADS,
      join(build, 'dist/stepgate.js'),
    );
    const [, url = ''] = await running.printed(/"url":"([^"]+)"/);
    return { running, url };
  };
  let current = await start();

  const ask: GatewayProcess['ask'] = async (path, { method = 'GET', headers = {}, body } = {}) => {
    const all = { 'x-api-key': API_KEY, 'content-type': 'application/json', ...headers };
    const init = { method, headers: all, body: body === undefined ? null : JSON.stringify(body) };
    keepRequest(all, path, body);
    let answer: Answer;
    try {
      answer = await toAnswer(await fetch(current.url + path, init));
    } catch {
      return undefined;
    }
    expectNoSecretInAnswer(`${method} ${path}`, answer);
    return answer;
  };
  return {
    ask,
    order,
    sandbox,
    connect: async (customer, provider) => {
      const { api_key: key, access_token: token } = sandbox(provider).credentials;
      const credentials =
        key === undefined ? { type: 'access_token', access_token: token } : { type: 'api_key', api_key: key };
      const path = `/customers/${customer}/connections/${provider}`;
      const answer = await ask(path, { method: 'PUT', body: { credentials } });
      if (!answer || answer.status > 201) throw new Error(answer?.text ?? 'The connection broke.');
    },
    open: async () => {
      const all: OpenOperation[] = [];
      let cursor = '';
      do {
        const answer = await ask(`/operations${cursor}`);
        const page = answer?.json as
          | { readonly records: readonly OpenOperation[]; readonly pagination: { readonly next: string | null } }
          | undefined;
        if (!page) throw new Error('There is no list of operations.');
        all.push(...page.records);
        cursor = page.pagination.next === null ? '' : `?cursor=${page.pagination.next}`;
      } while (cursor !== '');
      return all;
    },
    startAgain: async (later) => {
      await current.running.finished;
      aheadMs += later;
      current = await start();
    },
    signal: (signal) => current.running.stop(signal),
    ended: () => current.running.finished,
    url: () => current.url,
    printed: (pattern) => current.running.printed(pattern),
    close: async () => {
      await current.running.stop('SIGKILL');
      await served.close();
      await watchDatabase({ file: join(folder, 'stepgate.db') }).expectNoSecret();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Repeats as a good client does: after what the answer says. */
export async function repeated(
  send: () => Promise<Answer | undefined>,
  isDone: (answer: Answer) => boolean,
  times = 8,
): Promise<Answer | undefined> {
  let answer = await send();
  for (let left = times; left > 0 && !(answer && isDone(answer)); left -= 1) {
    await sleep(Number(answer?.headers.get('retry-after') ?? '1') * 1000);
    answer = await send();
  }
  return answer;
}
