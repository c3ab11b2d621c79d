/** A circuit breaker for each connection: a provider that only fails is left alone for a while, and then asked once. */
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleType,
  type IBackoff,
} from 'cockatiel';
import type { Clock } from '../core/ports.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import { ExchangeError, type IncomingAnswer } from '../upstream/exchange.ts';
import type { Transport } from '../upstream/transport.ts';

export const FAILURES_TO_OPEN = 5;
export const OPEN_MS = 30_000;

export interface Circuit {
  /** @throws {ProblemError} 503 CIRCUIT_OPEN. */
  requireClosed(): void;
  /** Runs the call and counts how it ends; after the pause it is the one that tries. @throws {ProblemError} 503 CIRCUIT_OPEN. */
  run(call: () => Promise<IncomingAnswer>): Promise<IncomingAnswer>;
}

/** A refusal (4xx) is an answer: it is about the request or the credentials, not about the provider's health. */
const FAILED = handleType(ExchangeError).orWhenResult((answer) => (answer as IncomingAnswer).status >= 500);

/** @param opened told each time that it opens */
export function createCircuit(provider: NamedProvider, clock: Clock, opened: () => void = () => undefined): Circuit {
  let opensAgainAt = 0;
  // The library compares Date.now() with the duration: as a getter it goes by the clock of the house.
  const halfOpenAfter = {
    next: (): IBackoff<unknown> => {
      opensAgainAt = clock.now() + OPEN_MS;
      return {
        next: halfOpenAfter.next,
        get duration() {
          return clock.now() < opensAgainAt ? Infinity : 0;
        },
      };
    },
  };
  const breaker = circuitBreaker(FAILED, { breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN), halfOpenAfter });
  breaker.onBreak(opened);
  const open = (): ProblemError => {
    const seconds = Math.max(1, Math.ceil((opensAgainAt - clock.now()) / 1000));
    const detail = `${provider.title} failed ${String(FAILURES_TO_OPEN)} times in a row for this connection, and is asked again in ${String(seconds)} s. Nothing was sent in this call.`;
    return new ProblemError({ code: 'CIRCUIT_OPEN', detail, provider: provider.name, retryAfterSeconds: seconds });
  };
  // While one call tries, the library would let the others wait for it, for as long as a provider may take.
  const requireClosed = (): void => {
    const { state } = breaker;
    if (state === CircuitState.HalfOpen || (state === CircuitState.Open && clock.now() < opensAgainAt)) throw open();
  };
  return {
    requireClosed,
    run: async (call) => {
      requireClosed();
      try {
        return await breaker.execute(call);
      } catch (error) {
        throw error instanceof BrokenCircuitError ? open() : error;
      }
    },
  };
}

/** A link that refuses at once what would wait for the budget of a provider that is not asked anyway. */
export function refusingWhileOpen(circuit: Circuit, next: Transport): Transport {
  return async (outgoing, about) => {
    circuit.requireClosed();
    return next(outgoing, about);
  };
}

export function throughCircuit(circuit: Circuit, next: Transport): Transport {
  return (outgoing, about) => circuit.run(() => next(outgoing, about));
}
