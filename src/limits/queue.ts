/** One budget and the calls that wait for it: first come, first served, and no call waits longer than its caller asked. */
import type { Clock } from '../core/ports.ts';
import type { IncomingAnswer } from '../upstream/message.ts';
import type { Patience } from './patience.ts';
import { openShare, type LedgerStore, type ShareEvents } from './share.ts';
import type { WaitingRoom } from './waiting-room.ts';
import { callEnded, charge, correct, fitsAt, isShared, type Window } from './window.ts';
import type { Moment } from './window-state.ts';

export interface BudgetQueue {
  readonly windows: readonly Window[];
  /** The state of its calls. */
  readonly moment: () => Moment;
  /** Takes the units: at once (undefined), or when they fit. @throws what `refuse` makes of the reason. */
  take(units: number, patience: Patience): Promise<void> | undefined;
  /** Takes them without asking whether they fit. */
  takeAnyway(units: number): void;
  /** A call goes out. @returns its turn. */
  sends(): number;
  /** The call that took these units is over. `turn` is given if it was answered. */
  ended(units: number, turn?: number): void;
  /** Gives back the units of a call that was never sent. */
  giveBack(units: number): void;
  /** What the provider says is left, in the answer to the call of that turn. */
  correct(headers: IncomingAnswer['headers'], turn: number): void;
  /** Nothing is sent until then, whatever is left. */
  block(until: number): void;
  /** Lets in every waiting call that fits by now. Call it after the windows have been corrected. */
  drain(): void;
  waiting(): number;
}

/** Why a call is refused: there is no place to wait, or it would have to wait until then. */
export type Refusal = { readonly full: true } | { readonly until: number };

export interface QueueOptions {
  readonly clock: Clock;
  readonly room: WaitingRoom;
  readonly refuse: (refusal: Refusal) => Error;
  /** Told how long a call has waited, whether it was let in or not. */
  readonly waited?: (milliseconds: number) => void;
  /** Given where other processes spend the same budget; the windows must then be shared ones. */
  readonly shared?: SharedQueue;
}

export interface SharedQueue extends Pick<ShareEvents, 'holds'> {
  readonly ledger: LedgerStore;
}

interface Waiter {
  readonly units: number;
  readonly since: number;
  readonly deadline: number;
  readonly letIn: () => void;
  readonly turnAway: (error: unknown) => void;
}

export function createQueue(
  windows: readonly Window[],
  { clock, room, refuse, waited, shared }: QueueOptions,
): BudgetQueue {
  const waiters: Waiter[] = [];
  /** Units of calls that have not been answered. */
  let inFlight = 0;
  let turn = 0;
  let blockedUntil = 0;
  let wakesAt = Infinity;

  const moment = (): Moment => ({ now: clock.now(), inFlight, turn });
  const share =
    shared &&
    openShare(windows.filter(isShared), shared.ledger, clock, {
      moment,
      holds: shared.holds,
      answered: () => {
        queue.drain();
      },
      failed: (error) => {
        for (const waiter of [...waiters]) if (remove(waiter)) waiter.turnAway(error);
      },
      blocked: (until) => {
        blockedUntil = Math.max(blockedUntil, until);
      },
    });

  const fits = (units: number): number => Math.max(fitsAt(windows, units, moment()), blockedUntil);
  const isFree = (units: number): boolean => fits(units) <= clock.now() && (share === undefined || share.covers(units));
  const spend = (units: number): void => {
    charge(windows, units, moment());
    inFlight += units;
    share?.spent();
  };
  const remove = (waiter: Waiter): boolean => {
    const index = waiters.indexOf(waiter);
    if (index < 0) return false;
    waiters.splice(index, 1);
    room.leave();
    waited?.(clock.now() - waiter.since);
    return true;
  };

  /** Wakes the queue at that time. A timer that was set for a later time still fires, and finds nothing to do. */
  const wakeAt = (at: number): void => {
    if (at >= wakesAt) return;
    wakesAt = at;
    void clock.wait(Math.max(1, at - clock.now())).then(() => {
      if (wakesAt === at) wakesAt = Infinity;
      queue.drain();
    });
  };

  const stand = (units: number, patience: Patience): Promise<void> =>
    new Promise((resolve, reject) => {
      const gone = patience.signal?.();
      const { deadline } = patience;
      const waiter: Waiter = { units, since: clock.now(), deadline, letIn: resolve, turnAway: reject };
      const leave = (): void => {
        if (remove(waiter)) reject(refuse({ until: fits(units) }));
        queue.drain();
      };
      waiters.push(waiter);
      gone?.addEventListener('abort', leave, { once: true });
      if (gone?.aborted) leave();
      else queue.drain();
    });

  const queue: BudgetQueue = {
    windows,
    moment,
    take: (units, patience) => {
      if (waiters.length === 0 && isFree(units)) {
        spend(units);
        return undefined;
      }
      const until = fits(sumOf(waiters) + units);
      // What fits now only waits for the ledger's answer, even if the caller does not want to wait for a budget.
      if (until > clock.now() && until > patience.deadline && !share?.isStale()) throw refuse({ until });
      if (!room.enter()) throw refuse({ full: true });
      return stand(units, patience);
    },
    takeAnyway: spend,
    sends: () => (turn += 1),
    ended: (units, sentIn = 0) => {
      callEnded(windows, units, sentIn, moment());
      inFlight -= units;
    },
    correct: (headers, sentIn) => {
      correct(windows, headers, sentIn, moment());
    },
    giveBack: (units) => {
      charge(windows, -units, moment());
    },
    block: (until) => {
      blockedUntil = Math.max(blockedUntil, until);
      share?.block(until);
    },
    drain: () => {
      for (let first = waiters[0]; first && isFree(first.units); first = waiters[0]) {
        remove(first);
        spend(first.units);
        first.letIn();
      }
      const [first] = waiters;
      if (!first) return;
      const next = fits(first.units);
      if (share && (share.isAsking() || next <= clock.now() || share.isStale())) {
        share.ask(first.units, sumOf(waiters));
        return;
      }
      // Because of what the provider has said since, a call may have to wait longer than it was promised.
      for (const waiter of [...waiters]) {
        if (waiter.deadline < next && remove(waiter)) waiter.turnAway(refuse({ until: next }));
      }
      if (waiters[0]) wakeAt(fits(waiters[0].units));
    },
    waiting: () => waiters.length,
  };
  return queue;
}

function sumOf(waiters: readonly Waiter[]): number {
  return waiters.reduce((sum, { units }) => sum + units, 0);
}
