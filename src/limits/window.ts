/** The arithmetic of fixed windows: how much of each is left, from when on a call fits, and what a provider says of it. */
import { endOf, type Budget, type BudgetWindow } from '../model/budget.ts';
import type { IncomingAnswer } from '../upstream/exchange.ts';
import { headerOf, windowEndsIn } from '../upstream/retry-after.ts';

export interface Window {
  readonly facts: BudgetWindow;
  /** Infinity where the provider says that the window has none. */
  limit: number;
  used: number;
  /** When the current window ends, in milliseconds since the epoch; in the past where none is open. */
  resetsAt: number;
}

export function openWindows({ windows }: Pick<Budget, 'windows'>): readonly Window[] {
  return windows.map((facts) => ({ facts, limit: facts.limit, used: 0, resetsAt: 0 }));
}

export function remainingOf(window: Window, now: number): number {
  return window.resetsAt <= now ? window.limit : Math.max(0, window.limit - window.used);
}

/** When so many units fit, at the earliest. More than a whole window holds takes several of them. */
export function fitsAt(windows: readonly Window[], units: number, now: number): number {
  let earliest = now;
  for (const window of windows) {
    const { facts, limit, resetsAt } = window;
    const missing = units - remainingOf(window, now);
    if (missing <= 0) continue;
    const next = resetsAt <= now ? endOf(facts, now) : resetsAt;
    earliest = Math.max(earliest, next + (Math.ceil(missing / limit) - 1) * facts.seconds * 1000);
  }
  return earliest;
}

/** Takes units, negative ones to give back, out of every window; one that has ended begins anew. */
export function charge(windows: readonly Window[], units: number, now: number): void {
  for (const window of windows) {
    if (window.resetsAt <= now) {
      if (units <= 0) continue;
      window.used = 0;
      window.resetsAt = endOf(window.facts, now);
    }
    window.used = Math.max(0, window.used + units);
  }
}

/** Takes the provider's word for it. `inFlight`: units of other calls, that it may not have seen when it answered. */
export function correct(
  windows: readonly Window[],
  headers: IncomingAnswer['headers'],
  inFlight: number,
  now: number,
): void {
  for (const window of windows) {
    const names = window.facts.headers;
    if (!names) continue;
    const limit = headerOf(headers, names.limit);
    // An empty one is how a provider says that there is no limit.
    if (limit !== undefined) window.limit = limit.trim() === '' ? Infinity : Math.max(1, count(limit) ?? window.limit);
    const remaining = count(headerOf(headers, names.remaining));
    if (remaining !== undefined && window.limit !== Infinity) adopt(window, window.limit - remaining, inFlight, now);
    const endsIn = windowEndsIn(window.facts, headers, now);
    if (endsIn !== undefined) window.resetsAt = now + endsIn;
  }
}

function adopt(window: Window, usedThere: number, inFlight: number, now: number): void {
  // Far less than was counted here: the provider has begun a new window. A little less is answers that overtook each other.
  if (window.resetsAt <= now || usedThere * 2 < window.used) window.resetsAt = endOf(window.facts, now);
  window.used = Math.max(0, usedThere) + inFlight;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
}
