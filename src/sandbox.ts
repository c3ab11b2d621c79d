/**
 * The kit for a provider's sandbox: a stateful fake of the provider's HTTP API, written from the documented facts.
 *
 * A sandbox imports this module (as `#sandbox`) and nothing of its adapter, so that the two can disagree. One Hono app
 * serves `stepgate dev` on a port, the tests behind a network interceptor, and a user's own tests by import.
 */
import { Hono } from 'hono';

/** What a seeded sequence is for. Every sandbox has `empty` and `with_steps`; the others where the provider can hold them. */
export type Seed = 'empty' | 'with_steps' | 'with_email' | 'date_based';

export interface SandboxSequence {
  readonly id: string;
  readonly name: string;
  readonly num_steps: number;
  /** The state that the sequence was seeded with; absent on what was created later. */
  readonly seed?: Seed;
  /** Whether it runs, where the provider knows such a state. */
  readonly active?: boolean;
  /** The stored native sequence object. */
  readonly native?: Readonly<Record<string, unknown>>;
}

/** One step as the sandbox has stored it, with the two things a caller cares about worked out by the sandbox itself. */
export interface StoredStep {
  readonly id: string;
  /** The native type word, as the provider stores it. */
  readonly type: string;
  /** Nominal seconds after the previous step (first step: after the prospect enters); null where a date schedules it. */
  readonly delay_seconds: number | null;
  /** Whether the provider would act on this step once its sequence runs: an email without approved content would not. */
  readonly live: boolean;
  /** The stored native objects by their native name, such as `{sequenceStep, template, sequenceTemplate}`. */
  readonly native: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

/** One HTTP call as the sandbox received and answered it. `path` holds the query string too, as sent. */
export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  /** The body of the answer. */
  readonly answer: string;
}

/** An answer that the sandbox gives instead of its own to the next call that matches; nothing is stored for that call. */
export interface ForcedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is; anything else as JSON. */
  readonly body: unknown;
}

export interface CallMatch {
  readonly method: string;
  readonly path: RegExp;
}

export interface Sandbox {
  readonly app: Hono;
  /** Scheme and host of the real API, where the tests mount the sandbox. */
  readonly origin: string;
  /** Where the API is in this world, if it is not at the adapter's own base URL. */
  readonly base_url?: string;
  /** The credentials that the sandbox accepts, by kind. Any other is refused as the provider refuses it. */
  readonly credentials: Readonly<{ api_key?: string; access_token?: string }>;
  /** Ids of templates that exist from the start. */
  readonly templates: readonly string[];
  sequences(): readonly SandboxSequence[];
  /** The stored steps of one sequence, in the order in which they run. */
  steps(sequenceId: string): readonly StoredStep[];
  /** Everything received since the start or the last reset, oldest first. */
  calls(): readonly ReceivedCall[];
  answerNext(match: CallMatch, answer: ForcedAnswer): void;
  /** Back to the seeded state; calls and forced answers are forgotten. */
  reset(): void;
}

/** Values that a world switch can take; the first is the default. Each switch stands for a conflict or an unknown in the facts. */
export type Worlds = Readonly<Record<string, readonly [string, string, ...string[]]>>;

export type World<W extends Worlds> = { readonly [K in keyof W]: W[K][number] };

export interface SandboxOptions<W extends Worlds> {
  readonly world?: Partial<World<W>>;
  /** Milliseconds since the epoch; a test hands in its own clock. */
  readonly now?: () => number;
}

/** The default export of a provider's `sandbox.ts`. */
export interface SandboxModule<W extends Worlds = Worlds> {
  readonly worlds: W;
  readonly create: (options?: SandboxOptions<W>) => Sandbox;
}

export function defineSandbox<const W extends Worlds>(module: SandboxModule<W>): SandboxModule<W> {
  return module;
}

/** Fills a partial world with the defaults. */
export function completeWorld<W extends Worlds>(worlds: W, chosen: Partial<World<W>> = {}): World<W> {
  const defaults = Object.fromEntries(Object.entries(worlds).map(([name, values]) => [name, values[0]]));
  return { ...defaults, ...chosen };
}

export interface RecordedApp {
  readonly app: Hono;
  readonly calls: () => readonly ReceivedCall[];
  readonly answerNext: (match: CallMatch, answer: ForcedAnswer) => void;
  readonly forget: () => void;
}

/** At most this many received calls are kept, so that a long-running `stepgate dev` does not grow. */
const MAX_KEPT_CALLS = 10_000;

/** A Hono app whose calls are recorded and can be answered by force. Routes are added by the sandbox. */
export function recordedApp(): RecordedApp {
  const app = new Hono();
  const calls: ReceivedCall[] = [];
  const forced: { match: CallMatch; answer: ForcedAnswer }[] = [];

  app.use(async (c, next) => {
    const url = new URL(c.req.url);
    const path = url.pathname + url.search;
    const body = await c.req.text();
    const index = forced.findIndex(({ match }) => match.method === c.req.method && match.path.test(path));
    const [hit] = index < 0 ? [] : forced.splice(index, 1);
    if (hit) c.res = forcedResponse(hit.answer);
    else await next();
    const answer = await c.res.clone().text();
    calls.push({ method: c.req.method, path, headers: c.req.header(), body, status: c.res.status, answer });
    if (calls.length > MAX_KEPT_CALLS) calls.shift();
  });

  return {
    app,
    calls: () => [...calls],
    answerNext: (match, answer) => forced.push({ match, answer }),
    forget: () => {
      calls.length = 0;
      forced.length = 0;
    },
  };
}

function forcedResponse({ status, headers = {}, body }: ForcedAnswer): Response {
  const text = typeof body === 'string';
  return new Response(text ? body : JSON.stringify(body), {
    status,
    headers: { 'content-type': text ? 'text/plain' : 'application/json', ...headers },
  });
}
