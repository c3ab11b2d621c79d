/** Negotiation of a sequence with its steps: its own fields by their cells, its steps as if they were added to an empty one. */
import type { CreateSequence, PlannedSequence, SequencePlan } from '../model/create-sequence.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Problem } from '../model/problem.ts';
import type { SequenceField, SequenceRecord } from '../model/sequence.ts';
import { cellFor } from '../model/cell.ts';
import { warning, type Warning } from '../model/warning.ts';
import { limitProblems } from './limits.ts';
import { negotiate, type Asked } from './negotiate.ts';
import type { Negotiated } from './prepare.ts';

const POINTER = '/record';

export function negotiateSequence(
  provider: NamedProvider,
  operation: CreateSequence,
  record: SequenceRecord,
): Negotiated<SequencePlan> {
  const asked = (record.steps ?? []).map((step, index): Asked => ({
    record: step,
    pointer: `${POINTER}/steps/${index}`,
  }));
  const dated = asked.filter(({ record: step }) => step.date !== undefined).length;
  const byDate = dated > 0 && dated === asked.length && canDate(operation);
  const inOrder = asked.map((each): Asked => ({ ...each, record: withoutOrder(each.record) }));
  const steps = negotiate(provider, operation.steps, inOrder, { earlier_email: false, date_based: byDate });
  const own = negotiateFields(provider, operation, record);
  const found: Problem[] = [...own.refusals, ...steps.refusals];
  if (asked.length === 0 && operation.needs_steps !== undefined) {
    found.push({
      code: 'STEPS_REQUIRED',
      detail: operation.needs_steps,
      pointer: `${POINTER}/steps`,
      provider: provider.name,
    });
  }
  if (dated > 0 && dated < asked.length && canDate(operation)) {
    const detail = 'A sequence goes by dates or by intervals: give a date to all steps or to none.';
    found.push({ code: 'DATE_NOT_SUPPORTED', detail, pointer: `${POINTER}/steps`, provider: provider.name });
  }
  return {
    plan: { sequence: own.sequence, by_date: byDate, steps: steps.steps },
    warnings: [...own.warnings, ...steps.warnings, ...orderWarnings(provider, asked)],
    refusals: found,
  };
}

function canDate({ steps }: CreateSequence): boolean {
  return cellFor(steps.fields.date, 'call').support === 'native';
}

interface Own {
  readonly sequence: PlannedSequence;
  readonly warnings: readonly Warning[];
  readonly refusals: readonly Problem[];
}

function negotiateFields(provider: NamedProvider, operation: CreateSequence, record: SequenceRecord): Own {
  const { name, tags, type = 'private', owner_id, custom_fields } = record;
  const values: Readonly<Record<SequenceField, unknown>> = { name, tags, type, owner_id, custom_fields };
  const kept = new Set<SequenceField>();
  const warnings: Warning[] = [];
  const refusals: Problem[] = [];
  for (const [field, value] of Object.entries(values) as [SequenceField, unknown][]) {
    const cell = operation.sequence[field];
    const pointer = `${POINTER}/${field}`;
    if (value === undefined) continue;
    if (cell.support === 'none') {
      // A sequence is private unless somebody shares it: that is what was asked for.
      if (value === 'private') continue;
      const detail = `${cell.because} \`${field}\` was left out.`;
      warnings.push(warning(provider.name, { type: 'FIELD_NOT_SUPPORTED', pointer, detail, from: value }));
      continue;
    }
    kept.add(field);
    for (const { pointer: below = '', ...problem } of limitProblems(provider, cell, value)) {
      refusals.push({ ...problem, pointer: pointer + below, provider: provider.name });
    }
  }
  const sequence: PlannedSequence = {
    ...{ name, type, custom_fields: custom_fields ?? {} },
    ...(tags && kept.has('tags') ? { tags } : {}),
    ...(owner_id !== undefined && kept.has('owner_id') ? { owner_id } : {}),
  };
  return { sequence, warnings, refusals };
}

function withoutOrder<T extends { readonly order?: unknown }>({ order: _order, ...record }: T): Omit<T, 'order'> {
  return record;
}

/** The array says the order; a number that says another is told. */
function orderWarnings(provider: NamedProvider, asked: readonly Asked[]): readonly Warning[] {
  return asked.flatMap(({ record: { order }, pointer }, index) => {
    if (order === undefined || order === index + 1) return [];
    const detail = `Steps are made in the order of the array: this is number ${index + 1}, not ${order}.`;
    return [
      warning(provider.name, {
        type: 'ORDER_FROM_ARRAY',
        pointer: `${pointer}/order`,
        detail,
        from: order,
        to: index + 1,
      }),
    ];
  });
}
