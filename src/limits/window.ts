/** The arithmetic of fixed windows: how much of each is left, from when on a call fits, and what a provider says of it. */
import { endOf, type Budget, type BudgetWindow } from '../model/budget.ts';
import type { IncomingAnswer } from '../upstream/exchange.ts';
import { headerOf, windowEndsIn } from '../upstream/retry-after.ts';
import { skewOf } from './ledger.ts';
import { add, goneAt, lastOf, takeBack, unitsSince, type Recent } from './recent.ts';

/**
 * A window that begins with a call begins at the provider when that call arrives. The gateway does not see that moment, only that it lies
 * between the sending and the answer. The end of the window is therefore known as an earliest and a latest moment, and calls that are sent
 * between the two count in both windows. Under steady traffic the two move apart with each window; for that case there is a second rule: a
 * call also fits if it does so beside all calls that may have arrived within one window's length (`recent.ts`).
 */
export interface Window {
  readonly facts: BudgetWindow;
  /** Infinity where the provider says that the window has none. */
  limit: number;
  used: number;
  /** Empty where other processes spend it, too. */
  readonly recent: Recent;
  /** The last turn before it began. */
  begunIn: number;
  /** The most that the provider has told of it, and the last turn before it did. */
  told: number;
  toldIn: number;
  /** When the current window ends at the earliest, in milliseconds since the epoch; where other processes spend it, when the next may begin. */
  resetsAt: number;
  /** And when at the latest: for one that begins with a call, Infinity until one in it is answered. Means nothing where other processes spend it. */
  endsBy: number;
  /** Undefined where no other process spends it. */
  hand: Hand | undefined;
}

/** What this process has been granted of a window that several processes spend. */
export interface Hand {
  /** Granted and not spent; negative for what was sent without asking. */
  left: number;
  /** What was left for all when it was last asked, beside what they have in hand. */
  rest: number;
  /** Nothing is spent from then on, in milliseconds since the epoch. */
  until: number;
  /** Before, what the provider says is left may be meant of the window before. */
  settlesAt: number;
  /** How the window is called among the processes; empty where it was begun here, without asking. */
  epoch: string;
  /** The one in which the provider began a new window before its time; empty where it has not. */
  overtaken: string;
  /** How many windows have begun here. */
  begun: number;
  /** What the provider has told since it was last asked. */
  told: { limit?: number; ends_at?: number };
}

/** The state of all calls of a budget. */
export interface Moment {
  readonly now: number;
  /** Units of calls that have not been answered. */
  readonly inFlight: number;
  /** How many calls have been sent. */
  readonly turn: number;
}

export function openWindows({ windows }: Pick<Budget, 'windows'>, isShared = false): readonly Window[] {
  return windows.map((facts) => {
    const hand = isShared ? emptyHand(facts.limit) : undefined;
    const recent = { length: lengthOf(facts), parts: [] };
    const none = { used: 0, recent, begunIn: 0, told: 0, toldIn: 0, resetsAt: 0, endsBy: 0 };
    return { facts, limit: facts.limit, ...none, hand };
  });
}

export function remainingOf(window: Window, moment: Moment): number {
  const { hand, limit, used } = window;
  const isOver = overAt(window, moment) <= moment.now;
  if (hand) return isOver ? limit : Math.max(0, Math.min(limit - used, hand.rest + hand.left));
  return Math.max(0, limit - Math.min(isOver ? lateIn(window, moment) : used, latelyIn(window, moment)));
}

/** Whether so many units are in hand, of every window. */
export function isInHand(windows: readonly Window[], units: number, now: number): boolean {
  return windows.every(({ hand }) => hand === undefined || (hand.left >= units && now < hand.until));
}

/** When so many units fit, at the earliest. More than a whole window holds takes several of them. */
export function fitsAt(windows: readonly Window[], units: number, moment: Moment): number {
  let earliest = moment.now;
  for (const window of windows) {
    const { facts, limit } = window;
    const missing = units - remainingOf(window, moment);
    if (missing <= 0) continue;
    const next = nextAt(window, Math.min(units, limit), moment);
    earliest = Math.max(earliest, next + (Math.ceil(missing / limit) - 1) * lengthOf(facts));
  }
  return earliest;
}

/** When so many units that do not fit now may fit. */
function nextAt(window: Window, units: number, moment: Moment): number {
  const { now } = moment;
  const { facts, limit, recent } = window;
  const ends = overAt(window, moment);
  const gone = goneAt(recent, latelyIn(window, moment) + units - limit) ?? Infinity;
  const next = Math.min(ends > now ? ends : Infinity, gone);
  return next === Infinity ? endOf(facts, now) : next;
}

/** When all of it is there again; undefined where it is. */
export function resetOf(window: Window, moment: Moment): number | undefined {
  const { limit, resetsAt } = window;
  if (resetsAt > moment.now) return resetsAt;
  return remainingOf(window, moment) < limit ? nextAt(window, limit, moment) : undefined;
}

/** Takes units, negative ones to give back, out of every window; one that has ended begins anew. */
export function charge(windows: readonly Window[], units: number, moment: Moment): void {
  const { now } = moment;
  for (const window of windows) {
    const { hand } = window;
    if (units < 0) takeBack(window.recent, -units);
    if (overAt(window, moment) <= now && (hand === undefined || hand.left < units || hand.until <= now)) {
      if (units <= 0) continue;
      begin(window, moment);
    }
    window.used = Math.max(0, window.used + units);
    if (hand) hand.left -= units;
  }
}

/** A call of so many units is over; if it was sent in a turn of the window and answered, the provider has begun that by now. */
export function callEnded(windows: readonly Window[], units: number, turn: number, { now }: Moment): void {
  for (const window of windows) {
    // One that others spend, too, is reckoned by the ledger.
    if (window.hand) continue;
    add(window.recent, units, now);
    if (turn > window.begunIn) window.endsBy = Math.min(window.endsBy, now + lengthOf(window.facts));
  }
}

/** Takes the provider's word for it, in the answer to a call that was sent in that turn. */
export function correct(
  windows: readonly Window[],
  headers: IncomingAnswer['headers'],
  turn: number,
  moment: Moment,
): void {
  const { now } = moment;
  for (const window of windows) {
    const names = window.facts.headers;
    if (!names) continue;
    const limit = headerOf(headers, names.limit);
    // An empty one is how a provider says that there is no limit.
    if (limit !== undefined) window.limit = limit.trim() === '' ? Infinity : Math.max(1, count(limit) ?? window.limit);
    const { hand } = window;
    if (hand && limit !== undefined) hand.told.limit = window.limit;
    // What follows may be meant of the window before.
    if (turn <= window.begunIn || (hand && now < hand.settlesAt)) continue;
    const remaining = count(headerOf(headers, names.remaining));
    if (remaining !== undefined && window.limit !== Infinity) {
      adopt(window, Math.max(0, window.limit - remaining), turn, moment);
    }
    const endsIn = windowEndsIn(window.facts, headers, now);
    if (endsIn === undefined) continue;
    window.resetsAt = window.endsBy = now + endsIn;
    if (!hand) continue;
    hand.told.ends_at = window.resetsAt;
    hand.until = Math.min(hand.until, window.resetsAt - skewOf(window.facts));
    window.resetsAt += skewOf(window.facts);
  }
}

function adopt(window: Window, usedThere: number, turn: number, moment: Moment): void {
  // Otherwise the answer that told more may have overtaken this one.
  const isNewer = turn > window.toldIn;
  if (overAt(window, moment) <= moment.now || (isNewer && usedThere * 2 < window.told)) begin(window, moment);
  if (isNewer || usedThere > window.told) Object.assign(window, { told: usedThere, toldIn: moment.turn });
  window.used = window.told + moment.inFlight;
}

/** What is under way may be counted in it, too; what was sent without asking is still to be told. */
function begin(window: Window, moment: Moment): void {
  const { now, inFlight, turn } = moment;
  const { facts, hand, limit } = window;
  if (hand) {
    // Where the others know of no end, they are told that it has.
    if (window.resetsAt > now) hand.overtaken = hand.epoch;
    Object.assign(hand, { left: Math.min(0, hand.left, -inFlight), rest: limit, until: 0, settlesAt: 0, epoch: '' });
    hand.begun += 1;
  }
  const late = lateIn(window, moment);
  const isByClock = facts.opens === 'on_the_clock';
  // One of the late may have begun it.
  const isLate = late > 0 && !hand && !isByClock;
  const since = isLate ? Math.min(now, Math.max(window.resetsAt, now - lengthOf(facts))) : now;
  window.resetsAt = endOf(facts, since);
  window.endsBy = isByClock ? window.resetsAt : Infinity;
  renew(window, late, turn);
}

/** When the provider has ended it for sure, as far as is known now. */
function overAt({ facts, hand, recent, resetsAt, endsBy }: Window, { inFlight }: Moment): number {
  if (hand || facts.opens === 'on_the_clock') return resetsAt;
  return inFlight > 0 ? endsBy : Math.min(endsBy, lastOf(recent) + lengthOf(facts));
}

/** Units that may have arrived since its earliest end: the next one may count them. */
function lateIn({ recent, resetsAt }: Window, { now, inFlight }: Moment): number {
  return inFlight + unitsSince(recent, now, resetsAt);
}

/** Units that may have arrived within its length; what the provider itself tells is known better. */
function latelyIn({ recent, told, endsBy }: Window, { now, inFlight }: Moment): number {
  return told > 0 && now < endsBy ? Infinity : inFlight + unitsSince(recent, now);
}

function lengthOf({ seconds }: BudgetWindow): number {
  return seconds * 1000;
}

export function renew(window: Window, used: number, turn: number): void {
  Object.assign(window, { used, begunIn: turn, told: 0, toldIn: turn } satisfies Partial<Window>);
}

function emptyHand(rest: number): Hand {
  return { left: 0, rest, until: 0, settlesAt: 0, epoch: '', overtaken: '', begun: 0, told: {} };
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
}
