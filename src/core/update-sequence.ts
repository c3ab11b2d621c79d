/** Changing a sequence's own fields. */
import type { NamedProvider } from '../model/declaration.ts';
import type { SequenceChange } from '../model/sequence.ts';
import type { ChangeReport, PlannedSequenceChange, UpdateSequence } from '../model/update.ts';
import type { Warning } from '../model/warning.ts';
import { isUntouched, settleComparison } from './comparison.ts';
import { pointerFrom, sequencePointer } from './native-pointer.ts';
import { negotiateFields, SEQUENCE_POINTER } from './negotiate-sequence.ts';
import { nothingLeft, withoutEmptyFields } from './nothing-left.ts';
import type { Handling } from './policy.ts';
import type { Upstream } from './ports.ts';
import type { WriteTools } from './write.ts';
import { preview, write, type Negotiated, type Preview, type Task } from './prepare.ts';

export interface UpdateSequenceRequest {
  readonly provider: NamedProvider;
  readonly operation: UpdateSequence;
  readonly sequence_id: string;
  readonly record: SequenceChange;
  readonly handling: Handling;
  readonly warnings: readonly Warning[];
}

export function previewSequenceUpdate(request: UpdateSequenceRequest, upstream: Upstream): Promise<Preview> {
  return preview(taskOf(request), upstream);
}

/** @throws {ProblemError} with what has been changed, if anything has. */
export async function updateSequence(request: UpdateSequenceRequest, tools: WriteTools): Promise<readonly Warning[]> {
  const { made, changed, warnings } = await write(taskOf(request), tools);
  return [...warnings, ...settleComparison(request.provider, made.comparison, changed, SEQUENCE_POINTER)];
}

function taskOf(request: UpdateSequenceRequest): Task<PlannedSequenceChange, unknown, ChangeReport> {
  const { provider, operation, sequence_id: id, handling, warnings } = request;
  return {
    provider,
    handling,
    warnings,
    negotiate: () => negotiateSequenceChange(request),
    look: (plan, read) => operation.look(id, plan, read),
    write: (plan, known, send) => operation.write(id, plan, known, send),
    still: async (plan, known, _created, read) => {
      const seen = await operation.still?.(id, plan, known, read);
      return seen === undefined || isUntouched(seen);
    },
    pointerOf: () => SEQUENCE_POINTER,
    pointTo: ({ native_key: key }) => pointerFrom(SEQUENCE_POINTER, sequencePointer(operation.sequence, key)),
  };
}

function negotiateSequenceChange({
  provider,
  operation,
  record,
  warnings: told,
}: UpdateSequenceRequest): Negotiated<PlannedSequenceChange> {
  const { steps, ...fields } = withoutEmptyFields(record);
  const { kept, warnings, refusals } = negotiateFields(provider, operation.sequence, fields);
  const at = { provider: provider.name, code: 'UNSUPPORTED_VALUE' } as const;
  const found = [...refusals];
  if (steps !== undefined) {
    const detail =
      'The steps of a sequence are changed one by one, with PATCH …/sequence_steps/{sequence_step_id} and its neighbours.';
    found.push({ ...at, detail, pointer: `${SEQUENCE_POINTER}/steps` });
  }
  if (Object.keys(kept).length === 0 && found.length === 0) {
    found.push(nothingLeft(provider, [...told, ...warnings], SEQUENCE_POINTER));
  }
  return { plan: { custom_fields: {}, ...kept }, warnings, refusals: found };
}
