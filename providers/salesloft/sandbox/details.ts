import type { EmailTemplate, Step } from './state.ts';
import { reference, timestamp } from './wire.ts';
import type { SalesloftWorld } from './worlds.ts';

/** What a step does, under an id that the step names. */
export interface Details {
  readonly id: number;
  readonly step: Step;
}

/** The details of the steps of one type. */
export function detailsOf(steps: readonly Step[], type: Step['step']['type'], world: SalesloftWorld): Details[] {
  return steps.filter(({ step }) => step.type === type).map((step) => ({ id: detailsId(step, world), step }));
}

/** Documented for calls, reported for emails; what stands behind the other types is not known. */
export function detailsReference(step: Step, world: SalesloftWorld): object | null {
  const id = detailsId(step, world);
  if (step.step.type === 'Phone') return reference('action_details/call_instructions', id);
  return step.step.type === 'Email' ? reference('action_details/email_details', id) : null;
}

/** As `GET /v2/action_details/call_instructions` answers. */
export function callInstructionsView({ id, step }: Details): object {
  const settings = step.step.type_settings;
  return {
    id,
    instructions: 'instructions' in settings ? settings.instructions : null,
    created_at: timestamp(step.created_at),
    updated_at: timestamp(step.created_at),
  };
}

/** Of `email_details` only `email_template.id` is reported. */
export function emailDetailsView({ id, step }: Details, templates: Iterable<EmailTemplate>): object {
  const template = [...templates].find(({ step_id }) => step_id === step.id);
  return { id, email_template: template ? reference('email_templates', template.id) : null };
}

function detailsId({ id }: Step, { details_id }: SalesloftWorld): number {
  return details_id === 'own' ? id + 50_000 : id;
}
