/** Changing a step that exists. */
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import type { StepChange } from '../model/step-change.ts';
import type { StepType } from '../model/step.ts';
import type { ChangeReport, PlannedChange, StepNow, StepTarget, UpdateStep } from '../model/update.ts';
import type { Warning } from '../model/warning.ts';
import { isUntouched, settleComparison } from './comparison.ts';
import { changedValues } from './create-steps.ts';
import { pointerFrom, stepPointer } from './native-pointer.ts';
import { CHANGE_POINTER, negotiateStepChange, whatIsAsked } from './negotiate-change.ts';
import type { Handling } from './policy.ts';
import type { Upstream } from './ports.ts';
import type { WriteTools } from './write.ts';
import { preview, write, type Preview, type Task } from './prepare.ts';

export interface UpdateStepRequest {
  readonly provider: NamedProvider;
  readonly operation: UpdateStep;
  /** The native kinds that are read as a unified type. */
  readonly types: Readonly<Record<string, StepType>>;
  readonly target: StepTarget;
  readonly record: StepChange;
  readonly handling: Handling;
  readonly warnings: readonly Warning[];
}

export async function previewStepUpdate(request: UpdateStepRequest, upstream: Upstream): Promise<Preview> {
  return preview(taskOf(request, await lookAt(request, upstream)), upstream);
}

/** @throws {ProblemError} with what has been made and changed, if anything has. */
export async function updateStep(request: UpdateStepRequest, tools: WriteTools): Promise<readonly Warning[]> {
  const { provider } = request;
  const now = tools.journal.prepared ? undefined : await lookAt(request, tools.upstream);
  const { plan, made, changed, warnings } = await write(taskOf(request, now), tools);
  const { stored } = made;
  const kept = changedValues(provider, [{ pointer: CHANGE_POINTER }], [plan], [stored ? { stored } : {}]);
  return [...warnings, ...kept, ...settleComparison(provider, made.comparison, changed, CHANGE_POINTER)];
}

type Now = StepNow<unknown> & { readonly type: StepType };

/** What the step is now decides what can be changed, so it is looked at before anything is negotiated. */
async function lookAt(
  { provider, operation, types, target, record }: UpdateStepRequest,
  upstream: Upstream,
): Promise<Now> {
  requireTemplateId(provider, record);
  const now = await operation.look(target, whatIsAsked(record), upstream.read);
  if (!now) throw notThere(provider, target);
  return { ...now, type: typeOf(provider, types, now) };
}

/** Without `now` only for an operation that is prepared. */
function taskOf(request: UpdateStepRequest, now: Now | undefined): Task<PlannedChange, unknown, ChangeReport> {
  const { provider, operation, target, record, handling, warnings } = request;
  return {
    provider,
    handling,
    warnings,
    negotiate: () => negotiateStepChange(provider, operation, record, now ?? notLookedAt(), warnings),
    look: () => Promise.resolve({ known: now?.known, refusals: now?.refusals ?? [] }),
    write: (plan, known, send) => operation.write(target, plan, known, send),
    still: async (plan, known, created, read) => {
      const seen = await operation.still?.(target, plan, known, created, read);
      return seen === undefined || (seen !== false && isUntouched(seen));
    },
    pointerOf: () => CHANGE_POINTER,
    pointTo: ({ native_key: key }) => pointerFrom(CHANGE_POINTER, stepPointer(operation.fields, key)),
  };
}

function notLookedAt(): never {
  throw new TypeError('A step is looked at before its change is negotiated.');
}

/** The look may read the template: an id is checked before any call. */
function requireTemplateId(provider: NamedProvider, { template }: StepChange): void {
  if (template?.id === undefined || provider.id.matches(template.id)) return;
  const detail = `An id of ${provider.title} is ${provider.id.says}.`;
  const pointer = `${CHANGE_POINTER}/template/id`;
  throw new ProblemError({ code: 'INVALID_VALUE', detail, pointer, provider: provider.name });
}

function typeOf(provider: NamedProvider, types: UpdateStepRequest['types'], { word }: StepNow<unknown>): StepType {
  const type = Object.hasOwn(types, word) ? types[word] : undefined;
  if (type !== undefined) return type;
  const detail = `${provider.title} calls this step ${JSON.stringify(word)}, which the gateway has no type for and does not change.`;
  throw new ProblemError({
    code: 'UNSUPPORTED_STEP_TYPE',
    detail,
    pointer: CHANGE_POINTER,
    provider: provider.name,
  });
}

function notThere(provider: NamedProvider, { sequence_id: sequence, step_id: step }: StepTarget): ProblemError {
  const detail = `${provider.title} has no step ${step} in sequence ${sequence}. Nothing was changed.`;
  return new ProblemError({
    code: 'PROVIDER_RECORD_NOT_FOUND',
    detail,
    origin: 'remote-provider',
    provider: provider.name,
  });
}
