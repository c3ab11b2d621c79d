/** What an operation begins with, in one envelope: what was asked, and, where it is known then, the plan of its first record. */
import type { PreparedRecord } from '../core/ports.ts';

export interface KeptInput {
  readonly input: unknown;
  readonly prepared?: PreparedRecord | undefined;
}

/** `asked_for` is the name of no field of any input, so that an envelope is told from an input that is kept alone, without one. */
interface WithPlan {
  readonly asked_for: unknown;
  readonly prepared: PreparedRecord;
}

export function toKept({ input, prepared }: KeptInput): unknown {
  return prepared ? ({ asked_for: input, prepared } satisfies WithPlan) : input;
}

export function fromKept(kept: unknown): KeptInput {
  return hasPlan(kept) ? { input: kept.asked_for, prepared: kept.prepared } : { input: kept };
}

function hasPlan(kept: unknown): kept is WithPlan {
  return typeof kept === 'object' && kept !== null && 'asked_for' in kept;
}
