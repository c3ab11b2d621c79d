/** What the core makes of a stance, where the stance alone does not say it. */
import { WARNING_POLICY, type Warning, type WarningType } from '../model/warning.ts';
import type { Problem } from '../model/problem.ts';
import type { StepField } from '../model/step.ts';

export type Handling = 'lenient' | 'strict';

/** The warning of each field that may be declared lossy. A field that is not named here is native or none. */
export const LOSSY_FIELDS: Partial<Readonly<Record<StepField, WarningType>>> = {
  'template.id': 'TEMPLATE_INLINED',
  without_content: 'STEP_WITHOUT_CONTENT',
};

/** Rows that several cells, or a state of the provider, decide together. */
export const NEGOTIATED_APART: ReadonlySet<StepField> = new Set<StepField>([
  'date',
  'interval_seconds',
  'is_reply',
  'reply_subject',
  'without_content',
]);

/** Strict handling refuses whatever touches something asked for; what was only told stays a warning. */
export function strictRefusals(warnings: readonly Warning[], provider: string): readonly Problem[] {
  return warnings
    .filter(({ problem_type }) => WARNING_POLICY[problem_type].severity !== 'told')
    .map(({ title, detail, source }) => ({
      code: 'STRICT_HANDLING',
      detail: `${title}: ${detail}`,
      pointer: source.pointer,
      provider,
    }));
}
