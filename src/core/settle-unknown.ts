/** A call that was sent, and nobody knows what came of it: looked for, and only sent again where that is proved to be safe. */
import type { Segment, SendOptions, Traces } from '../model/calls.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import type { Clock, Upstream } from './ports.ts';

/** How long after the gateway gave a call up "it is not there" proves nothing, unless the operator says so: a provider may still be carrying it out. */
export const DEFAULT_GRACE_MS = 60_000;

export interface OpenCall {
  readonly provider: NamedProvider;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly body: SendOptions<unknown>['body'];
  readonly sent_at: number;
  /** Until when the gateway waited for its answer. */
  readonly given_up_at: number;
  /** How long after that "it is not there" proves nothing. */
  readonly graceMs: number;
  /** Ids that other writes are known to have made. */
  readonly known: (kind: string) => Promise<ReadonlySet<string>>;
}

/**
 * The answer that the call would have given; undefined where it was not carried out and can be sent again.
 * @throws {ProblemError} 409 while that cannot be known yet, 502 where it cannot be known at all.
 */
export async function settleUnknown<T>(open: OpenCall, options: SendOptions<T>): Promise<{ answer: T } | undefined> {
  const { if_unknown: look } = options;
  if (look === 'repeat') return undefined;
  const { provider, upstream, clock, body, sent_at, given_up_at, graceMs } = open;
  if (!look) throw new ProblemError(problem(provider, 'OUTCOME_UNKNOWN', NO_WAY));
  const until = given_up_at + graceMs;
  const seen = await look(upstream.read, { body, sent_at, until });
  if (seen === 'repeat') return undefined;
  const { ours, alike } = await withoutOthers(open, options, 'ours' in seen ? seen : { ours: seen, alike: [] });
  const [first, ...others] = ours;
  if (first !== undefined && others.length === 0) return { answer: first };
  if (first !== undefined) throw new ProblemError(ambiguous(open, idsOf(ours, options), LOOK_LIKE_IT));
  const rest = until - clock.now();
  if (rest <= 0 && alike.length > 0) throw new ProblemError(ambiguous(open, alike, MAY_BE_IT));
  if (rest <= 0) return undefined;
  const detail = `${provider.title} does not show yet what was sent ${Math.round((clock.now() - sent_at) / 1000)} s ago; it may still come. Nothing was sent again.`;
  throw new ProblemError({
    ...problem(provider, 'OUTCOME_NOT_SETTLED', detail),
    retryAfterSeconds: Math.ceil(rest / 1000),
  });
}

/** Whatever has kept the gateway from knowing says nothing of what was sent before. */
export function stillUnknown(error: unknown): unknown {
  if (!(error instanceof ProblemError)) return error;
  const problems = error.problems.map((each): Problem => ({ ...each, outcome: 'unknown' }));
  return new ProblemError(problems, { cause: error });
}

const NO_WAY =
  'It cannot be looked up whether this call was carried out. Look in the provider; nothing was sent again.';

/** What another write is known to have made is not this one's, however alike they are. */
async function withoutOthers<T>({ known }: OpenCall, { creates }: SendOptions<T>, seen: Traces<T>): Promise<Traces<T>> {
  if (!creates || seen.ours.length + seen.alike.length === 0) return seen;
  const others = await known(creates.kind);
  const isOpen = (id: Segment | undefined): boolean => !others.has(String(id));
  return { ours: seen.ours.filter((answer) => isOpen(creates.id(answer))), alike: seen.alike.filter(isOpen) };
}

const LOOK_LIKE_IT = 'holds several records that look like the one that was to be written';
const MAY_BE_IT =
  "holds nothing that is as it was sent, but what was made at that time may be it, changed since, or be somebody else's";

function idsOf<T>(answers: readonly T[], { creates }: SendOptions<T>): readonly Segment[] {
  return answers.flatMap((answer) => creates?.id(answer) ?? []);
}

function ambiguous({ provider }: OpenCall, ids: readonly Segment[], says: string): Problem {
  const candidates = ids.map(String);
  const detail = `${provider.title} ${says}: ${candidates.join(', ')}. Look there; nothing was sent again.`;
  return { ...problem(provider, 'OUTCOME_AMBIGUOUS', detail), candidates };
}

function problem(provider: NamedProvider, code: Problem['code'], detail: string): Problem {
  return { code, detail, outcome: 'unknown', origin: 'remote-provider', provider: provider.name };
}
