/** One fault in one call of one write: what the caller is told, what the provider holds, and what a repeat makes of it. */
import type { Fault, ReceivedCall, Sandbox } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { writesAmong, type House } from '../support/house.ts';
import type { Scenario } from './scenarios.ts';

export interface Cell {
  readonly scenario: Scenario;
  /** Which of the writes, from 0. */
  readonly call: number;
  readonly fault: string;
}

export interface Verdict extends Cell {
  /** The status of the first answer. */
  readonly first: number;
  readonly repeats: number;
  readonly lost: boolean;
  readonly doubled: boolean;
  readonly untold: boolean;
  readonly why: string;
}

/** The faults of the contract at one call; those that make the gateway give up are the slow ones. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  '429 before': { kind: 'refusal', at: 'before_commit', name: 'rate_limited' },
  '500 before': { kind: 'refusal', at: 'before_commit', name: 'server_error' },
  '500 after': { kind: 'refusal', at: 'after_commit', name: 'server_error' },
  'reset before': { kind: 'reset', at: 'before_commit' },
  'reset after': { kind: 'reset', at: 'after_commit' },
  'html before': { kind: 'html', at: 'before_commit' },
  'html after': { kind: 'html', at: 'after_commit' },
  'wrong type before': { kind: 'wrong_type', at: 'before_commit' },
  'wrong type after': { kind: 'wrong_type', at: 'after_commit' },
  truncated: { kind: 'truncated' },
  'no answer before': { kind: 'hang', at: 'before_commit' },
  'no answer after': { kind: 'hang', at: 'after_commit' },
  'expired token': { kind: 'refusal', at: 'before_commit', name: 'expired_token' },
};

let keys = 0;
/** A new customer each time: after a reset a sandbox gives the same ids again, and the gateway remembers who made which. */
let customer = '';

interface Asking {
  readonly house: House;
  readonly scenario: Scenario;
  readonly key: string;
  /** Found before the first request: what is first may be another afterwards. */
  readonly path: string;
}

function ask({ house, scenario, key, path }: Asking): Promise<Answer> {
  return house.ask(path, {
    method: scenario.method,
    headers: { 'x-customer-id': customer, 'x-provider-name': scenario.provider, 'idempotency-key': key },
    ...(scenario.body ? { body: scenario.body } : {}),
  });
}

/** What the provider holds, without ids and times. */
export function held(sandbox: Sandbox): string {
  const sequences = sandbox.sequences().map(({ id, name, num_steps, active }) => ({
    name,
    num_steps,
    active,
    steps: sandbox
      .steps(id)
      .map(({ type, delay_seconds, live, native }) => ({ type, delay_seconds, live, texts: textsOf(native) })),
  }));
  return JSON.stringify(sequences.map((each) => JSON.stringify(each)).toSorted());
}

/** Bodies and subjects: the same step with another text is another one. */
function textsOf(native: Readonly<Record<string, unknown>>): string {
  return [...JSON.stringify(native).matchAll(/"(?:body_?html|body|subject)":("[^"]*"|null)/gi)]
    .map(([, text]) => text)
    .join();
}

export async function prepare(house: House, scenario: Scenario): Promise<void> {
  const sandbox = house.sandbox(scenario.provider);
  sandbox.reset();
  customer = `customer-${(keys += 1)}`;
  await connect(house, scenario);
  for (const { method, path, body } of scenario.before ?? []) {
    const headers = { 'x-customer-id': customer, 'x-provider-name': scenario.provider };
    const answer = await house.ask(path(sandbox), { method, headers, ...(body ? { body } : {}) });
    if (answer.status > 299) throw new Error(answer.text);
  }
}

async function connect(house: House, { provider }: Scenario): Promise<void> {
  const { api_key: key, access_token: token } = house.sandbox(provider).credentials;
  const credentials =
    key === undefined ? { type: 'access_token', access_token: token } : { type: 'api_key', api_key: key };
  const answer = await house.ask(`/customers/${customer}/connections/${provider}`, {
    method: 'PUT',
    body: { credentials },
  });
  if (answer.status > 299) throw new Error(answer.text);
}

export interface Clean {
  readonly writes: readonly ReceivedCall[];
  readonly before: string;
  readonly after: string;
}

/** The scenario without any fault. */
export async function clean(house: House, scenario: Scenario): Promise<Clean> {
  await prepare(house, scenario);
  const sandbox = house.sandbox(scenario.provider);
  const calls = sandbox.calls().length;
  const before = held(sandbox);
  const answer = await ask({ house, scenario, key: `clean-${(keys += 1)}`, path: scenario.path(sandbox) });
  if (answer.status > 299) throw new Error(`${scenario.provider} ${scenario.name}: ${answer.text}`);
  return { writes: writesAmong(sandbox.calls().slice(calls)), before, after: held(sandbox) };
}

const REPEATS = 6;

export async function strike(house: House, cell: Cell, { writes, before, after }: Clean): Promise<Verdict> {
  const { scenario, call, fault } = cell;
  await prepare(house, scenario);
  const sandbox = house.sandbox(scenario.provider);
  const target = writes[call];
  const kind = FAULTS[fault];
  if (!target || !kind) throw new Error('There is no such call.');
  const same = writes
    .slice(0, call)
    .filter(({ method, path }) => method === target.method && path === target.path).length;
  const match = { method: target.method, path: new RegExp(`^${escaped(target.path)}$`) };
  sandbox.addFault({ match, fault: kind, nth: same + 1 });
  const asking = { house, scenario, key: `fault-${(keys += 1)}`, path: scenario.path(sandbox) };
  let answer = await ask(asking);
  const first = answer.status;
  const now = held(sandbox);
  const untold = !isTold(answer, now, before, after);
  let repeats = 0;
  while (!isSuccess(answer) && repeats < REPEATS) {
    repeats += 1;
    await connect(house, scenario);
    house.clock.pass(61_000);
    answer = await ask(asking);
  }
  const end = held(sandbox);
  const replay = await ask(asking);
  const stable = held(sandbox) === end && replay.status === answer.status;
  return {
    ...cell,
    first,
    repeats,
    untold,
    lost: isSuccess(answer) && end !== after && countOf(end) <= countOf(after),
    doubled: countOf(end) > countOf(after) || !stable,
    why:
      isSuccess(answer) && end === after && stable && !untold
        ? ''
        : `${answer.text.slice(0, 300)} now ${differing(end, after)} expected ${differing(after, end)}`,
  };
}

/** The sequences that are in one state and not in the other. */
export function differing(state: string, other: string): string {
  const others = JSON.parse(other) as string[];
  return (JSON.parse(state) as string[]).filter((each) => !others.includes(each)).join();
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

export function countOf(state: string): number {
  const sequences = JSON.parse(state) as string[];
  return sequences.reduce((sum, each) => sum + 1_000 + (JSON.parse(each) as { num_steps: number }).num_steps, 0);
}

/** In a batch each record has its own status. */
export function isSuccess({ status, json }: Answer): boolean {
  if (status > 299) return false;
  const { results } = (json ?? {}) as { results?: readonly { readonly status: number | null }[] };
  return results === undefined || results.every((result) => result.status === 201);
}

/** Success means it is there; a failure means that it is not, or says what is there or that this is not known. */
function isTold(answer: Answer, now: string, before: string, after: string): boolean {
  if (isSuccess(answer)) return now === after;
  if (now === before) return true;
  return /"outcome":"(unknown|created)"|"created":\[|"changed":\[|"status":201/.test(answer.text);
}
