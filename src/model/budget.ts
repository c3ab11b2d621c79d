/** What a provider lets one account ask of it in a time, as it publishes it; its own headers correct the numbers. */
import type { Query, Segment } from './calls.ts';

export interface Budget {
  /** Who shares it in the provider. The gateway counts for each connection: it cannot see who else asks. */
  readonly shared_by: 'team' | 'user' | 'token';
  /** Whether all calls count together, or those of each endpoint for themselves. */
  readonly counted: 'together' | 'by_endpoint';
  /** What is counted, in the plural. */
  readonly unit: 'requests' | 'cost-units';
  /** All must hold. */
  readonly windows: readonly BudgetWindow[];
  /** What a call costs where that is not always 1. */
  readonly cost?: CostByQuery;
}

export interface BudgetWindow {
  /** Lower case, such as `minute`. */
  readonly name: string;
  readonly seconds: number;
  /** The published number; of several plans the smallest, because a header soon tells the true one. */
  readonly limit: number;
  /** Whether windows begin with the full minute, hour or day, or with the first call after the last one. */
  readonly opens: 'on_the_clock' | 'with_first_call';
  /** Names of headers in lower case, the first that is there counts. */
  readonly headers?: {
    readonly limit?: readonly string[];
    readonly remaining?: readonly string[];
    /** When the window ends: seconds from now, or a date. */
    readonly resets?: readonly string[];
  };
}

/** The cost rises with a number in the query. */
export interface CostByQuery {
  readonly parameter: string;
  /** From which value on a call costs how much, in rising order; the first is for everything below, too. */
  readonly steps: readonly { readonly from: number; readonly cost: number }[];
}

export interface CountedCall {
  readonly method: string;
  readonly path: readonly Segment[];
  readonly query?: Query;
}

/** The latest moment, in milliseconds since the epoch, at which a window can end that is open now; by the clock it is the only one. */
export function endOf({ seconds, opens }: BudgetWindow, now: number): number {
  const length = seconds * 1000;
  return opens === 'on_the_clock' ? (Math.floor(now / length) + 1) * length : now + length;
}

/** The units of a call, at least 1. */
export function costOf({ cost }: Pick<Budget, 'cost'>, { query }: Pick<CountedCall, 'query'>): number {
  const value = cost && query?.[cost.parameter];
  if (cost === undefined || value === undefined) return 1;
  const asked = Number(typeof value === 'object' ? value.at(-1) : value);
  return cost.steps.findLast(({ from }) => asked >= from)?.cost ?? cost.steps[0]?.cost ?? 1;
}
