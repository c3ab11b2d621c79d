import type { SalesloftWorld } from './worlds.ts';
import type { Cadence, EmailTemplate, Step } from './state.ts';

export const ORIGIN = 'https://api.salesloft.com';

/** As `GET /v2/cadences` answers; there is no number of steps among its fields. */
export function cadenceView({ id, settings, sharing_settings, ...cadence }: Cadence): object {
  return {
    id,
    name: settings.name,
    current_state: cadence.current_state,
    draft: cadence.current_state === 'draft',
    archived: false,
    archived_at: null,
    archived_by: null,
    shared: sharing_settings.shared,
    team_cadence: sharing_settings.team_cadence,
    cadence_function: settings.cadence_function,
    cadence_framework_id: null,
    external_identifier: settings.external_identifier,
    tags: settings.tags?.split(',') ?? [],
    groups: [],
    owner: reference('users', USER_ID),
    creator: reference('users', USER_ID),
    cadence_priority: null,
    added_stage: null,
    bounced_stage: null,
    finished_stage: null,
    replied_stage: null,
    opt_out_link_included: false,
    remove_bounces_enabled: settings.remove_bounced,
    remove_replies_enabled: settings.remove_replied,
    override_contact_restrictions: false,
    latest_active_date: null,
    knowledge_library_document_ids: [],
    counts: {
      cadence_people: 0,
      people_acted_on_count: 0,
      target_daily_people: settings.target_daily_people,
      opportunities_created: 0,
      meetings_booked: 0,
    },
    created_at: timestamp(cadence.created_at),
    updated_at: timestamp(cadence.updated_at),
  };
}

/** As `GET /v2/steps` answers: no body, no subject, no delay, and the type in lower case. */
export function stepView(step: Step, numberAs: SalesloftWorld['step_number_as']): object {
  const { name, enabled } = step.step;
  return {
    id: step.id,
    name,
    display_name: name,
    type: stepType(step),
    day: step.group.day,
    step_number: numberAs === 'int' ? step.step_number : String(step.step_number),
    disabled: !enabled,
    multitouch_enabled: false,
    cadence: reference('cadences', step.cadence_id),
    details: detailsReference(step),
    created_at: timestamp(step.created_at),
    updated_at: timestamp(step.created_at),
  };
}

/** Written `Phone`, read `phone`. */
export function stepType({ step }: Step): string {
  return step.type.toLowerCase();
}

/** `settings` and `sharing_settings` lie inside `cadence_content` here, at the top of an import. */
export function exportView({ settings, sharing_settings, step_groups }: Cadence): object {
  return { cadence_content: { settings, sharing_settings, step_groups } };
}

/** Read names differ from the written ones: `open_tracking_enabled`, written `open_tracking`. */
export function templateView({ created_at, ...template }: EmailTemplate): object {
  return {
    ...template,
    body_preview: template.body.replaceAll(/<[^>]*>/g, '').slice(0, 100),
    shared: true,
    cadence_template: false,
    archived_at: null,
    last_used_at: null,
    tags: [],
    groups: [],
    team_template: null,
    template_owner: reference('users', USER_ID),
    counts: { bounces: 0, clicks: 0, replies: 0, sent_emails: 0, views: 0 },
    _links: {},
    created_at: timestamp(created_at),
    updated_at: timestamp(created_at),
  };
}

export function reference(resource: string, id: number): { _href: string; id: number } {
  return { _href: `${ORIGIN}/v2/${resource}/${id}`, id };
}

const USER_ID = 7;

/** Documented for calls, reported for emails; what stands behind the other types is not known. */
function detailsReference(step: Step): object | null {
  if (step.step.type === 'Phone') return reference('action_details/call_instructions', step.id);
  return step.step.type === 'Email' ? reference('action_details/email_details', step.id) : null;
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
