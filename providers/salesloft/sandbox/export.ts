import type { StepGroup } from './schemas.ts';
import type { Cadence, Step } from './state.ts';
import type { SalesloftWorld } from './worlds.ts';

/**
 * As `GET /v2/cadence_exports/{id}` answers, with the steps in the order in which they run. `settings` and
 * `sharing_settings` lie inside `cadence_content` here, at the top of an import; no step has an id.
 * https://developers.salesloft.com/docs/api/cadence-exports-show
 */
export function exportView({ settings, sharing_settings }: Cadence, steps: readonly Step[], world: SalesloftWorld) {
  const groups = world.export_groups === 'per_step' ? onePerStep(steps) : asImported(steps);
  const step_groups = world.export_keys === 'every' ? groups.map(withEveryKey) : groups;
  return { cadence_content: { settings, sharing_settings, step_groups } };
}

/** The first step of a group keeps its reference, as replies go to that; the others need one of their own. */
function onePerStep(steps: readonly Step[]): StepGroup[] {
  const seen = new Map<StepGroup, number>();
  return steps.map(({ group, step }) => {
    const nth = (seen.get(group) ?? 0) + 1;
    seen.set(group, nth);
    const reference_id = nth === 1 ? group.reference_id : `${group.reference_id}-${nth}`;
    return { ...group, reference_id, steps: [step] };
  });
}

function asImported(steps: readonly Step[]): StepGroup[] {
  const groups = Map.groupBy(steps, ({ group }) => group);
  return [...groups].map(([group, members]) => ({ ...group, steps: members.map(({ step }) => step) }));
}

function withEveryKey({ automated_settings, ...group }: StepGroup): object {
  const unset = { send_type: null, time_of_day: null, timezone_mode: null, delay_time: null };
  return {
    ...group,
    automated_settings: group.automated ? { ...unset, ...automated_settings } : {},
    steps: group.steps.map((step) => {
      if (step.type !== 'Email') return step;
      const { email_template, previous_email_step_group_reference_id: previous = null } = step.type_settings;
      const content = { open_tracking: false, click_tracking: false, attachments: [], ...email_template };
      return { ...step, type_settings: { previous_email_step_group_reference_id: previous, email_template: content } };
    }),
  };
}
