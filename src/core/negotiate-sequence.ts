/** Negotiation of a sequence with its steps: its own fields by their cells, its steps as if they were added to an empty one. */
import type { CreateSequence, PlannedSequence, SequencePlan } from '../model/create-sequence.ts';
import type { Holds } from '../model/create-steps.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Problem } from '../model/problem.ts';
import { SEQUENCE_FIELDS, type SequenceField, type SequenceRecord } from '../model/sequence.ts';
import { cellFor } from '../model/cell.ts';
import { warning, type Warning } from '../model/warning.ts';
import { orderWarnings, withoutOrder } from './array-order.ts';
import { limitProblems } from './limits.ts';
import { negotiate, type Asked } from './negotiate.ts';
import type { Negotiated } from './prepare.ts';

export const SEQUENCE_POINTER = '/record';

export function negotiateSequence(
  provider: NamedProvider,
  operation: CreateSequence,
  record: SequenceRecord,
  holds: Holds = {},
): Negotiated<SequencePlan> {
  const asked = (record.steps ?? []).map((step, index): Asked => ({
    record: step,
    pointer: `${SEQUENCE_POINTER}/steps/${index}`,
  }));
  const dated = asked.filter(({ record: step }) => step.date !== undefined).length;
  const byDate = dated > 0 && dated === asked.length && canDate(operation);
  const isMixed = dated > 0 && dated < asked.length && canDate(operation);
  const inOrder = asked.map((each): Asked => ({ ...each, record: withoutOrder(each.record) }));
  // Of a mixture nobody knows yet what it goes by: no step is told that it would be the other.
  const schedule = isMixed ? {} : { date_based: byDate };
  const steps = negotiate(provider, operation.steps, inOrder, { ...holds, earlier_email: false, ...schedule });
  const { kept, ...own } = negotiateFields(provider, operation.sequence, ownFields(operation, record));
  const sequence = { type: 'private', custom_fields: {}, ...kept, name: record.name } as const;
  const found: Problem[] = [...own.refusals, ...steps.refusals];
  if (asked.length === 0 && operation.needs_steps !== undefined) {
    found.push({
      code: 'STEPS_REQUIRED',
      detail: operation.needs_steps,
      pointer: `${SEQUENCE_POINTER}/steps`,
      provider: provider.name,
    });
  }
  if (isMixed) {
    const detail = 'A sequence goes by dates or by intervals: give a date to all steps or to none.';
    found.push({ code: 'DATE_NOT_SUPPORTED', detail, pointer: `${SEQUENCE_POINTER}/steps`, provider: provider.name });
  }
  return {
    plan: { sequence, by_date: byDate, steps: steps.steps },
    warnings: [
      ...own.warnings,
      ...steps.warnings,
      ...asked.flatMap((each, index) => orderWarnings(provider, each, index + 1)),
    ],
    refusals: found,
  };
}

function canDate({ steps }: CreateSequence): boolean {
  return cellFor(steps.fields.date, 'call').support === 'native';
}

type Fields = Partial<Readonly<Record<SequenceField, unknown>>>;

export interface NegotiatedFields {
  /** What of the values the provider takes. */
  readonly kept: Partial<PlannedSequence>;
  readonly warnings: readonly Warning[];
  readonly refusals: readonly Problem[];
}

/** The sequence's own fields, each by its cell. */
export function negotiateFields(
  provider: NamedProvider,
  cells: CreateSequence['sequence'],
  values: Fields,
): NegotiatedFields {
  const kept: Partial<Record<SequenceField, unknown>> = {};
  const warnings: Warning[] = [];
  const refusals: Problem[] = [];
  for (const field of SEQUENCE_FIELDS) {
    const [cell, value] = [cells[field], values[field]];
    const pointer = `${SEQUENCE_POINTER}/${field}`;
    if (value === undefined) continue;
    if (cell.support === 'none') {
      const detail = `${cell.because} \`${field}\` was left out.`;
      warnings.push(warning(provider.name, { type: 'FIELD_NOT_SUPPORTED', pointer, detail, from: value }));
      continue;
    }
    kept[field] = value;
    for (const { pointer: below = '', ...problem } of limitProblems(provider, cell, value)) {
      refusals.push({ ...problem, pointer: pointer + below, provider: provider.name });
    }
  }
  return { kept: kept as Partial<PlannedSequence>, warnings, refusals };
}

/** A sequence is private unless somebody shares it: to a provider that cannot share that is what was asked for. */
function ownFields({ sequence: cells }: CreateSequence, { name, tags, type, owner_id, custom_fields }: SequenceRecord) {
  const told = type === 'private' && cells.type.support === 'none' ? undefined : type;
  return { name, tags, type: told, owner_id, custom_fields };
}
