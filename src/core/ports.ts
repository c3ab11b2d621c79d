/** What the use cases need from the outside. They do no I/O themselves. */
import type { z } from 'zod';
import type { Query, Read, Segment } from '../model/calls.ts';

/** One call to a provider, before it has a host and credentials. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: readonly Segment[];
  readonly query?: Query;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A request as it would go over the wire, credentials hidden. */
export interface DescribedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The condition of a call that depends on an earlier answer. */
  readonly when?: string;
}

export interface Clock {
  now(): number;
  wait(milliseconds: number): Promise<void>;
}

/** One provider as one customer reaches it. */
export interface Upstream {
  readonly read: Read;
  /**
   * Sends one call of a write; failures are ProblemErrors that say whether the outcome is known. One that continues what
   * earlier calls have written is not kept waiting for the budget.
   */
  call<T>(call: Call, response: z.ZodType<T>, continues?: boolean): Promise<T>;
  describe(call: Call): DescribedRequest;
}
