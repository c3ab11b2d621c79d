/** What a sandbox can be told to do wrong, and the book in which that is kept until it has happened. */

/** An answer that takes the place of the sandbox's own. */
export interface ForcedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is; anything else as JSON. */
  readonly body: unknown;
}

/** Which calls are meant; what is left out matches every call. */
export interface CallMatch {
  readonly method?: string;
  /** Searched for in path and query, as sent. */
  readonly path?: RegExp;
}

/** `before_commit`: the provider never gets to carry the call out. `after_commit`: it does, and what follows goes wrong. */
export type Moment = 'before_commit' | 'after_commit';

/**
 * One thing that goes wrong.
 *
 * - `answer`: this answer, whatever the provider's own is.
 * - `refusal`: an answer in the provider's own words, by its name in {@link Refusals}.
 * - `html`: 200 with a page, as a proxy in between answers. `wrong_type`: valid JSON that is not the documented shape.
 * - `hang`: no answer until the client gives up. `delay`: the provider's own answer, `ms` milliseconds late; with
 *   `before_commit` it is carried out only then, whether or not the client is still there.
 * - `drip`: the provider's own answer, a byte every `ms` milliseconds. `truncated`: half of it, under the length of the
 *   whole, and then the end of the connection.
 * - `reset`: the connection ends without an answer.
 */
export type Fault =
  | ({ readonly kind: 'answer'; readonly at: Moment } & ForcedAnswer)
  | { readonly kind: 'refusal'; readonly at: Moment; readonly name: string }
  | { readonly kind: 'html' | 'wrong_type' | 'hang' | 'reset'; readonly at: Moment }
  | { readonly kind: 'delay'; readonly at: Moment; readonly ms: number }
  | { readonly kind: 'drip'; readonly ms: number }
  | { readonly kind: 'truncated' };

export interface FaultRule {
  readonly match?: CallMatch;
  readonly fault: Fault;
  /** The matching call that is the first to be struck, counted from 1 since the rule was added; 1 if left out. */
  readonly nth?: number;
  /** How many calls are struck from then on; 1 if left out. */
  readonly times?: number | 'until_cleared';
}

export interface StandingFault {
  readonly id: string;
  readonly rule: FaultRule;
  /** How many calls it has struck so far. */
  readonly struck: number;
}

/** A call as a provider's words may depend on it. */
export interface RefusedCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly header: (name: string) => string | undefined;
}

/** Answers in the provider's own words, by name. What they say is made when the fault strikes. */
export type Refusals = Readonly<Record<string, (call: RefusedCall) => ForcedAnswer>>;

export interface FaultBook {
  /** @throws {TypeError} for a rule that could never strike. */
  readonly add: (rule: FaultRule) => string;
  readonly list: () => readonly StandingFault[];
  /** Without an id, all of them. Answers whether there was any. */
  readonly clear: (id?: string) => boolean;
  /** The fault for a call that has just arrived: of those that match, the oldest. */
  readonly strike: (method: string, path: string) => Fault | undefined;
}

interface Entry {
  readonly id: string;
  readonly rule: FaultRule;
  seen: number;
  struck: number;
}

export function faultBook(refusals: Refusals): FaultBook {
  let entries: readonly Entry[] = [];
  let added = 0;

  return {
    add: (rule) => {
      check(rule, refusals);
      added += 1;
      const id = String(added);
      entries = [...entries, { id, rule, seen: 0, struck: 0 }];
      return id;
    },
    list: () => entries.map(({ id, rule, struck }) => ({ id, rule, struck })),
    clear: (id) => {
      const kept = id === undefined ? [] : entries.filter((entry) => entry.id !== id);
      const some = kept.length < entries.length;
      entries = kept;
      return some;
    },
    strike: (method, path) => {
      const matching = entries.filter(({ rule: { match = {} } }) => matches(match, method, path));
      for (const entry of matching) entry.seen += 1;
      const entry = matching.find(({ rule, seen }) => seen >= (rule.nth ?? 1));
      if (!entry) return undefined;
      entry.struck += 1;
      if (entry.struck === (entry.rule.times ?? 1)) entries = entries.filter((each) => each !== entry);
      return entry.rule.fault;
    },
  };
}

/** `search` and not `test`, which a `g` flag would make remember the call before. */
function matches({ method, path }: CallMatch, calledMethod: string, calledPath: string): boolean {
  return (method ?? calledMethod) === calledMethod && (path === undefined || calledPath.search(path) >= 0);
}

function check({ fault, nth = 1, times = 1 }: FaultRule, refusals: Refusals): void {
  if (!isCount(nth)) throw new TypeError('nth is a whole number from 1.');
  if (times !== 'until_cleared' && !isCount(times))
    throw new TypeError("times is a whole number from 1, or 'until_cleared'.");
  if ('ms' in fault && !(fault.ms >= 0)) throw new TypeError('ms is a number from 0.');
  if (fault.kind === 'answer') checkAnswer(fault);
  if (fault.kind !== 'refusal' || Object.hasOwn(refusals, fault.name)) return;
  throw new TypeError(`This sandbox has no refusal ${fault.name}; it has ${Object.keys(refusals).join(', ')}.`);
}

/** What no `Response` can be made of. */
function checkAnswer({ status, headers = {} }: ForcedAnswer): void {
  if (!(isCount(status) && status >= 200 && status <= 599))
    throw new TypeError('status is a whole number from 200 to 599.');
  new Headers(headers);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
