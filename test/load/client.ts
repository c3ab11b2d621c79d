/** A good client of the gateway: it repeats with the same idempotency key until it is told, and not sooner than it is asked to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LOADED, type Account, type Accounts } from './accounts.ts';
import type { Job, Place } from './mix.ts';

export interface Told {
  readonly job: Job;
  readonly outcome: 'success' | 'unknown' | 'refused';
  readonly status: number;
  readonly repeats: number;
  readonly text: string;
}

export interface Heard {
  /** 0 where the connection broke. */
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers?: Headers;
  readonly retryAfter?: number;
}

export interface Client {
  ask(path: string, ask: Asked): Promise<Heard>;
  /** Asks until it succeeds, or until there is no hope. */
  prepare(path: string, ask: Asked): Promise<Heard>;
  /** Sends the request of a job once. */
  send(job: Job): Promise<Heard>;
  /** Sends it until it is told, or the time is over: milliseconds of `performance.now()`. */
  perform(job: Job, until: () => number): Promise<Told>;
  /** Of a new account: connects it and makes sequences for steps. */
  settle(accounts: Accounts, account: Account): Promise<Place>;
  openOperations(): Promise<readonly string[]>;
  /** How many calls there are of which the journal says that nobody knows what came of them. */
  callsUnknown(ids: Iterable<string>): Promise<number>;
  /** How long each answer took, in milliseconds. */
  readonly answered: readonly number[];
}

export interface Asked {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** How soon it turns to the next process where one does not answer at all. */
const ELSEWHERE_SECONDS = 0.1;

/** @param url where the next request goes */
export function openClient(url: () => string, apiKey: string, brokenSeconds = ELSEWHERE_SECONDS): Client {
  const answered: number[] = [];
  const pauseOf = ({ status, retryAfter }: Heard): number => (retryAfter ?? (status === 0 ? brokenSeconds : 1)) * 1000;

  const ask: Client['ask'] = async (path, { method, headers = {}, body }) => {
    const all = { 'x-api-key': apiKey, 'content-type': 'application/json', ...headers };
    try {
      const response = await fetch(url() + path, { method, headers: all, body: body ? JSON.stringify(body) : null });
      const text = await response.text();
      const after = response.headers.get('retry-after');
      return {
        status: response.status,
        text,
        json: text === '' ? undefined : (JSON.parse(text) as unknown),
        headers: response.headers,
        ...(after === null ? {} : { retryAfter: Number(after) }),
      };
    } catch (error) {
      return { status: 0, text: `${String(error)} ${String((error as Error).cause)}`, json: undefined };
    }
  };

  /** On a busy machine a kept connection may be closed at the moment in which it is used: what is unknown then is settled by a repeat. */
  const prepare: Client['prepare'] = async (path, asked) => {
    let answer = await ask(path, asked);
    for (let left = 60; left > 0 && ![200, 201, 204].includes(answer.status); left -= 1) {
      await sleep(pauseOf(answer));
      answer = await ask(path, asked);
    }
    expectOk(answer);
    return answer;
  };

  const send: Client['send'] = async ({ place, provider, path, body, mark }) => {
    const headers = { 'x-customer-id': place.account.customer, 'x-provider-name': provider, 'idempotency-key': mark };
    const at = performance.now();
    const answer = await ask(path, { method: 'POST', headers, body });
    answered.push(performance.now() - at);
    return answer;
  };

  const makeSequence = async (customer: string, provider: string, name: string): Promise<string> => {
    const headers = { 'x-customer-id': customer, 'x-provider-name': provider, 'idempotency-key': name };
    const { json } = await prepare('/sequences', { method: 'POST', headers, body: { record: { name } } });
    return (json as { readonly record: { readonly id: string } }).record.id;
  };

  return {
    ask,
    prepare,
    send,
    answered,
    perform: async (job, until) => {
      for (let repeats = 0; ; repeats += 1) {
        const answer = await send(job);
        const { status, text } = answer;
        if (isSuccess(answer)) return { job, outcome: 'success', status, repeats, text };
        const isRefused = [400, 401, 404, 413, 415, 422, 424, 501].includes(status);
        if (isRefused) return { job, outcome: 'refused', status, repeats, text };
        if (performance.now() > until()) return { job, outcome: 'unknown', status, repeats, text };
        await sleep(pauseOf(answer));
      }
    },
    settle: async (accounts, account) => {
      const { customer } = account;
      for (const provider of LOADED) {
        const path = `/customers/${customer}/connections/${provider}`;
        await prepare(path, { method: 'PUT', body: { credentials: accounts.credentials(account, provider) } });
      }
      const several = async (provider: 'apollo' | 'outreach', count: number): Promise<readonly string[]> => {
        const ids: string[] = [];
        for (let number = 0; number < count; number += 1)
          ids.push(await makeSequence(customer, provider, `Load ${number}`));
        return ids;
      };
      return { account, sequences: { outreach: await several('outreach', 4), apollo: await several('apollo', 2) } };
    },
    openOperations: async () => {
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const answer = await prepare(`/operations${cursor === '' ? '' : `?cursor=${cursor}`}`, { method: 'GET' });
        const page = answer.json as {
          readonly records: readonly { readonly id: string }[];
          readonly pagination: { readonly next: string | null };
        };
        ids.push(...page.records.map(({ id }) => id));
        cursor = page.pagination.next;
      }
      return ids;
    },
    callsUnknown: async (ids) => {
      let count = 0;
      for (const id of ids) {
        const { json } = await prepare(`/operations/${id}`, { method: 'GET' });
        const { calls } = json as { readonly calls: readonly { readonly state: string }[] };
        count += calls.filter(({ state }) => state === 'unknown' || state === 'intended').length;
      }
      return count;
    },
  };
}

/** In a batch each record has its own status. */
export function isSuccess({ status, json }: Pick<Heard, 'status' | 'json'>): boolean {
  if (status < 200 || status > 299) return false;
  const { results } = (json ?? {}) as { readonly results?: readonly { readonly status: number | null }[] };
  return results?.every((result) => result.status === 201) ?? true;
}

function expectOk({ status, text }: Heard): void {
  if (status < 200 || status > 299) throw new Error(`${status} ${text}`);
}
