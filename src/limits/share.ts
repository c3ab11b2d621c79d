/** How this process gets its part of a budget that several processes spend: it asks the ledger in time, and gives back what it does not use. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import { settle, SKEW_MS, type Ask, type Ledger, type Settled } from './ledger.ts';
import { isInHand, putDown, takeUp, takeUpAgain, type SharedWindow } from './shared-window.ts';
import type { Moment } from './window-state.ts';

/** Where all processes keep the ledger. */
export interface LedgerStore {
  /** Replaces the state that is there, unless `next` answers undefined; runs it again where another process was faster. */
  change(next: (state: string | undefined) => LedgerState | undefined): Promise<void>;
}

export interface LedgerState {
  readonly state: string;
  /** In milliseconds since the epoch; what has ended long ago may be forgotten. */
  readonly ends_at: number;
}

export interface Share {
  covers(units: number): boolean;
  /** Whether the last answer is so old that other processes may have changed what is left. */
  isStale(): boolean;
  isAsking(): boolean;
  /** Asks for waiting calls: `first` is what the first of them costs, `all` what they cost together. */
  ask(first: number, all: number): void;
  /** Call it after spending: it asks the ledger again before nothing is left. No call waits for that. */
  spent(): void;
  /** No process sends anything until then. */
  block(until: number): void;
  /** Gives back what is in hand: at once, or only if it has not been used for a while. */
  release(atOnce: boolean): Promise<void>;
}

export interface ShareEvents {
  /** The ledger has answered. */
  readonly answered: () => void;
  /** The ledger could not be asked, so calls that wait for its answer get none. */
  readonly failed: (error: unknown) => void;
  readonly blocked: (until: number) => void;
  /** Tells `shares.ts` whether there is something to give back. */
  readonly holds: (share: Share, isHolding: boolean) => void;
}

export interface ShareOptions extends ShareEvents {
  readonly moment: () => Moment;
}

/** How long an answer that nothing is left is believed. */
const STALE_MS = 1_000;
/** A process in use asks again after this time even if it has enough in hand, so that it hears what the provider told another one. */
const REFRESH_MS = 5_000;
/** How long something is kept in hand without being used. */
export const IDLE_MS = 5_000;
/** It asks ahead when a fourth of what was granted is left. */
const LOW = 4;

export function openShare(
  windows: readonly SharedWindow[],
  ledger: LedgerStore,
  clock: Clock,
  events: ShareOptions,
): Share {
  let asking: Promise<void> | undefined;
  let answeredAt = -Infinity;
  let usedAt = -Infinity;
  let lowAt = 0;
  /** What the provider has told this process, until it is passed on. */
  let blockedUntil = 0;
  let mustTell = false;

  const isHolding = (): boolean => windows.some(({ hand }) => hand.left > 0 && clock.now() < hand.until);

  const change = async (kind: Ask['kind'], need: number, want: number): Promise<void> => {
    const moment = events.moment();
    const sent = windows.map((window) => putDown(window, kind === 'release', moment));
    const ask = { kind, need, want, blocked_until: blockedUntil, hands: sent.map(({ report }) => report) };
    const told = mustTell;
    mustTell = false;
    let settled: Settled | undefined;
    try {
      await ledger.change((state) => {
        const before = parse(state);
        settled = settle(before, ask, clock.now(), randomUUID());
        const { grants, ledger: after } = settled;
        const isSame = grants.every((grant) => !grant) && after.blocked_until === (before?.blocked_until ?? 0);
        return isSame ? undefined : { state: JSON.stringify(after), ends_at: endOf(after) };
      });
    } catch (error) {
      mustTell ||= told;
      sent.forEach(takeUpAgain);
      throw error;
    }
    for (const [index, each] of sent.entries()) takeUp(each, settled?.grants[index], events.moment());
    // Another process's clock has named the moment.
    const until = settled?.ledger.blocked_until ?? 0;
    if (until > blockedUntil) events.blocked(until + SKEW_MS);
    answeredAt = clock.now();
    const least = Math.min(...windows.map(({ hand }) => hand.left));
    lowAt = least === Infinity ? 0 : Math.floor(least / LOW);
  };

  const run = (kind: Ask['kind'], need = 0, want = 0): Promise<void> => {
    asking = change(kind, need, want).then(
      () => {
        asking = undefined;
        events.holds(share, isHolding());
        events.answered();
      },
      (error: unknown) => {
        asking = undefined;
        if (kind === 'take') events.failed(error);
        else events.answered();
      },
    );
    return asking;
  };

  const share: Share = {
    covers: (units) => windows.every((window) => isInHand(window, units, clock.now())),
    isStale: () => clock.now() - answeredAt > STALE_MS,
    isAsking: () => asking !== undefined,
    ask: (first, all) => {
      usedAt = clock.now();
      if (!asking) void run('take', first, all);
    },
    spent: () => {
      const now = clock.now();
      usedAt = now;
      if (asking) return;
      const isLow = windows.some(({ hand }) => hand.left <= lowAt);
      const hasMore = windows.every(({ hand }) => hand.rest > 0 || hand.left < 0);
      if (isLow ? hasMore || now - answeredAt > STALE_MS : now - answeredAt > REFRESH_MS) void run('ahead');
    },
    block: (until) => {
      if (until <= blockedUntil) return;
      blockedUntil = until;
      mustTell = true;
      events.holds(share, true);
      if (!asking) void run('release');
    },
    release: async (atOnce) => {
      if (!atOnce && !mustTell && clock.now() - usedAt < IDLE_MS) return;
      if (asking) {
        if (!atOnce) return;
        await asking;
      }
      if (isHolding() || mustTell) await run('release');
      else events.holds(share, false);
    },
  };
  return share;
}

function endOf({ windows, blocked_until }: Ledger): number {
  return Math.max(blocked_until, ...Object.values(windows).map(({ ends_at }) => ends_at));
}

/** The one seam where text that this gateway has written becomes what it was. */
function parse(state: string | undefined): Ledger | undefined {
  return state === undefined ? undefined : (JSON.parse(state) as Ledger);
}
