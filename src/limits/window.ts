/** The windows of a budget, whoever spends them: how much of each is left, from when on a call fits, and what the provider says of it. */
import type { Budget } from '../model/budget.ts';
import type { IncomingAnswer } from '../upstream/message.ts';
import * as own from './own-window.ts';
import * as shared from './shared-window.ts';
import { lengthOf, readTold, type Moment } from './window-state.ts';

export type Window = own.OwnWindow | shared.SharedWindow;

export function openWindows({ windows }: Pick<Budget, 'windows'>, isShared = false): readonly Window[] {
  return windows.map((facts) => (isShared ? shared.openSharedWindow(facts) : own.openOwnWindow(facts)));
}

export function isShared(window: Window): window is shared.SharedWindow {
  return 'hand' in window;
}

export function remainingOf(window: Window, moment: Moment): number {
  return isShared(window) ? shared.remainingOf(window, moment) : own.remainingOf(window, moment);
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

/** When all of it is there again; undefined where it is. */
export function resetOf(window: Window, moment: Moment): number | undefined {
  const { limit, resetsAt } = window;
  if (resetsAt > moment.now) return resetsAt;
  return remainingOf(window, moment) < limit ? nextAt(window, limit, moment) : undefined;
}

/** Takes units, negative ones to give back, out of every window; one that has ended begins anew. */
export function charge(windows: readonly Window[], units: number, moment: Moment): void {
  for (const window of windows) {
    if (isShared(window)) shared.charge(window, units, moment);
    else own.charge(window, units, moment);
  }
}

/** A call of so many units is over; it was sent in that turn if it was answered. The ledger reckons this for windows that are shared. */
export function callEnded(windows: readonly Window[], units: number, turn: number, moment: Moment): void {
  for (const window of windows) if (!isShared(window)) own.callEnded(window, units, turn, moment);
}

/** Takes the provider's word for it, in the answer to a call that was sent in that turn. */
export function correct(
  windows: readonly Window[],
  headers: IncomingAnswer['headers'],
  turn: number,
  moment: Moment,
): void {
  for (const window of windows) {
    if (!window.facts.headers) continue;
    const told = readTold(window, headers, moment.now);
    if (isShared(window)) shared.correct(window, told, turn, moment);
    else own.correct(window, told, turn, moment);
  }
}

function nextAt(window: Window, units: number, moment: Moment): number {
  return isShared(window) ? shared.nextAt(window, moment) : own.nextAt(window, units, moment);
}
