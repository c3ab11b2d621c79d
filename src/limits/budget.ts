/** The budget of one connection: what its calls cost, which of them may go, and what the provider says is left. */
import { costOf, type Budget, type CountedCall } from '../model/budget.ts';
import { isNone } from '../model/cell.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import { MAX_RETRY_AFTER_MS } from '../upstream/retry-after.ts';
import { createQueue, type BudgetQueue, type QueueOptions, type Refusal, type SharedQueue } from './queue.ts';
import { openWindows, remainingOf, resetOf, type Window } from './window.ts';
import type { Moment } from './window-state.ts';

/** One window of a budget as it stands. */
export interface PolicyState {
  readonly name: string;
  readonly unit: string;
  /** Absent where the provider says that there is none. */
  readonly limit?: number;
  readonly window_seconds: number;
  readonly remaining?: number;
  /** Milliseconds since the epoch; absent while no window is open. */
  readonly resets_at?: number;
  readonly endpoint?: string;
}

export interface ConnectionBudget {
  readonly queueFor: (call: CountedCall) => BudgetQueue;
  readonly costOf: (call: CountedCall) => number;
  /** The windows of these queues, or of all queues where none are given. */
  readonly standing: (queues?: readonly BudgetQueue[]) => readonly PolicyState[];
}

/** A provider has fewer endpoints than this; ids in paths are one. */
const MAX_ENDPOINTS = 64;
const NOTHING: Budget = { shared_by: 'user', counted: 'together', unit: 'requests', windows: [] };

export interface BudgetOptions extends Pick<QueueOptions, 'clock' | 'room' | 'waited'> {
  /** Given where other processes spend the same budget. */
  readonly sharedAt?: (endpoint: string) => SharedQueue;
}

export function openBudget(provider: NamedProvider, { sharedAt, ...options }: BudgetOptions): ConnectionBudget {
  const budget = isNone(provider.budget) ? NOTHING : provider.budget;
  const refuse = (refusal: Refusal): ProblemError => refused(provider, refusal, options.clock.now());
  const queues = new Map<string, BudgetQueue>();
  const open = (endpoint: string): BudgetQueue => {
    const known = queues.get(endpoint);
    if (known) return known;
    if (queues.size >= MAX_ENDPOINTS) queues.delete(idleAmong(queues));
    // A budget without windows has nothing to share.
    const shared = budget.windows.length > 0 && sharedAt ? { shared: sharedAt(endpoint) } : undefined;
    const queue = createQueue(openWindows(budget, shared !== undefined), { ...options, refuse, ...shared });
    queues.set(endpoint, queue);
    return queue;
  };
  if (budget.counted === 'together') open('');
  return {
    queueFor: (call) => open(budget.counted === 'together' ? '' : endpointOf(provider, call)),
    costOf: (call) => costOf(budget, call),
    standing: (chosen) => {
      const states: PolicyState[] = [];
      for (const [endpoint, queue] of queues) {
        if (chosen && chosen.length > 0 && !chosen.includes(queue)) continue;
        for (const window of queue.windows) states.push(stateOf(provider, budget, window, endpoint, queue.moment()));
      }
      if (queues.size > 0) return states;
      const unused = { now: options.clock.now(), inFlight: 0, turn: 0 };
      return openWindows(budget).map((window) => stateOf(provider, budget, window, '', unused));
    },
  };
}

/** The method and the path. Every segment that could be an id becomes `{id}`, so that an endpoint is counted once for all records. */
function endpointOf({ id }: NamedProvider, { method, path }: CountedCall): string {
  const shape = path.map((segment) => (id.matches(String(segment)) ? '{id}' : segment));
  return `${method} /${shape.join('/')}`;
}

function idleAmong(queues: ReadonlyMap<string, BudgetQueue>): string {
  const [first = ''] = queues.keys();
  return [...queues].find(([, queue]) => queue.waiting() === 0)?.[0] ?? first;
}

function stateOf(
  { name }: NamedProvider,
  { unit }: Budget,
  window: Window,
  endpoint: string,
  moment: Moment,
): PolicyState {
  const known = window.limit !== Infinity;
  const resetsAt = resetOf(window, moment);
  return {
    name: `${name}-${window.facts.name}`,
    unit,
    window_seconds: window.facts.seconds,
    ...(known ? { limit: window.limit, remaining: remainingOf(window, moment) } : {}),
    ...(resetsAt === undefined ? {} : { resets_at: resetsAt }),
    ...(endpoint === '' ? {} : { endpoint }),
  };
}

function refused(provider: NamedProvider, refusal: Refusal, now: number): ProblemError {
  if ('full' in refusal) {
    const detail = `Too many requests wait for the budget of ${provider.title} already. Nothing was sent in this call.`;
    return new ProblemError({ code: 'TOO_MANY_WAITING', detail, provider: provider.name, retryAfterSeconds: 1 });
  }
  const seconds = Math.ceil((refusal.until - now) / 1000);
  const detail = `The budget that ${provider.title} grants this connection is used up; the call fits in ${String(seconds)} s, which is longer than the request waits (Prefer: wait). Nothing was sent in this call.`;
  const retryAfterSeconds = Math.max(1, Math.min(seconds, MAX_RETRY_AFTER_MS / 1000));
  return new ProblemError({ code: 'PROVIDER_BUDGET_EXHAUSTED', detail, provider: provider.name, retryAfterSeconds });
}
