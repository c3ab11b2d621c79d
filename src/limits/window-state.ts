/** What the gateway counts of one window of a budget, and what the provider's headers say of it. */
import type { BudgetWindow } from '../model/budget.ts';
import type { IncomingAnswer } from '../upstream/message.ts';
import { headerOf, windowEndsIn } from '../upstream/retry-after.ts';

export interface WindowState {
  readonly facts: BudgetWindow;
  /** Infinity where the provider says that the window has none. */
  limit: number;
  used: number;
  /** The last turn before it began. */
  begunIn: number;
  /** The most that the provider has told of it, and the last turn before it did. */
  told: number;
  toldIn: number;
  /** When the next window may begin at the earliest, in milliseconds since the epoch. */
  resetsAt: number;
}

/** The state of all calls of a budget. */
export interface Moment {
  readonly now: number;
  /** Units of calls that have not been answered. */
  readonly inFlight: number;
  /** How many calls have been sent. */
  readonly turn: number;
}

/** What the headers of one answer say. */
export interface Told {
  readonly limit: number | undefined;
  /** Undefined where the window has no limit, too. */
  readonly used: number | undefined;
  /** In milliseconds since the epoch. */
  readonly endsAt: number | undefined;
}

export function unusedState(facts: BudgetWindow): WindowState {
  return { facts, limit: facts.limit, used: 0, begunIn: 0, told: 0, toldIn: 0, resetsAt: 0 };
}

export function readTold(window: WindowState, headers: IncomingAnswer['headers'], now: number): Told {
  const { facts } = window;
  const limit = limitOf(headerOf(headers, facts.headers?.limit), window.limit);
  const remaining = count(headerOf(headers, facts.headers?.remaining));
  const endsIn = windowEndsIn(facts, headers, now);
  const whole = limit ?? window.limit;
  return {
    limit,
    used: remaining === undefined || whole === Infinity ? undefined : Math.max(0, whole - remaining),
    endsAt: endsIn === undefined ? undefined : now + endsIn,
  };
}

/** Whether the provider can only have told this of a new window: far less is used than it had told before. */
export function tellsOfNewWindow(window: WindowState, used: number, turn: number): boolean {
  return isNewer(window, turn) && used * 2 < window.told;
}

export function believe(window: WindowState, used: number, turn: number, moment: Moment): void {
  if (isNewer(window, turn) || used > window.told) Object.assign(window, { told: used, toldIn: moment.turn });
  window.used = window.told + moment.inFlight;
}

export function renew(window: WindowState, used: number, turn: number): void {
  Object.assign(window, { used, begunIn: turn, told: 0, toldIn: turn } satisfies Partial<WindowState>);
}

export function lengthOf({ seconds }: BudgetWindow): number {
  return seconds * 1000;
}

/** Otherwise the answer that told more may have overtaken this one. */
function isNewer({ toldIn }: WindowState, turn: number): boolean {
  return turn > toldIn;
}

/** An empty header is how a provider says that there is no limit. */
function limitOf(text: string | undefined, known: number): number | undefined {
  if (text === undefined) return undefined;
  return text.trim() === '' ? Infinity : Math.max(1, count(text) ?? known);
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
}
