/**
 * What the processes of a gateway have been granted of one budget, and how much one that asks may have in hand. A process spends
 * only what it has in hand, so together they spend no more of it than it holds, however they interleave. The provider's own window may
 * begin later than this one: see ARCHITECTURE.md.
 */
import { endOf, type BudgetWindow } from '../model/budget.ts';

/** The clocks of the processes, and the provider's, may differ so much without anybody sending too much at the end of a window. */
export const SKEW_MS = 1_000;
/** A process is granted so much of a window at a time: a twentieth, and less when little is left. */
const PARTS = 20;
const PART_OF_REST = 4;

export interface Ledger {
  readonly windows: Readonly<Record<string, LedgerWindow>>;
  /** Nothing is sent before: the provider has said so. */
  readonly blocked_until: number;
}

export interface LedgerWindow {
  /** Another name for each window that begins, so that what is left of one is never counted in the next. */
  readonly epoch: string;
  readonly ends_at: number;
  /** Granted, or spent by others than the gateway as the provider tells it. */
  readonly used: number;
  /** As the provider tells it, null where it says that there is none; absent where it has told nothing. */
  readonly limit?: number | null;
  /** The window before, as long as a clock may still show its time. */
  readonly before?: { readonly ends_at: number; readonly used: number };
}

export interface Ask {
  /** `take` for calls that wait, `ahead` for calls to come, `release` to give back what is in hand. */
  readonly kind: 'take' | 'ahead' | 'release';
  /** What the first call in line costs; less than this in hand is of no use. */
  readonly need: number;
  /** What all that wait cost. */
  readonly want: number;
  readonly blocked_until: number;
  readonly hands: readonly Report[];
}

/** One window as the process that asks knows it. */
export interface Report {
  readonly facts: BudgetWindow;
  /** Empty for a window that it has begun without asking. */
  readonly epoch: string;
  /** The epoch in which the provider has begun a new window, before its time. */
  readonly overtaken: string;
  /** Units in hand; negative for what was sent without asking. */
  readonly left: number;
  /** Units of calls that have not been answered: they may be counted in a window that begins now. */
  readonly in_flight: number;
  /** As it has counted itself, or was told by the provider. */
  readonly used: number;
  readonly limit: number;
  readonly told: { readonly limit?: number; readonly ends_at?: number };
}

/** What a process may do in a window. */
export interface Grant {
  readonly epoch: string;
  readonly hand: number;
  /** What is left for all, beside hands. */
  readonly rest: number;
  readonly limit: number;
  /** Nothing in hand is spent from then on. */
  readonly until: number;
  /** From when on there is more to be had. */
  readonly resets_at: number;
  /** Before, what the provider says is left may be meant of the window before. */
  readonly settles_at: number;
}

export interface Settled {
  readonly ledger: Ledger;
  /** For each window that was asked about; undefined where none is open. */
  readonly grants: readonly (Grant | undefined)[];
}

/** `epoch` is a name that no window has had. */
export function settle(ledger: Ledger | undefined, ask: Ask, now: number, epoch: string): Settled {
  const blocked_until = Math.max(ledger?.blocked_until ?? 0, ask.blocked_until);
  const mayTake = ask.kind !== 'release' && blocked_until <= now;
  const accounts = ask.hands.map((report) =>
    openAccount(ledger?.windows[report.facts.name], report, { now, epoch, begins: mayTake && ask.need > 0 }),
  );
  const isEnough = mayTake && accounts.every((account) => account !== undefined && account.rest >= ask.need);
  const target = isEnough ? Math.min(...accounts.map((account) => (account ? partOf(account, ask) : 0))) : 0;
  const windows: Record<string, LedgerWindow> = { ...ledger?.windows };
  const grants = accounts.map((account, index) => {
    if (!account) return undefined;
    // Whoever cannot go on with what is in hand leaves it to those who can.
    const hand = isEnough ? Math.max(0, Math.min(account.rest, Math.max(account.left, target))) : 0;
    const { window, grant } = closeAccount(account, hand);
    windows[ask.hands[index]?.facts.name ?? ''] = window;
    return grant;
  });
  return { ledger: { windows, blocked_until }, grants };
}

/** A short window keeps most of its time. */
export function skewOf({ seconds }: BudgetWindow): number {
  return Math.min(SKEW_MS, seconds * 100);
}

interface Account {
  readonly window: LedgerWindow;
  readonly facts: BudgetWindow;
  readonly limit: number;
  /** In hand already. */
  readonly left: number;
  /** What the process that asks could have in hand. */
  readonly rest: number;
}

interface Moment {
  readonly now: number;
  readonly epoch: string;
  /** Whether a call waits that would begin a window. */
  readonly begins: boolean;
}

function openAccount(stored: LedgerWindow | undefined, report: Report, moment: Moment): Account | undefined {
  const { facts, told } = report;
  const known = stored && withEnd(stored, report);
  const { now } = moment;
  const skew = skewOf(facts);
  const owed = Math.max(0, -report.left);
  const isNew = hasEnded(known, report, now);
  if (isNew && !moment.begins && owed === 0) return undefined;
  const limit = limitOf(known, report);
  const { before: last, ...window } = known && !isNew ? known : beginWindow(known, facts, moment);
  const before = last && now < last.ends_at + skew ? { ...last, used: last.used + owed } : undefined;
  const isOurs = report.epoch === window.epoch;
  const carried = isOurs || report.epoch === '' ? 0 : report.in_flight;
  const left = isOurs && Number.isFinite(report.left) ? Math.max(0, report.left) : 0;
  const isOfIt = isOurs || (report.epoch === '' && !before);
  const used = Math.max(window.used + Math.max(owed, carried), isOfIt ? report.used + left : 0);
  const { ends_at } = isOfIt ? withEnd(window, { ...report, epoch: window.epoch }, now) : window;
  const isOver = facts.opens === 'with_first_call' && now >= ends_at - skew;
  const rest = isOver ? 0 : Math.min(limit - used, before ? limit - before.used : Infinity) + left;
  const changed = { ...window, ...storedLimit(known, told.limit), ends_at, used };
  return { window: before ? { ...changed, before } : changed, facts, limit, left, rest };
}

/** The provider's word for when it ends, where that is after `now`. */
function withEnd(window: LedgerWindow, { epoch, told }: Report, now = 0): LedgerWindow {
  const isMeant = epoch === window.epoch && told.ends_at !== undefined && told.ends_at > now;
  return isMeant ? { ...window, ends_at: told.ends_at } : window;
}

/**
 * By the clock the next window begins a little early, and until a little late its grants count in both: whose clock differs
 * then sends in neither too much. One that begins with a call begins a little late, when no clock shows the old one any more.
 */
function hasEnded(known: LedgerWindow | undefined, { facts, overtaken }: Report, now: number): boolean {
  if (!known || (overtaken !== '' && overtaken === known.epoch)) return true;
  if (facts.opens === 'on_the_clock') return now >= known.ends_at - skewOf(facts);
  // All that was granted came back unspent: the provider has begun none.
  return now >= known.ends_at + skewOf(facts) || known.used <= 0;
}

function beginWindow(known: LedgerWindow | undefined, facts: BudgetWindow, { now, epoch }: Moment): LedgerWindow {
  if (facts.opens === 'with_first_call') return { epoch, ends_at: endOf(facts, now), used: 0 };
  const isNear = (moment: number): boolean => Math.abs(now - moment) <= skewOf(facts);
  const ended = known && isNear(known.ends_at) ? known : undefined;
  const boundary = ended?.ends_at ?? endOf(facts, now - (facts.seconds * 1000) / 2);
  if (!isNear(boundary)) return { epoch, ends_at: endOf(facts, now), used: 0 };
  return { epoch, ends_at: endOf(facts, boundary), used: 0, before: { ends_at: boundary, used: ended?.used ?? 0 } };
}

function closeAccount({ window, facts, limit, left, rest }: Account, hand: number) {
  const isLimited = limit !== Infinity;
  const added = isLimited ? hand - left : 0;
  const used = window.used + added;
  const before = window.before && { ...window.before, used: window.before.used + added };
  const isHeldByBefore = before !== undefined && before.used > used;
  const grant: Grant = {
    epoch: window.epoch,
    limit,
    hand: isLimited ? hand : Infinity,
    rest: isLimited ? Math.max(0, rest - hand) : Infinity,
    until: window.ends_at - skewOf(facts),
    resets_at: (isHeldByBefore ? before.ends_at : window.ends_at) + skewOf(facts),
    settles_at: before ? before.ends_at + skewOf(facts) : 0,
  };
  return { window: { ...window, used, ...(before ? { before } : {}) }, grant };
}

function partOf({ limit, rest }: Account, { need, want }: Ask): number {
  const part = Math.max(1, Math.floor(limit / PARTS), want);
  return Math.max(need, Math.min(part, Math.ceil(rest / PART_OF_REST)));
}

function limitOf(known: LedgerWindow | undefined, { told, limit }: Report): number {
  if (told.limit !== undefined) return told.limit;
  if (known?.limit === undefined) return limit;
  return known.limit ?? Infinity;
}

function storedLimit(known: LedgerWindow | undefined, told: number | undefined): { readonly limit?: number | null } {
  if (told !== undefined) return { limit: told === Infinity ? null : told };
  return known?.limit === undefined ? {} : { limit: known.limit };
}
