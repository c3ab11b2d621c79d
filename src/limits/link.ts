/** A part of the way between the core and a provider's socket. */
import type { IncomingAnswer, OutgoingRequest } from '../upstream/message.ts';
import type { AboutCall, Transport } from '../upstream/transport.ts';
import type { Patience } from './patience.ts';
import type { BudgetQueue } from './queue.ts';

/** One request on its way through the limits of its connection. */
export interface Errand {
  readonly patience: Patience;
  readonly socket: Transport;
  /** The budgets that it has used. */
  readonly touched: BudgetQueue[];
}

/** As a transport, for a request that is named with each call: made once for a connection. */
export type Link = (outgoing: OutgoingRequest, about: AboutCall, errand: Errand) => Promise<IncomingAnswer>;
