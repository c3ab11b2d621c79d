/** One step under negotiation: what is kept of it, and what has been found against it. */
import { cellFor, type FlatCell, type Word } from '../model/cell.ts';
import type { StepFacts } from '../model/create-steps.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Problem } from '../model/problem.ts';
import type { StepField, StepRecord } from '../model/step.ts';
import { warning, type Warning, type WarningFacts } from '../model/warning.ts';

export interface Draft {
  readonly provider: NamedProvider;
  readonly operation: StepFacts;
  readonly record: StepRecord;
  readonly pointer: string;
  readonly word: Word;
  /** What the provider is sent of the record; `start_seconds` is worked out. */
  readonly kept: Partial<Record<StepField | 'start_seconds', unknown>>;
  readonly warnings: Warning[];
  readonly refusals: Problem[];
}

export function cellOf(draft: Draft, field: StepField): FlatCell {
  return cellFor(draft.operation.fields[field], draft.record.type);
}

export function warn(draft: Draft, facts: WarningFacts): void {
  draft.warnings.push(warning(draft.provider.name, { ...facts, pointer: draft.pointer + facts.pointer }));
}

export function refuse(draft: Draft, problem: Problem & { readonly pointer: string }): void {
  draft.refusals.push({ ...problem, pointer: draft.pointer + problem.pointer, provider: draft.provider.name });
}

export function notApplicable(draft: Draft, pointer: string, field: string): void {
  const detail = `\`${field}\` means nothing for a step of type ${draft.record.type} and was left out.`;
  warn(draft, { type: 'NOT_APPLICABLE', pointer, detail });
}
