/** Creating a sequence with its steps. */
import type { CreateSequence, MadeSequence, SequencePlan } from '../model/create-sequence.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { SequenceRecord } from '../model/sequence.ts';
import type { Warning } from '../model/warning.ts';
import { changedValues, idsUnknown, requireIds } from './create-steps.ts';
import { pointerFrom, sequencePointer, stepPointer } from './native-pointer.ts';
import { negotiateSequence, SEQUENCE_POINTER } from './negotiate-sequence.ts';
import type { Handling } from './policy.ts';
import type { Upstream } from './ports.ts';
import type { WriteTools } from './write.ts';
import { preview, write, type Preview, type SpokenOf, type Task } from './prepare.ts';
import { PATIENCE_MS, pauseAfter } from './find-steps.ts';

export interface CreateSequenceRequest {
  readonly provider: NamedProvider;
  readonly operation: CreateSequence;
  readonly record: SequenceRecord;
  readonly handling: Handling;
  readonly warnings: readonly Warning[];
}

export interface CreatedSequence {
  readonly id: string;
  /** In the order of the request; absent where they cannot be told apart for certain. */
  readonly step_ids?: readonly string[];
  readonly warnings: readonly Warning[];
}

export function previewSequence(request: CreateSequenceRequest, upstream: Upstream): Promise<Preview> {
  return preview(taskOf(request), upstream);
}

export async function createSequence(request: CreateSequenceRequest, tools: WriteTools): Promise<CreatedSequence> {
  const { provider, operation, record } = request;
  const { plan, made, created, warnings } = await write(taskOf(request), tools);
  const id = String(made.id);
  requireIds(provider, [id], created);
  const told = made.steps.flatMap((step) => (step.id === undefined ? [] : [String(step.id)]));
  const asked = (record.steps ?? []).map((step, index) => ({ record: step, pointer: pointerOf(index) }));
  const changed = changedValues(provider, asked, plan.steps, made.steps);
  const ids = told.length === plan.steps.length ? told : await findAll(operation, plan, id, tools);
  if (ids?.every((each) => provider.id.matches(each)))
    return { id, step_ids: ids, warnings: [...warnings, ...changed] };
  return { id, warnings: [...warnings, ...changed, idsUnknown(provider, '/record/steps')] };
}

function taskOf(request: CreateSequenceRequest): Task<SequencePlan, unknown, MadeSequence> {
  const { provider, operation, record, handling, warnings } = request;
  return {
    provider,
    handling,
    warnings,
    negotiate: (holds) => negotiateSequence(provider, operation, record, holds),
    look: (plan, read) => operation.look(plan, read),
    write: (plan, known, send) => operation.write(plan, known, send),
    pointerOf,
    pointTo: (spokenOf) => pointTo(request, spokenOf),
  };
}

function pointerOf(step: number): string {
  return step < 0 ? SEQUENCE_POINTER : `${SEQUENCE_POINTER}/steps/${step}`;
}

function pointTo({ operation, record }: CreateSequenceRequest, { native_key: key, of_step: step }: SpokenOf) {
  if (step !== undefined && step >= 0) return pointerOf(step) + (stepPointer(operation.steps.fields, key) ?? '');
  // Of a call about all of it nobody knows whether one of the steps is meant, or its template.
  const isOwn = step !== undefined || !record.steps?.length;
  return isOwn ? pointerFrom(SEQUENCE_POINTER, sequencePointer(operation.sequence, key)) : undefined;
}

/** New steps may take a while to show; a reading that fails leaves the ids unknown, because the sequence is there. */
async function findAll(
  operation: CreateSequence,
  plan: SequencePlan,
  id: string,
  { upstream, clock }: WriteTools,
): Promise<readonly string[] | undefined> {
  const deadline = clock.now() + PATIENCE_MS;
  for (let round = 0; ; round += 1) {
    const found = await operation.find?.(plan, id, upstream.read).catch(() => undefined);
    if (found) return found.map(String);
    const pause = pauseAfter(round);
    if (!operation.find || clock.now() + pause > deadline) return undefined;
    await clock.wait(pause);
  }
}
