/** The bound at the door: what is more than the gateway can do is refused before anything of it is read, so that the rest is served in time. */
import type { Hono } from 'hono';
import { PROBLEMS } from '../model/problem.ts';
import { errorBody } from './problem-response.ts';
import { requestIdOf } from './request-id.ts';

export interface DoorBounds {
  /** Requests that have begun and are not answered. */
  readonly maxInFlight: number;
  /** Milliseconds of any beginning. */
  readonly elapsed: () => number;
  /** Runs it when everything that has arrived by now was looked at. */
  readonly afterTurn: (run: () => void) => void;
  /** For the log: not more often than every `TOLD_EVERY_MS`. */
  readonly refusing: (told: { readonly refused: number; readonly in_flight: number }) => void;
}

export const DEFAULT_MAX_IN_FLIGHT = 2_000;

export const SYSTEM_TURNS: Pick<DoorBounds, 'elapsed' | 'afterTurn'> = {
  elapsed: () => performance.now(),
  afterTurn: (run) => {
    setImmediate(run);
  },
};

export interface Door {
  /** Whether the request may go on; then it must be told when it is over. */
  enter(): boolean;
  leave(): void;
  /** That one was turned away. */
  turnedAway(): void;
  /** Requests that have begun and are not answered. */
  inFlight(): number;
  /** How many were refused since the start. */
  refused(): number;
}

/** A turn of the loop that takes longer keeps whoever comes meanwhile waiting for as long. */
export const LATE_MS = 20;
const TOLD_EVERY_MS = 10_000;

/** From half of the bound on, whoever comes late in a turn is refused too: below it, a burst is served. */
export function openDoor({ maxInFlight, elapsed, afterTurn, refusing }: DoorBounds): Door {
  let inFlight = 0;
  /** When the first request of this turn came. */
  let turn: number | undefined;
  let [refused, told, toldAt] = [0, 0, -Infinity];
  const turnEnds = (): void => {
    turn = undefined;
  };
  const isFull = (now: number): boolean => {
    if (turn === undefined) {
      turn = now;
      afterTurn(turnEnds);
    }
    return inFlight >= maxInFlight || (inFlight >= maxInFlight / 2 && now - turn > LATE_MS);
  };
  return {
    enter: () => {
      if (isFull(elapsed())) return false;
      inFlight += 1;
      return true;
    },
    leave: () => {
      inFlight -= 1;
    },
    turnedAway: () => {
      refused += 1;
      const now = elapsed();
      if (now - toldAt <= TOLD_EVERY_MS) return;
      refusing({ refused: refused - told, in_flight: inFlight });
      [told, toldAt] = [refused, now];
    },
    inFlight: () => inFlight,
    refused: () => refused,
  };
}

type Fetch = Hono['fetch'];

/** What asks whether it lives, can serve, or has too much to do is always let in. */
const LET_IN = /^\w+:\/\/[^/]*\/(healthz|readyz|metrics)$/;

export function behindDoor(door: Door, inside: Fetch): Fetch {
  return (request, ...rest) => {
    if (!door.enter()) {
      if (LET_IN.test(request.url)) return inside(request, ...rest);
      door.turnedAway();
      return refusal(request);
    }
    let answer: Response | Promise<Response>;
    try {
      answer = inside(request, ...rest);
    } catch (error) {
      door.leave();
      throw error;
    }
    if (answer instanceof Promise) {
      return answer.finally(() => {
        door.leave();
      });
    }
    door.leave();
    return answer;
  };
}

const RETRY_AFTER_SECONDS = 1;

function refusal(request: Request): Response {
  const detail =
    'The gateway has more to do than it can do in time. Nothing of this request was read, and nothing was sent: repeat it.';
  const id = requestIdOf(request.headers.get('x-request-id'));
  return new Response(JSON.stringify({ errors: [errorBody({ code: 'GATEWAY_BUSY', detail }, id)] }), {
    status: PROBLEMS.GATEWAY_BUSY.status,
    headers: {
      ...{ 'content-type': 'application/json', 'x-request-id': id },
      'retry-after': String(RETRY_AFTER_SECONDS),
    },
  });
}
