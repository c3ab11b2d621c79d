/**
 * The bound at the door, before anything of a request is read: only so many begin in a turn of the loop, so that the next ones are
 * looked at soon; the others wait for the next turns, and what is more than the gateway can do is refused at once. A turn first
 * looks at all that has come, and then begins: a body that has come with its head is at hand then.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { PROBLEMS } from '../model/problem.ts';
import { errorBody } from './error-body.ts';
import { requestIdOf } from './request-id.ts';

export interface DoorBounds {
  /** Requests that have come and are not answered. */
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
  /** Begins the request at the end of this turn or of one of the next; then `leave` must be called when it is over. False where it is turned away. */
  enter(begin: () => void): boolean;
  leave(): void;
  /** Requests that have come and are not answered. */
  inFlight(): number;
  /** Resolves when all of them are over. */
  emptied(): Promise<void>;
  /** How many were turned away since the start. */
  refused(): number;
}

/** Requests that begin in a turn of the loop. Measured: few at a time stay in the caches of a core; with 64 each costs half as much again at 256 connections. */
export const BEGIN_IN_A_TURN = 16;
/**
 * Those that have come and wait for a turn to begin in. Room for a thousand that come at once on a slow provider; what waits for longer than a
 * young object lives costs the collector twice, and with two thousand waiting each of them costs half as much again.
 */
export const MAX_WAITING = 1_000;
const TOLD_EVERY_MS = 10_000;

export function openDoor({ maxInFlight, elapsed, afterTurn, refusing }: DoorBounds): Door {
  let [inFlight, begun] = [0, 0];
  let [refused, told, toldAt] = [0, 0, -Infinity];
  const queue: (() => void)[] = [];
  let isDraining = false;
  const whenEmpty: (() => void)[] = [];
  const turnEnds = (): void => {
    begun = 0;
  };
  /** Each by itself: what a request begins with is done before the next one begins. */
  const drain = (): void => {
    const count = Math.min(queue.length, BEGIN_IN_A_TURN);
    for (const begin of queue.splice(0, count)) afterTurn(begin);
    isDraining = queue.length > 0;
    if (isDraining) afterTurn(drain);
  };
  const turnAway = (): void => {
    refused += 1;
    const now = elapsed();
    if (now - toldAt <= TOLD_EVERY_MS) return;
    refusing({ refused: refused - told, in_flight: inFlight });
    [told, toldAt] = [refused, now];
  };
  return {
    enter: (begin) => {
      if (inFlight >= maxInFlight || queue.length >= MAX_WAITING) {
        turnAway();
        return false;
      }
      inFlight += 1;
      if (!isDraining && begun < BEGIN_IN_A_TURN) {
        if (begun === 0) afterTurn(turnEnds);
        begun += 1;
        afterTurn(begin);
        return true;
      }
      queue.push(begin);
      if (!isDraining) {
        isDraining = true;
        afterTurn(drain);
      }
      return true;
    },
    leave: () => {
      inFlight -= 1;
      if (inFlight === 0) for (const tell of whenEmpty) tell();
    },
    inFlight: () => inFlight,
    emptied: () =>
      new Promise((resolve) => {
        if (inFlight === 0) resolve();
        else whenEmpty.push(resolve);
      }),
    refused: () => refused,
  };
}

/** What asks whether it lives, can serve, or has too much to do is always let in. */
const LET_IN = /^\/(healthz|readyz|metrics)(\?|$)/;

/** What answers a request; settled when that is done, whether or not somebody still hears it. */
export type Inside = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** On the server itself: a refusal costs a fraction of what any request costs inside. */
export function behindDoor(door: Door, inside: Inside): RequestListener {
  return (request, response) => {
    if (LET_IN.test(request.url ?? '')) {
      void inside(request, response);
      return;
    }
    const isIn = door.enter(() => {
      // Whoever has gone while he waited has not been heard: nothing is done for him.
      if (request.destroyed || response.destroyed) door.leave();
      // Not when the client goes: what was begun for him goes on all the same.
      else
        void inside(request, response).finally(() => {
          door.leave();
        });
    });
    if (!isIn) refuse(request, response);
  };
}

const RETRY_AFTER_SECONDS = 1;
const DETAIL =
  'The gateway has more to do than it can do in time. Nothing of this request was read, and nothing was sent: repeat it.';
const ID = '{id}';
/** The same for everybody but for the id. */
const [BEFORE_ID = '', AFTER_ID = ''] = JSON.stringify({
  errors: [errorBody({ code: 'GATEWAY_BUSY', detail: DETAIL }, ID)],
}).split(ID);

function refuse(request: IncomingMessage, response: ServerResponse): void {
  const given = request.headers['x-request-id'];
  const id = requestIdOf(typeof given === 'string' ? given : undefined);
  const body = BEFORE_ID + id + AFTER_ID;
  response.writeHead(PROBLEMS.GATEWAY_BUSY.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-request-id': id,
    'retry-after': String(RETRY_AFTER_SECONDS),
  });
  response.end(body);
}
