/**
 * A window that this process spends alone.
 *
 * One that begins with a call begins at the provider when that call arrives. The gateway does not see that moment, only that it lies between
 * the sending and the answer. So it knows an earliest and a latest end of the window, and a call that is sent between the two counts in both
 * windows. Under steady traffic the two ends move apart with each window. For that case there is a second rule: a call also fits if it does
 * so beside all calls that may have arrived within one window's length (`recent.ts`).
 */
import { endOf, type BudgetWindow } from '../model/budget.ts';
import { add, goneAt, lastOf, takeBack, unitsSince, type Recent } from './recent.ts';
import {
  believe,
  lengthOf,
  renew,
  tellsOfNewWindow,
  unusedState,
  type Moment,
  type Told,
  type WindowState,
} from './window-state.ts';

/** `resetsAt` is when it ends at the earliest. */
export interface OwnWindow extends WindowState {
  readonly recent: Recent;
  /** When it ends at the latest; for one that begins with a call, Infinity until a call in it is answered. */
  endsBy: number;
}

export function openOwnWindow(facts: BudgetWindow): OwnWindow {
  return { ...unusedState(facts), recent: { length: lengthOf(facts), parts: [] }, endsBy: 0 };
}

export function remainingOf(window: OwnWindow, moment: Moment): number {
  const { limit } = window;
  const used = overAt(window, moment) <= moment.now ? lateIn(window, moment) : window.used;
  return Math.max(0, limit - Math.min(used, latelyIn(window, moment)));
}

/** When so many units that do not fit now may fit. */
export function nextAt(window: OwnWindow, units: number, moment: Moment): number {
  const { facts, limit, recent } = window;
  const ends = overAt(window, moment);
  const gone = goneAt(recent, latelyIn(window, moment) + units - limit) ?? Infinity;
  const next = Math.min(ends > moment.now ? ends : Infinity, gone);
  return next === Infinity ? endOf(facts, moment.now) : next;
}

/** Takes units, negative ones to give back; one that has ended begins anew. */
export function charge(window: OwnWindow, units: number, moment: Moment): void {
  if (units < 0) takeBack(window.recent, -units);
  if (overAt(window, moment) <= moment.now) {
    if (units <= 0) return;
    begin(window, moment);
  }
  window.used = Math.max(0, window.used + units);
}

/** A call of so many units is over; if it was sent in a turn of the window and answered, the provider has begun that by now. */
export function callEnded(window: OwnWindow, units: number, turn: number, { now }: Moment): void {
  add(window.recent, units, now);
  if (turn > window.begunIn) window.endsBy = Math.min(window.endsBy, now + lengthOf(window.facts));
}

/** Takes what the provider has told in the answer to a call that was sent in that turn. */
export function correct(window: OwnWindow, { limit, used, endsAt }: Told, turn: number, moment: Moment): void {
  if (limit !== undefined) window.limit = limit;
  // The rest may be meant of the window before.
  if (turn <= window.begunIn) return;
  if (used !== undefined) {
    if (overAt(window, moment) <= moment.now || tellsOfNewWindow(window, used, turn)) begin(window, moment);
    believe(window, used, turn, moment);
  }
  if (endsAt !== undefined) window.resetsAt = window.endsBy = endsAt;
}

/** The calls that are under way may be counted in it, too. */
function begin(window: OwnWindow, moment: Moment): void {
  const { facts } = window;
  const { now } = moment;
  const late = lateIn(window, moment);
  const isByClock = facts.opens === 'on_the_clock';
  // One of the late may have begun it.
  const isLate = late > 0 && !isByClock;
  const since = isLate ? Math.min(now, Math.max(window.resetsAt, now - lengthOf(facts))) : now;
  window.resetsAt = endOf(facts, since);
  window.endsBy = isByClock ? window.resetsAt : Infinity;
  renew(window, late, moment.turn);
}

/** When the provider has ended it for sure, as far as is known now. */
function overAt({ facts, recent, resetsAt, endsBy }: OwnWindow, { inFlight }: Moment): number {
  if (facts.opens === 'on_the_clock') return resetsAt;
  return inFlight > 0 ? endsBy : Math.min(endsBy, lastOf(recent) + lengthOf(facts));
}

/** Units that may have arrived since its earliest end: the next one may count them. */
function lateIn({ recent, resetsAt }: OwnWindow, { now, inFlight }: Moment): number {
  return inFlight + unitsSince(recent, now, resetsAt);
}

/** Units that may have arrived within its length; what the provider itself tells is known better. */
function latelyIn({ recent, told, endsBy }: OwnWindow, { now, inFlight }: Moment): number {
  return told > 0 && now < endsBy ? Infinity : inFlight + unitsSince(recent, now);
}
