/** An exchange of which each call is told: how it ended, and how long it took. */
import {
  ExchangeError,
  type Exchange,
  type FailureKind,
  type IncomingAnswer,
  type OutgoingRequest,
} from './exchange.ts';

/** The class of the status; 429 by itself, because it is about the budget and not about the request. */
export type CallOutcome = (typeof CLASSES)[number] | '429' | FailureKind;

export interface Watch {
  readonly now: () => number;
  readonly ended: (method: string, outcome: CallOutcome, milliseconds: number) => void;
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export function watched(exchange: Exchange, { now, ended }: Watch): Exchange {
  const watching = (outgoing: OutgoingRequest): Promise<IncomingAnswer> => {
    const since = now();
    return exchange(outgoing).then(
      (answer) => {
        ended(outgoing.method, outcomeOf(answer.status), now() - since);
        return answer;
      },
      (error: unknown) => {
        if (error instanceof ExchangeError) ended(outgoing.method, error.kind, now() - since);
        throw error;
      },
    );
  };
  return Object.assign(watching, { close: () => exchange.close() });
}

function outcomeOf(status: number): CallOutcome {
  return status === 429 ? '429' : (CLASSES[Math.floor(status / 100) - 1] ?? '5xx');
}
