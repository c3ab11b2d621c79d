/** Every write goes the same way: negotiate, look, rehearse; then it is shown (a dry run), or really written. */
import type { Read, Send } from '../model/calls.ts';
import type { Holds, Look, Refusal } from '../model/create-steps.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Created, type Problem } from '../model/problem.ts';
import { warning, type Warning } from '../model/warning.ts';
import { strictRefusals, type Handling } from './policy.ts';
import type { DescribedRequest, Journal, PreparedRecord, Upstream } from './ports.ts';
import { rehearse, type Rehearsal } from './rehearse.ts';
import { writeWith, type WriteTools, type Writing } from './write.ts';

/** One write as the use cases describe it. `P` is the plan, `K` what `look` found, `M` what `write` made. */
export interface Task<P, K, M> {
  readonly provider: NamedProvider;
  readonly handling: Handling;
  /** Warnings that the door has already found, such as unknown keys. */
  readonly warnings: readonly Warning[];
  /** Pure; called again with what `look` has shown. */
  negotiate(holds: Holds): Negotiated<P>;
  /** At once where it is known. */
  look(plan: P, read: Read): Look<K> | Promise<Look<K>>;
  /** What speaks against the plan, now that it is known what there is. */
  against?(plan: P, known: K): readonly Refusal[];
  /** What a state that was looked up forbids. */
  forbids?(holds: Holds): readonly Problem[];
  write(plan: P, known: K, send: Send): Promise<M>;
  /** Whether what was looked at is still so, but for what the write itself has created: asked where an earlier run is gone on with. */
  still?(plan: P, known: K, created: readonly Created[], read: Read): Promise<boolean>;
  /** Where a step stands in the request body. */
  pointerOf(step: number): string;
  /** The place in the request body of what a provider's refusal of the write speaks of, where that is certain. */
  pointTo?(spokenOf: SpokenOf): string | undefined;
}

/** What a problem has of `native_key` and `of_step`. */
export interface SpokenOf {
  readonly native_key: string | undefined;
  readonly of_step: number | undefined;
}

export interface Negotiated<P> {
  readonly plan: P;
  readonly warnings: readonly Warning[];
  readonly refusals: readonly Problem[];
}

/** Plain data: it is kept in the journal. */
export interface Prepared<P, K> {
  readonly plan: P;
  readonly known: K;
  readonly warnings: readonly Warning[];
}

export interface Preview {
  readonly requests: readonly DescribedRequest[];
  readonly warnings: readonly Warning[];
}

export interface Written<P, K, M> extends Prepared<P, K> {
  /** Absent where an earlier run has looked. */
  readonly look?: Look<K> | undefined;
  readonly made: M;
  /** What the provider has been made to hold. */
  readonly created: readonly Created[];
  /** What of it was there before and has been changed. */
  readonly changed: readonly Created[];
  /** Whether the provider has said that what was asked for is so already. */
  readonly already: boolean;
}

/** What the write would send. Planning reads are really made; nothing is written. Throws where the write would refuse. */
export async function preview<P, K, M>(
  task: Task<P, K, M>,
  upstream: Upstream,
): Promise<Preview & { readonly known: K }> {
  const { rehearsal, warnings, known } = await prepare(task, upstream);
  const requests = rehearsal.calls.map(({ call, when }) => ({
    ...upstream.describe(call),
    ...(when === undefined ? {} : { when }),
  }));
  return { requests, warnings, known };
}

/** Writes, or goes on with what an earlier run has begun. Throws ProblemError, with what exists if anything does. */
export async function write<P, K, M>(task: Task<P, K, M>, tools: WriteTools): Promise<Written<P, K, M>> {
  const { journal, upstream } = tools;
  const { prepared: earlier } = journal;
  const prepared = earlier ? resumed<P, K>(earlier) : begun(journal, await prepare(task, upstream));
  const writing = writeWith(tools, earlier && ((created) => refuseDiverged(task, prepared, created, upstream.read)));
  try {
    const made = await task.write(prepared.plan, prepared.known, writing.send);
    return writtenOf(prepared, made, writing);
  } catch (error) {
    throw pointed(task, error);
  }
}

/** @throws {ProblemError} 409 where going on would write over what has been changed since. */
async function refuseDiverged<P, K, M>(
  task: Task<P, K, M>,
  { plan, known }: Prepared<P, K>,
  created: readonly Created[],
  read: Read,
): Promise<void> {
  if (!task.still || (await task.still(plan, known, created, read))) return;
  const { provider } = task;
  const detail = `${provider.title} does not hold any more what this change began with: something has changed it since. Nothing more was sent; look there, and send what is still wanted as a new request.`;
  throw new ProblemError({ code: 'OPERATION_DIVERGED', detail, provider: provider.name });
}

type Begun<P, K> = Prepared<P, K> & Pick<Written<P, K, never>, 'look'>;

/** What an earlier run has prepared is not decided again: the caller might be told something else than was sent. */
function resumed<P, K>({ plan, known, warnings }: PreparedRecord): Begun<P, K> {
  return { plan: plan as P, known: known as K, warnings };
}

function begun<P, K>(journal: Journal, { rehearsal, look, plan, known, warnings }: Decided<P, K>): Begun<P, K> {
  journal.begin({ plan, known, warnings }, rehearsal.calls.filter(({ call }) => call.method !== 'GET').length);
  return { plan, known, warnings, look };
}

function writtenOf<P, K, M>({ plan, known, warnings, look }: Begun<P, K>, made: M, writing: Writing): Written<P, K, M> {
  const { created, changed } = writing;
  return { plan, known, warnings, look, made, created, changed, already: writing.already() };
}

function pointed<P, K, M>(task: Task<P, K, M>, error: unknown): unknown {
  if (!(error instanceof ProblemError)) return error;
  const problems = error.problems.map(({ native_key, of_step, in_step: below, ...problem }): Problem => {
    const named = task.pointTo?.({ native_key, of_step });
    const pointer = below === undefined ? named : task.pointerOf(of_step ?? 0) + below;
    return pointer === undefined ? problem : { ...problem, pointer };
  });
  return new ProblemError(problems, { cause: error.cause });
}

type Decided<P, K> = Prepared<P, K> & { readonly rehearsal: Rehearsal; readonly look: Look<K> };

/** Everything that is decided before the first write. Throws what speaks against it, all at once at each stage. */
async function prepare<P, K, M>(task: Task<P, K, M>, upstream: Upstream): Promise<Decided<P, K>> {
  const first = task.negotiate({});
  refuse(task, first.refusals, first.warnings);
  const look = await task.look(first.plan, upstream.read);
  const { plan, refusals, warnings } = look.holds ? task.negotiate(look.holds) : first;
  refuse(task, [...refusals, ...refusalsOf(task, plan, look)], warnings);
  const rehearsal = rehearse();
  await task.write(plan, look.known, rehearsal.send);
  const overrides = overrideWarnings(task, rehearsal);
  refuse(task, misfitProblems(task, rehearsal), overrides);
  return { plan, known: look.known, look, rehearsal, warnings: [...task.warnings, ...warnings, ...overrides] };
}

function refuse<P, K, M>(task: Task<P, K, M>, refusals: readonly Problem[], warnings: readonly Warning[]): void {
  const { handling, provider } = task;
  const strict = handling === 'strict' ? strictRefusals([...task.warnings, ...warnings], provider.name) : [];
  if (refusals.length + strict.length > 0) throw new ProblemError([...refusals, ...strict]);
}

function refusalsOf<P, K, M>(task: Task<P, K, M>, plan: P, look: Look<K>): readonly Problem[] {
  const { name } = task.provider;
  const against = [...(look.refusals ?? []), ...(task.against?.(plan, look.known) ?? [])];
  const found = against.map(({ step = 0, pointer, ...refusal }) => ({
    ...refusal,
    pointer: task.pointerOf(step) + pointer,
    provider: name,
    ...(refusal.code === 'PROVIDER_RECORD_NOT_FOUND' ? { origin: 'remote-provider' as const } : {}),
  }));
  return [...(task.forbids?.(look.holds ?? {}) ?? []), ...found];
}

function misfitProblems<P, K, M>(task: Task<P, K, M>, { misfits }: Rehearsal): readonly Problem[] {
  return misfits.map(({ step, pointer }) => ({
    code: 'UNSUPPORTED_VALUE',
    detail: 'Another custom field puts something that is no object where these belong.',
    pointer: task.pointerOf(step) + pointer,
    provider: task.provider.name,
  }));
}

function overrideWarnings<P, K, M>(task: Task<P, K, M>, { collisions }: Rehearsal): readonly Warning[] {
  return collisions.map(({ step, pointer, from, to }) =>
    warning(task.provider.name, {
      type: 'CUSTOM_FIELD_OVERRIDES',
      pointer: task.pointerOf(step) + pointer,
      detail: 'This key is also written by the gateway; the value of the custom field is sent.',
      from,
      to,
    }),
  );
}
