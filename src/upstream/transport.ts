/** What stands between a call and the socket: each link takes a request with what is known of it, and hands it on or not. */
import type { Call, Credential } from '../core/ports.ts';
import type { IncomingAnswer, OutgoingRequest } from './message.ts';

export interface AboutCall {
  readonly call: Call;
  /** Whether it could change something. */
  readonly writes: boolean;
  /** Whether something has been written that is not whole without this call. */
  readonly continues: boolean;
  /** What it was sent with, at each attempt; the last one is the latest. */
  readonly sentWith: Credential[];
}

/** @throws {ExchangeError} without a usable answer. @throws {ProblemError} where a link refuses to send. */
export type Transport = (outgoing: OutgoingRequest, about: AboutCall) => Promise<IncomingAnswer>;
