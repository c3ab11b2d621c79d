/** Who hears of each call to a provider: how it ended, and how long it took. */
import type { FailureKind } from './message.ts';

/** The class of the status; 429 by itself, because it is about the budget and not about the request. */
export type CallOutcome = (typeof CLASSES)[number] | '429' | FailureKind;

export interface Watch {
  readonly now: () => number;
  readonly ended: (method: string, outcome: CallOutcome, milliseconds: number) => void;
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export function outcomeOf(status: number): CallOutcome {
  return status === 429 ? '429' : (CLASSES[Math.floor(status / 100) - 1] ?? '5xx');
}
