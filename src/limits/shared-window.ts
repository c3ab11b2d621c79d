/**
 * A window that several processes spend. This one spends only what it has in hand; the ledger (`ledger.ts`) reckons what all have been
 * granted, and when the window begins and ends.
 */
import { endOf, type BudgetWindow } from '../model/budget.ts';
import { skewOf, type Grant, type Report } from './ledger.ts';
import {
  believe,
  renew,
  tellsOfNewWindow,
  unusedState,
  type Moment,
  type Told,
  type WindowState,
} from './window-state.ts';

/** `resetsAt` is when the ledger may begin the next one. */
export interface SharedWindow extends WindowState {
  readonly hand: Hand;
}

/** What this process has been granted. */
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
  /** What the provider has told since the ledger was last asked. */
  told: { limit?: number; ends_at?: number };
}

export function openSharedWindow(facts: BudgetWindow): SharedWindow {
  const hand = { left: 0, rest: facts.limit, until: 0, settlesAt: 0, epoch: '', overtaken: '', begun: 0, told: {} };
  return { ...unusedState(facts), hand };
}

export function remainingOf({ limit, used, hand, resetsAt }: SharedWindow, { now }: Moment): number {
  return resetsAt <= now ? limit : Math.max(0, Math.min(limit - used, hand.rest + hand.left));
}

/** When there may be more than is left now. */
export function nextAt({ facts, resetsAt }: SharedWindow, { now }: Moment): number {
  return resetsAt > now ? resetsAt : endOf(facts, now);
}

export function isInHand({ hand }: SharedWindow, units: number, now: number): boolean {
  return hand.left >= units && now < hand.until;
}

/** Takes units, negative ones to give back; one that has ended begins anew where not enough of the next is in hand. */
export function charge(window: SharedWindow, units: number, moment: Moment): void {
  if (window.resetsAt <= moment.now && !isInHand(window, units, moment.now)) {
    if (units <= 0) return;
    begin(window, moment);
  }
  window.used = Math.max(0, window.used + units);
  window.hand.left -= units;
}

/** Takes what the provider has told in the answer to a call that was sent in that turn. */
export function correct(window: SharedWindow, { limit, used, endsAt }: Told, turn: number, moment: Moment): void {
  const { hand, facts } = window;
  if (limit !== undefined) window.limit = hand.told.limit = limit;
  // The rest may be meant of the window before.
  if (turn <= window.begunIn || moment.now < hand.settlesAt) return;
  if (used !== undefined) {
    if (window.resetsAt <= moment.now || tellsOfNewWindow(window, used, turn)) begin(window, moment);
    believe(window, used, turn, moment);
  }
  if (endsAt === undefined) return;
  hand.told.ends_at = endsAt;
  hand.until = Math.min(hand.until, endsAt - skewOf(facts));
  window.resetsAt = endsAt + skewOf(facts);
}

/** The calls that are under way may be counted in it, too; what was sent without asking is still to be told. */
function begin(window: SharedWindow, { now, inFlight, turn }: Moment): void {
  const { facts, hand, limit } = window;
  // Where the others know of no end, they are told that it has.
  if (window.resetsAt > now) hand.overtaken = hand.epoch;
  Object.assign(hand, { left: Math.min(0, hand.left, -inFlight), rest: limit, until: 0, settlesAt: 0, epoch: '' });
  hand.begun += 1;
  window.resetsAt = endOf(facts, now);
  renew(window, inFlight, turn);
}

/** What this process has told the ledger of a window, and what it kept in hand meanwhile. */
export interface PutDown {
  readonly window: SharedWindow;
  readonly report: Report;
  readonly left: number;
  readonly begun: number;
}

/** What the process gives back it does not spend while it waits for the ledger's answer. */
export function putDown(window: SharedWindow, gives: boolean, { now, inFlight }: Moment): PutDown {
  const { facts, limit, hand } = window;
  const { left, epoch, overtaken, told, begun } = hand;
  const used = isOverHere(window, now) ? 0 : window.used;
  const report = { facts, limit, used, left, in_flight: inFlight, epoch, overtaken, told };
  hand.told = {};
  if (gives) hand.left = Math.min(0, left);
  return { window, report, left: hand.left, begun };
}

/** The ledger could not be told. */
export function takeUpAgain({ window: { hand }, report }: PutDown): void {
  hand.told = { ...report.told, ...hand.told };
}

/** Takes what the ledger has granted. */
export function takeUp({ window, report, left, begun }: PutDown, grant: Grant | undefined, moment: Moment): void {
  const { hand } = window;
  // The provider may have begun a new window while this one was asked for.
  if (!grant || (hand.overtaken !== '' && hand.overtaken === grant.epoch)) return;
  const isSame = hand.begun === begun;
  // What was spent meanwhile, or given back because it was not sent.
  const since =
    isSame && Number.isFinite(hand.left) && Number.isFinite(left) ? hand.left - left : Math.min(0, hand.left);
  // What was under way counts in the new window, too.
  const isNext = isOverHere(window, moment.now) || (hand.epoch !== '' && hand.epoch !== grant.epoch);
  if (isSame && isNext) renew(window, report.in_flight - since, moment.turn);
  const { epoch, rest, until, settles_at: settlesAt } = grant;
  const granted = { left: grant.hand + since, rest, until, settlesAt, epoch, overtaken: '' };
  Object.assign(hand, granted satisfies Partial<Hand>);
  // What the provider has told since is newer.
  window.limit = hand.told.limit ?? grant.limit;
  if (hand.told.ends_at === undefined) window.resetsAt = grant.resets_at;
}

/** It was begun here, without asking, and is over since: nothing that was counted or told of it is of the next one. */
function isOverHere({ hand, resetsAt }: SharedWindow, now: number): boolean {
  return hand.epoch === '' && resetsAt <= now;
}
