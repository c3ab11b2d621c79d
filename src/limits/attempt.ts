/** One attempt of a call. The circuit and the budget decide whether it is sent, and both are told how it ended. */
import { ExchangeError, type IncomingAnswer } from '../upstream/message.ts';
import { MAX_RETRY_AFTER_MS, parseRetryAfter } from '../upstream/retry-after.ts';
import type { ConnectionBudget } from './budget.ts';
import type { Circuit } from './circuit.ts';
import type { Link } from './link.ts';
import type { BudgetQueue } from './queue.ts';

/** A call that continues a write is sent whatever the budget has left: half a write is worse than a provider's 429. */
export function attempts(circuit: Circuit, budget: ConnectionBudget, now: () => number): Link {
  return async (outgoing, about, errand) => {
    // Before the budget: a call that the circuit refuses anyway must not wait for it.
    circuit.requireClosed();
    const queue = budget.queueFor(about.call);
    const units = budget.costOf(about.call);
    if (!errand.touched.includes(queue)) errand.touched.push(queue);
    if (about.continues) queue.takeAnyway(units);
    else {
      const waiting = queue.take(units, errand.patience);
      if (waiting) await waiting;
    }
    let isCounted = false;
    try {
      circuit.requireClosed();
      isCounted = circuit.isClosed();
      const turn = queue.sends();
      const sending = isCounted ? errand.socket(outgoing, about) : circuit.tries(() => errand.socket(outgoing, about));
      const answer = await sending;
      if (isCounted && answer.status < 500) circuit.succeeded();
      else if (isCounted) await circuit.failed();
      queue.ended(units, turn);
      learn(queue, answer, turn, now());
      return answer;
    } catch (error) {
      const isOfProvider = error instanceof ExchangeError;
      if (isCounted && isOfProvider) await circuit.failed();
      queue.ended(units);
      if (!isOfProvider || error.kind === 'not_sent') queue.giveBack(units);
      throw error;
    } finally {
      queue.drain();
    }
  };
}

/** Only what the provider itself says blocks the calls that come next; what the declaration lets us infer does not. */
function learn(queue: BudgetQueue, { status, headers }: IncomingAnswer, turn: number, now: number): void {
  queue.correct(headers, turn);
  const asked = status === 429 ? parseRetryAfter(headers['retry-after'], now) : undefined;
  if (asked !== undefined) queue.block(now + Math.min(asked, MAX_RETRY_AFTER_MS));
}
