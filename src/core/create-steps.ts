/** Creating steps: negotiate, look, rehearse, write, find. One step is the many with one. */
import type { CreateSteps, Look, Made, NamedProvider, StepPlan } from '../model/declaration.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import { warning, type Warning } from '../model/warning.ts';
import { findSteps } from './find-steps.ts';
import { negotiate, type Asked, type Negotiated } from './negotiate.ts';
import { strictRefusals, type Handling } from './policy.ts';
import type { Clock, DescribedRequest, Upstream } from './ports.ts';
import { rehearse, type Rehearsal } from './rehearse.ts';
import { writeWith } from './write.ts';

export interface CreateStepsRequest {
  readonly provider: NamedProvider;
  readonly operation: CreateSteps;
  readonly sequence_id: string;
  readonly asked: readonly Asked[];
  readonly handling: Handling;
  /** Warnings that the door has already found, such as unknown keys. */
  readonly warnings: readonly Warning[];
}

export interface CreatedSteps {
  readonly ids: readonly string[];
  readonly warnings: readonly Warning[];
}

export interface Preview {
  readonly requests: readonly DescribedRequest[];
  readonly warnings: readonly Warning[];
}

interface Prepared {
  readonly plan: StepPlan;
  readonly known: unknown;
  readonly rehearsal: Rehearsal;
  readonly warnings: readonly Warning[];
}

/** What creating would send. Planning reads are really made; nothing is written. Throws where creating would refuse. */
export async function previewSteps(request: CreateStepsRequest, upstream: Upstream): Promise<Preview> {
  const { rehearsal, warnings } = await prepare(request, upstream);
  const requests = rehearsal.calls.map(({ call, when }) => ({
    ...upstream.describe(call),
    ...(when === undefined ? {} : { when }),
  }));
  return { requests, warnings };
}

/** Creates the steps and answers with the provider's true step ids. Throws ProblemError, with what exists if anything does. */
export async function createSteps(
  request: CreateStepsRequest,
  upstream: Upstream,
  clock: Clock,
): Promise<CreatedSteps> {
  const { provider, operation } = request;
  const { plan, known, warnings } = await prepare(request, upstream);
  const writing = writeWith(provider, upstream);
  const made = await operation.write(plan, known, writing.send);
  const ids = await stepIds(request, plan, known, made, { upstream, clock, created: writing.created });
  return { ids, warnings: [...warnings, ...changedValues(request, plan, made)] };
}

async function prepare(request: CreateStepsRequest, upstream: Upstream): Promise<Prepared> {
  const { provider, operation, asked, sequence_id } = request;
  const first = negotiate(provider, operation, asked);
  refuse(request, first);
  const look = await operation.look({ sequence_id, steps: first.steps }, upstream.read);
  const negotiated = look.holds ? negotiate(provider, operation, asked, look.holds) : first;
  refuse(request, negotiated, look);
  const plan = { sequence_id, steps: negotiated.steps };
  const rehearsal = rehearse();
  await operation.write(plan, look.known, rehearsal.send);
  const overrides = overrideWarnings(request, rehearsal);
  refuse(request, { ...negotiated, refusals: misfitProblems(request, rehearsal), warnings: overrides });
  return { plan, known: look.known, rehearsal, warnings: [...request.warnings, ...negotiated.warnings, ...overrides] };
}

/** Throws everything that speaks against the request at this point, all at once. */
function refuse(request: CreateStepsRequest, { warnings, refusals }: Negotiated, look?: Look<unknown>): void {
  const { provider, operation, asked, handling } = request;
  const found: Problem[] = [...refusals];
  if (look?.holds?.sequence_empty === false && operation.preconditions.sequence_empty !== undefined) {
    found.push({ code: 'SEQUENCE_NOT_EMPTY', detail: operation.preconditions.sequence_empty, provider: provider.name });
  }
  for (const { step = 0, pointer, ...refusal } of look?.refusals ?? []) {
    found.push({ ...refusal, pointer: (asked[step]?.pointer ?? '') + pointer, provider: provider.name });
  }
  if (handling === 'strict') found.push(...strictRefusals([...request.warnings, ...warnings], provider.name));
  if (found.length > 0) throw new ProblemError(found);
}

function misfitProblems({ provider, asked }: CreateStepsRequest, { misfits }: Rehearsal): readonly Problem[] {
  return misfits.map(({ step, pointer }) => ({
    code: 'UNSUPPORTED_VALUE',
    detail: 'Another custom field puts something that is no object where these belong.',
    pointer: (asked[step]?.pointer ?? '') + pointer,
    provider: provider.name,
  }));
}

function overrideWarnings({ provider, asked }: CreateStepsRequest, { collisions }: Rehearsal): readonly Warning[] {
  return collisions.map(({ step, pointer, from, to }) =>
    warning(provider.name, {
      type: 'CUSTOM_FIELD_OVERRIDES',
      pointer: (asked[step]?.pointer ?? '') + pointer,
      detail: 'This key is also written by the gateway; the value of the custom field is sent.',
      ...{ from, to },
    }),
  );
}

async function stepIds(
  request: CreateStepsRequest,
  plan: StepPlan,
  known: unknown,
  made: Made,
  context: Parameters<typeof findSteps>[3],
): Promise<readonly string[]> {
  const ids = made.steps.flatMap(({ id }) => (id === undefined ? [] : [String(id)]));
  const found = ids.length === plan.steps.length ? ids : await findSteps(request, plan, known, context);
  const odd = found.find((id) => !request.provider.id.matches(id));
  if (odd === undefined) return found;
  throw new ProblemError({
    code: 'BAD_PROVIDER_RESPONSE',
    detail: `${request.provider.title} answered with a step id that is not ${request.provider.id.says}.`,
    ...{
      origin: 'remote-provider',
      provider: request.provider.name,
      outcome: 'created',
      created: [...context.created],
    },
  });
}

function changedValues({ provider, asked }: CreateStepsRequest, { steps }: StepPlan, made: Made): readonly Warning[] {
  return made.steps.flatMap(({ stored }, index) => {
    const sent = steps[index]?.interval_seconds;
    const got = stored?.interval_seconds;
    if (sent === undefined || got === undefined || got === null || got === sent) return [];
    const detail = `${provider.title} was sent ${String(sent)} s and answered that it keeps ${String(got)} s.`;
    const pointer = `${asked[index]?.pointer ?? ''}/interval_seconds`;
    return [warning(provider.name, { type: 'PROVIDER_CHANGED_VALUE', pointer, detail, from: sent, to: got })];
  });
}
