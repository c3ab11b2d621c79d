/**
 * Negotiation: a provider's declaration and a caller's records yield the steps that the provider can take, the warnings
 * for what was lost, and the refusals. Pure. It is called once before anything is read, and again with what the planning
 * reads have shown; what depends on a state that is not known yet is left open until then.
 */
import { wordFor } from '../model/cell.ts';
import type { StepFacts, Holds, PlannedStep } from '../model/create-steps.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Problem } from '../model/problem.ts';
import { isEmail, templateKeyOf, type StepRecord } from '../model/step.ts';
import type { Warning } from '../model/warning.ts';
import type { Draft } from './draft.ts';
import { settleFields, settleType, settleVariables } from './settle-fields.ts';
import { applyTiming, settleSchedule } from './settle-schedule.ts';
import { settleContent, settleThread } from './settle-thread.ts';

export interface Asked {
  readonly record: StepRecord;
  /** Where the record stands in the request body, such as `/record`. */
  readonly pointer: string;
}

export interface Negotiated {
  readonly steps: readonly PlannedStep[];
  readonly warnings: readonly Warning[];
  readonly refusals: readonly Problem[];
}

export function negotiate(
  provider: NamedProvider,
  operation: StepFacts,
  asked: readonly Asked[],
  holds: Holds = {},
): Negotiated {
  const drafts = asked.map((each, index) => draftStep(provider, operation, each, holdsFor(asked, index, holds)));
  applyTiming(operation, drafts);
  return {
    steps: drafts.map(toStep),
    warnings: drafts.flatMap((draft) => draft.warnings),
    refusals: drafts.flatMap((draft) => draft.refusals),
  };
}

/** An email among the steps before this one of the same request is an earlier email. */
function holdsFor(asked: readonly Asked[], index: number, holds: Holds): Holds {
  const earlier = index > 0 && asked.slice(0, index).some(({ record }) => isEmail(record.type));
  return earlier ? { ...holds, earlier_email: true } : holds;
}

function draftStep(provider: NamedProvider, operation: StepFacts, { record, pointer }: Asked, holds: Holds): Draft {
  const word = wordFor(operation.types[record.type]);
  const draft: Draft = {
    provider,
    operation,
    record,
    pointer,
    word: word ?? record.type,
    kept: {},
    warnings: [],
    refusals: [],
  };
  settleType(draft);
  if (word === undefined) return draft;
  settleFields(draft);
  settleSchedule(draft, holds);
  settleThread(draft, holds);
  settleContent(draft);
  settleVariables(draft);
  return draft;
}

function toStep({ record, word, kept }: Draft): PlannedStep {
  const onStep: Record<string, unknown> = {};
  let template: Record<string, unknown> | undefined;
  for (const field of Object.keys(kept) as (keyof typeof kept)[]) {
    const key = templateKeyOf(field);
    if (key === undefined) onStep[field] = kept[field];
    else (template ??= {})[key] = kept[field];
  }
  return {
    type: record.type,
    word,
    is_reply: false,
    custom_fields: {},
    ...onStep,
    ...(template ? { template } : {}),
  };
}
