/** Creating steps in a sequence that exists. One step is the many with one. */
import type { Read, Send } from '../model/calls.ts';
import type { CreateSteps, Found, Holds, Look, Made, PlannedStep, Refusal, StepPlan } from '../model/create-steps.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import { warning, type Warning } from '../model/warning.ts';
import { findSteps } from './find-steps.ts';
import { pointerFrom, stepPointer } from './native-pointer.ts';
import { negotiate, type Asked } from './negotiate.ts';
import type { Handling } from './policy.ts';
import type { Upstream } from './ports.ts';
import type { WriteTools } from './write.ts';
import { preview, write, type Negotiated, type Preview, type SpokenOf, type Task, type Written } from './prepare.ts';

export interface CreateStepsRequest {
  readonly provider: NamedProvider;
  readonly operation: CreateSteps;
  readonly sequence_id: string;
  readonly asked: readonly Asked[];
  readonly handling: Handling;
  /** Warnings that the door has already found, such as unknown keys. */
  readonly warnings: readonly Warning[];
  /** What the step before this one has left behind, in place of a look. */
  readonly looked?: Look<unknown> | undefined;
}

export interface CreatedSteps {
  readonly ids: readonly string[];
  /** What a look would find now, where that is known. */
  readonly after?: Look<unknown> | undefined;
  readonly warnings: readonly Warning[];
}

export function previewSteps(request: CreateStepsRequest, upstream: Upstream): Promise<Preview> {
  return preview(new StepsTask(request), upstream);
}

/** Answers with the provider's true step ids. Throws ProblemError, with what exists if anything does. */
export async function createSteps(request: CreateStepsRequest, tools: WriteTools): Promise<CreatedSteps> {
  const { provider, operation, asked } = request;
  const { plan, known, look, made, created, warnings } = await write(new StepsTask(request), tools);
  const ids = made.steps.flatMap(({ id }) => (id === undefined ? [] : [String(id)]));
  const isWhole = ids.length === plan.steps.length;
  const found = isWhole ? ids : await findAll(request, { plan, known, created }, tools);
  const changed = changedValues(provider, asked, plan.steps, made.steps);
  if (!found) return { ids: [], warnings: [...warnings, ...changed, idsUnknown(provider, '')] };
  requireIds(provider, found, created);
  const after = look && operation.after?.(look, plan);
  return { ids: found, after, warnings: [...warnings, ...changed] };
}

type Unnamed = Pick<Written<StepPlan, unknown, Made>, 'plan' | 'known' | 'created'>;

/** Steps that the provider's answers do not name. */
function findAll(
  { provider, operation }: CreateStepsRequest,
  { plan, known, created }: Unnamed,
  { upstream, clock }: WriteTools,
): ReturnType<typeof findSteps> {
  const find = (): Promise<Found> =>
    operation.find?.(plan, known, upstream.read) ?? Promise.reject(new TypeError(`${provider.name} needs a find.`));
  return findSteps(find, plan.steps.length, { provider, clock, created });
}

/** A class, because most requests make one. */
class StepsTask implements Task<StepPlan, unknown, Made> {
  readonly provider: NamedProvider;
  readonly handling: Handling;
  readonly warnings: readonly Warning[];
  private readonly request: CreateStepsRequest;

  constructor(request: CreateStepsRequest) {
    this.provider = request.provider;
    this.handling = request.handling;
    this.warnings = request.warnings;
    this.request = request;
  }

  negotiate(looked: Holds): Negotiated<StepPlan> {
    const { provider, operation, asked, sequence_id } = this.request;
    // Where only an empty sequence takes steps, no email can come before those of this request.
    const holds = operation.preconditions.sequence_empty ? { earlier_email: false, ...looked } : looked;
    const { steps, warnings, refusals } = negotiate(provider, operation, asked, holds);
    return { plan: { sequence_id, steps }, warnings, refusals };
  }

  look(plan: StepPlan, read: Read): Look<unknown> | Promise<Look<unknown>> {
    const { looked, operation } = this.request;
    return looked ?? operation.look(plan, read);
  }

  against(plan: StepPlan, known: unknown): readonly Refusal[] {
    return this.request.operation.against?.(plan, known) ?? [];
  }

  forbids({ sequence_empty }: Holds): readonly Problem[] {
    const { name } = this.provider;
    const detail = this.request.operation.preconditions.sequence_empty;
    return sequence_empty === false && detail !== undefined
      ? [{ code: 'SEQUENCE_NOT_EMPTY', detail, provider: name }]
      : [];
  }

  write(plan: StepPlan, known: unknown, send: Send): Promise<Made> {
    return this.request.operation.write(plan, known, send);
  }

  pointerOf(step: number): string {
    return this.request.asked[step]?.pointer ?? '';
  }

  /** A provider speaks of a field, not of a step: with several steps nobody knows which one it means. */
  pointTo({ native_key: key }: SpokenOf): string | undefined {
    const { asked, operation } = this.request;
    return asked.length === 1 ? pointerFrom(this.pointerOf(0), stepPointer(operation.fields, key)) : undefined;
  }
}

/** @throws {ProblemError} where an id that the provider answered with is none of its own. */
export function requireIds(provider: NamedProvider, ids: readonly string[], created: ProblemContext): void {
  if (ids.every((id) => provider.id.matches(id))) return;
  throw new ProblemError({
    code: 'BAD_PROVIDER_RESPONSE',
    detail: `${provider.title} answered with an id that is not ${provider.id.says}.`,
    origin: 'remote-provider',
    provider: provider.name,
    outcome: 'created',
    created: [...created],
  });
}

type ProblemContext = readonly { readonly kind: string; readonly id: string }[];

/** Where the provider says that it keeps another interval than it was sent. */
export function changedValues(
  provider: NamedProvider,
  asked: readonly Pick<Asked, 'pointer'>[],
  planned: readonly Pick<PlannedStep, 'interval_seconds'>[],
  made: Made['steps'],
): readonly Warning[] {
  return made.flatMap(({ stored }, index) => {
    const sent = planned[index]?.interval_seconds;
    const got = stored?.interval_seconds;
    if (sent === undefined || got === undefined || got === null || got === sent) return [];
    const detail = `${provider.title} was sent ${sent} s and answered that it keeps ${got} s.`;
    const pointer = `${asked[index]?.pointer ?? ''}/interval_seconds`;
    return [warning(provider.name, { type: 'PROVIDER_CHANGED_VALUE', pointer, detail, from: sent, to: got })];
  });
}

/** The steps are there, but nobody can say which is which. */
export function idsUnknown(provider: NamedProvider, pointer: string): Warning {
  const detail = `${provider.title} holds the steps, but they cannot be told apart for certain; read them with GET /sequences/{sequence_id}.`;
  return warning(provider.name, { type: 'STEP_IDS_UNKNOWN', pointer, detail });
}
