import type { SandboxSequence, StoredStep } from '#sandbox';
import { cadenceView } from './views.ts';
import { runningOrder } from './state.ts';
import type { State, Step } from './state.ts';

/** The cadences as a test looks at them. */
export function sandboxSequences(state: State): SandboxSequence[] {
  return [...state.cadences.values()].map((cadence) => ({
    id: String(cadence.id),
    name: cadence.settings.name,
    num_steps: runningOrder(state, cadence.id).length,
    active: cadence.current_state === 'active',
    native: cadenceView(cadence),
    ...(cadence.seed ? { seed: cadence.seed } : {}),
  }));
}

/** The steps of one cadence as a test looks at them. */
export function storedSteps(state: State, cadenceId: number): StoredStep[] {
  const steps = runningOrder(state, cadenceId);
  return steps.map((step, index) => {
    const before = steps[index - 1];
    return {
      id: String(step.id),
      type: step.step.type,
      delay_seconds: startSeconds(step) - (before ? startSeconds(before) : 0),
      live: step.step.enabled,
      native: nativeGroups(step),
    };
  });
}

/** Days are counted from the start of the cadence; only an automated email can wait within its day. */
function startSeconds({ group }: Step): number {
  const minutes = group.automated ? (group.automated_settings?.delay_time ?? 0) : 0;
  return (group.day - 1) * 86_400 + minutes * 60;
}

function nativeGroups({ group, step: imported }: Step): StoredStep['native'] {
  const { steps, ...step_group } = group;
  const { type_settings, ...step } = imported;
  if (!('email_template' in type_settings)) return { step_group, step, type_settings };
  const { email_template, ...rest } = type_settings;
  return { step_group, step, type_settings: rest, email_template };
}
