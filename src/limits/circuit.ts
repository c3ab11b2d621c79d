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
import { ExchangeError, type IncomingAnswer } from '../upstream/message.ts';

export const FAILURES_TO_OPEN = 5;
export const OPEN_MS = 30_000;

export interface Circuit {
  /** @throws {ProblemError} 503 CIRCUIT_OPEN. */
  requireClosed(): void;
  /** Whether calls go out as ever, and only how they end is told. */
  isClosed(): boolean;
  /** The provider has answered, with anything but a 5xx. */
  succeeded(): void;
  /** An answer of 5xx, or none. */
  failed(): Promise<void>;
  /** The one call that tries, after the pause. @throws {ProblemError} 503 CIRCUIT_OPEN. */
  tries(call: () => Promise<IncomingAnswer>): Promise<IncomingAnswer>;
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
  const failures = new ConsecutiveBreaker(FAILURES_TO_OPEN);
  const breaker = circuitBreaker(FAILED, { breaker: failures, halfOpenAfter });
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
    // While it is closed, the library only has to hear of failures: its own way around a call costs several promises.
    isClosed: () => breaker.state === CircuitState.Closed,
    succeeded: () => {
      failures.success();
    },
    failed: async () => {
      // Others that failed meanwhile may have opened it: then it would not take this one, which was sent.
      if (breaker.state === CircuitState.Closed) await breaker.execute(fail).catch(() => undefined);
    },
    tries: async (call) => {
      // What has kept it from being sent says nothing of the provider; to the library it would be a success.
      let unsent: { readonly why: unknown } | undefined;
      const sent = async (): Promise<IncomingAnswer> => {
        try {
          return await call();
        } catch (why) {
          if (why instanceof ExchangeError) throw why;
          unsent = { why };
          return fail();
        }
      };
      try {
        return await breaker.execute(sent);
      } catch (error) {
        if (unsent) throw unsent.why;
        throw error instanceof BrokenCircuitError ? open() : error;
      }
    },
  };
}

function fail(): Promise<never> {
  return Promise.reject(new ExchangeError('broken', 'It failed.'));
}
