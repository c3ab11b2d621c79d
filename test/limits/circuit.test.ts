/** The one call that tries: only what the provider does counts, and not what has kept the call from being sent. */
import { expect, test } from 'vitest';
import { loadProviders } from '../../src/core/registry.ts';
import { createCircuit, FAILURES_TO_OPEN, OPEN_MS } from '../../src/limits/circuit.ts';
import { ProblemError } from '../../src/model/problem.ts';
import type { IncomingAnswer } from '../../src/upstream/message.ts';
import { testClock } from '../support/clock.ts';

const ANSWER: IncomingAnswer = { status: 200, headers: {}, text: '' };

test.each(['at once', 'later'])(
  'a call that fails %s and was not sent leaves it open for another pause',
  async (when) => {
    const clock = testClock();
    const [provider] = (await loadProviders()).values();
    if (!provider) throw new Error('There are no providers.');
    const circuit = createCircuit(provider, clock);
    for (let failure = 0; failure < FAILURES_TO_OPEN; failure += 1) await circuit.failed();
    clock.pass(OPEN_MS);
    const why = new ProblemError({ code: 'STORE_UNAVAILABLE', detail: 'It is away.' });
    const notSent = (): Promise<never> => {
      if (when === 'at once') throw why;
      return Promise.reject(why);
    };
    await expect(circuit.tries(notSent)).rejects.toBe(why);
    expect(() => {
      circuit.requireClosed();
    }).toThrow('asked again in 30 s');
    clock.pass(OPEN_MS);
    expect(await circuit.tries(() => Promise.resolve(ANSWER))).toBe(ANSWER);
    expect(circuit.isClosed()).toBe(true);
  },
);
