/** Repeats what is safe to repeat: reads that met a passing failure, and any call that is proved not to have been carried out. */
import { ConstantBackoff, ExponentialBackoff, handleWhenResult, retry, type IBackoffFactory } from 'cockatiel';
import type { Clock } from '../core/ports.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { PROBLEMS, ProblemError } from '../model/problem.ts';
import { ExchangeError, type IncomingAnswer } from '../upstream/message.ts';
import { askedPause, CODE_OF_STATUS, readingOf } from '../upstream/refusal.ts';
import { MAX_RETRY_AFTER_MS } from '../upstream/retry-after.ts';
import { pause, type Patience } from './patience.ts';
import type { Link } from './link.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** After the first attempt. */
const MAX_RETRIES = 3;

/** Decorrelated jitter: about 0.25, 0.5 and 1 s, so that those who failed together do not come back together. */
const BACKOFF = new ExponentialBackoff({ initialDelay: 250, maxDelay: 10_000 });

type Ending = { readonly answer: IncomingAnswer } | { readonly error: unknown };
/** How an attempt ended, and after which pause there may be another; without one it is what the caller gets. */
type Attempt = Ending & { readonly pauseMs?: number };

// The library would wait by timers of its own; the pause is made by the clock of the house, before the next attempt.
const AGAIN = retry(
  handleWhenResult((attempt) => (attempt as Attempt).pauseMs !== undefined),
  { maxAttempts: MAX_RETRIES, backoff: new ConstantBackoff(0) },
);

export interface Retrying {
  readonly provider: NamedProvider;
  readonly clock: Clock;
  readonly room: WaitingRoom;
  /** A call is sent again. */
  readonly retried?: () => void;
}

export function withRetries(retrying: Retrying, next: Link): Link {
  return async (outgoing, about, errand) => {
    let ending: Ending;
    try {
      const answer = await next(outgoing, about, errand);
      if (answer.status < 400) return answer;
      ending = { answer };
    } catch (error) {
      ending = { error };
    }
    const send = (): Promise<IncomingAnswer> => next(outgoing, about, errand);
    return answerOf(await repeated(retrying, ending, about.writes, errand.patience, send));
  };
}

/** How it ends in the end: after the first ending another attempt is made as long as that is safe and worth its pause. */
async function repeated(
  { provider, clock, room, retried }: Retrying,
  first: Ending,
  writes: boolean,
  patience: Patience,
  send: () => Promise<IncomingAnswer>,
): Promise<Ending> {
  let backoff: IBackoffFactory<unknown> = BACKOFF;
  const judge = (ending: Ending): Attempt => {
    if (!isSafe(provider, writes, ending)) return ending;
    const step = backoff.next(undefined);
    backoff = step;
    const pauseMs = Math.max(1, step.duration, pauseAfter(provider, ending, clock.now()));
    return clock.now() + pauseMs <= patience.deadline ? { ...ending, pauseMs } : ending;
  };
  let last = judge(first);
  if (last.pauseMs === undefined) return last;
  let isFirst = true;
  return AGAIN.execute(async () => {
    if (isFirst) {
      isFirst = false;
      return last;
    }
    const before = final(last);
    if (!(await pause(last.pauseMs ?? 0, patience, { clock, room }))) return before;
    const ending = await endingOf(send);
    // Where the gateway's own limits stop the repetition, what the provider has said is told.
    if ('error' in ending && ending.error instanceof ProblemError) return before;
    retried?.();
    last = judge(ending);
    return last;
  });
}

function answerOf(ending: Ending): IncomingAnswer {
  if ('error' in ending) throw ending.error;
  return ending.answer;
}

function final({ pauseMs: _, ...ending }: Attempt): Ending {
  return ending;
}

async function endingOf(call: () => Promise<IncomingAnswer>): Promise<Ending> {
  try {
    return { answer: await call() };
  } catch (error) {
    return { error };
  }
}

/** Failures that pass, and that leave nothing done: for a read every one of them, for a write what is proved. */
function isSafe(provider: NamedProvider, writes: boolean, ending: Ending): boolean {
  if ('error' in ending) {
    return ending.error instanceof ExchangeError && (!writes || ending.error.kind === 'not_sent');
  }
  const { status } = ending.answer;
  if (status < 400) return false;
  const reading = readingOf(provider, ending.answer);
  const code = reading.code ?? CODE_OF_STATUS[status] ?? 'PROVIDER_FAILED';
  const passes = 'retriable' in PROBLEMS[code] && code !== 'PROVIDER_CONFLICT';
  const proved = reading.not_executed === true || status === 429;
  return passes && (writes ? proved : proved || PASSING.has(status));
}

/** Those that undici's own retry interceptor repeats; 429 is proved. https://undici.nodejs.org/#/docs/api/RetryHandler */
const PASSING: ReadonlySet<number> = new Set([500, 502, 503, 504]);

function pauseAfter(provider: NamedProvider, ending: Ending, now: number): number {
  if ('error' in ending) return 0;
  const asked = askedPause(provider, ending.answer, readingOf(provider, ending.answer), now);
  return Math.min(asked ?? 0, MAX_RETRY_AFTER_MS);
}
