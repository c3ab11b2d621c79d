/** A Hono app whose calls are recorded and whose faults are on demand. Routes are added by the sandbox. */
import { Hono } from 'hono';
import {
  answerOf,
  arrivingText,
  forcedAnswer,
  pageAnswer,
  responseOf,
  wrongTypeAnswer,
  type Answer,
} from './deliver.ts';
import { faultBook, type CallMatch, type Fault, type ForcedAnswer, type Refusals } from './faults.ts';
import type { FaultRule, StandingFault } from './faults.ts';
import { waitingRoom } from './waiting.ts';

/** One HTTP call as the sandbox received and answered it. `path` holds the query string too, as sent. */
export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The status that was sent; 0 where nothing was. */
  readonly status: number;
  /** The body that was sent. */
  readonly answer: string;
  /** Whether the provider carried the call out: its own status was 2xx, whatever was sent in its place. */
  readonly committed: boolean;
  /** What went wrong on demand. */
  readonly fault?: Fault;
}

export interface RecordedAppOptions {
  readonly refusals?: Refusals;
  /** Told of each call as it arrives; the answer is called once the call's own answer is on its way. */
  readonly onArrival?: (request: Request) => () => void;
}

/** The part of a sandbox that is the same for every provider. */
export interface Faults {
  /** The names of the answers in the provider's own words that a fault of the kind `refusal` can give. */
  readonly refusals: readonly string[];
  /**
   * From now on matching calls go wrong; of several rules for one call, the oldest strikes. Answers the id of the rule.
   * @throws {TypeError} for a rule that could never strike.
   */
  readonly addFault: (rule: FaultRule) => string;
  /** The rules that can still strike. */
  readonly faults: () => readonly StandingFault[];
  /** Without an id, all of them; calls that are kept waiting are then let go. Answers whether there was any. */
  readonly clearFaults: (id?: string) => boolean;
  /** The next call that matches gets this answer, and nothing is stored for it. */
  readonly answerNext: (match: CallMatch, answer: ForcedAnswer) => void;
}

export interface RecordedApp {
  readonly app: Hono;
  readonly calls: () => readonly ReceivedCall[];
  /** To be spread into the sandbox. */
  readonly faulty: Faults;
  readonly forget: () => void;
}

/** At most this many received calls are kept, so that a long-running `stepgate dev` does not grow. */
const MAX_KEPT_CALLS = 10_000;

export function recordedApp({ refusals = {}, onArrival }: RecordedAppOptions = {}): RecordedApp {
  const app = new Hono();
  const handle = app.fetch;
  const calls: ReceivedCall[] = [];
  const book = faultBook(refusals);
  const waiting = waitingRoom();
  const seeded = { era: 0 };

  // Around the app and not a middleware in it: what leaves here is not Hono's to rebuild.
  app.fetch = async (request, ...rest) => {
    const { pathname, search } = new URL(request.url);
    const path = pathname + search;
    const body = await request.clone().text();
    const fault = book.strike(request.method, path);
    const leave = onArrival?.(request);
    try {
      const { era } = seeded;
      if (isDelay(fault, 'before_commit')) await waiting.wait(request.signal, fault.ms);
      // What was meant for a state that is gone must not show up in the next one.
      if (era !== seeded.era) return Response.error();
      const own = reachesProvider(fault) ? await answerOf(await handle(request, ...rest)) : undefined;
      const sent = sentAnswer(fault, own, request);
      record({
        method: request.method,
        path,
        headers: Object.fromEntries(request.headers),
        body,
        status: sent?.status ?? 0,
        answer: sent ? arrivingText(sent, fault) : '',
        committed: own !== undefined && own.status >= 200 && own.status < 300,
        ...(fault ? { fault } : {}),
      });
      if (isDelay(fault, 'after_commit')) await waiting.wait(request.signal, fault.ms);
      if (fault?.kind === 'hang') await waiting.wait(request.signal);
      return sent ? responseOf(sent, fault) : Response.error();
    } finally {
      leave?.();
    }
  };

  function record(call: ReceivedCall): void {
    calls.push(call);
    if (calls.length > MAX_KEPT_CALLS) calls.shift();
  }

  function sentAnswer(fault: Fault | undefined, own: Answer | undefined, { method, url, headers }: Request) {
    switch (fault?.kind) {
      case 'answer':
        return forcedAnswer(fault);
      case 'refusal': {
        const header = (name: string): string | undefined => headers.get(name) ?? undefined;
        const words = refusals[fault.name]?.({ method, path: new URL(url).pathname, header });
        return words && forcedAnswer(words);
      }
      case 'html':
        return pageAnswer();
      case 'wrong_type':
        return wrongTypeAnswer(own);
      case 'hang':
      case 'reset':
        return undefined;
      default:
        return own;
    }
  }

  const clearFaults = (id?: string): boolean => {
    const some = book.clear(id);
    if (id === undefined) waiting.letGo();
    return some;
  };

  return {
    app,
    calls: () => [...calls],
    faulty: {
      refusals: Object.keys(refusals),
      addFault: book.add,
      faults: book.list,
      clearFaults,
      answerNext: (match, answer) => {
        book.add({ match, fault: { kind: 'answer', at: 'before_commit', ...answer } });
      },
    },
    forget: () => {
      seeded.era += 1;
      calls.length = 0;
      clearFaults();
    },
  };
}

function isDelay(fault: Fault | undefined, at: string): fault is Extract<Fault, { readonly kind: 'delay' }> {
  return fault?.kind === 'delay' && fault.at === at;
}

/** A slow provider gets to it in the end; everything else that happens before the commit is in its place. */
function reachesProvider(fault: Fault | undefined): boolean {
  return fault === undefined || !('at' in fault) || fault.at === 'after_commit' || fault.kind === 'delay';
}
