import { detailsReference } from './details.ts';
import { USER_ID } from './links.ts';
import type { Cadence, EmailTemplate, Step } from './state.ts';
import { reference, timestamp } from './wire.ts';
import type { SalesloftWorld } from './worlds.ts';

/**
 * As `GET /v2/cadences` answers; there is no number of steps among its fields.
 * https://developers.salesloft.com/docs/api/cadences-show
 */
export function cadenceView({ id, settings, sharing_settings, links, ...cadence }: Cadence): Record<string, unknown> {
  return {
    id,
    name: settings.name,
    current_state: cadence.current_state,
    draft: cadence.current_state === 'draft',
    archived: cadence.current_state === 'archived',
    archived_at: cadence.archived_at === null ? null : timestamp(cadence.archived_at),
    archived_by: cadence.archived_at === null ? null : 'Sandbox User',
    shared: sharing_settings.shared,
    team_cadence: sharing_settings.team_cadence,
    cadence_function: settings.cadence_function,
    cadence_framework_id: null,
    external_identifier: settings.external_identifier,
    // Written as one string, read as a list.
    tags: (settings.tags ?? '')
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
    groups: [],
    owner: reference('users', links.owner_id),
    creator: reference('users', USER_ID),
    cadence_priority: maybe('cadence_priorities', links.priority_id),
    added_stage: maybe('person_stages', links.added_stage_id),
    bounced_stage: maybe('person_stages', links.bounced_stage_id),
    finished_stage: maybe('person_stages', links.finished_stage_id),
    replied_stage: maybe('person_stages', links.replied_stage_id),
    opt_out_link_included: false,
    remove_bounces_enabled: settings.remove_bounced,
    remove_replies_enabled: settings.remove_replied,
    override_contact_restrictions: false,
    latest_active_date: cadence.current_state === 'draft' ? null : timestamp(cadence.updated_at).slice(0, 10),
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
export function stepView(step: Step, world: SalesloftWorld): object {
  const { name, enabled } = step.step;
  return {
    id: step.id,
    name,
    display_name: name,
    type: stepType(step),
    day: step.group.day,
    step_number: world.step_number_as === 'int' ? step.step_number : String(step.step_number),
    disabled: !enabled,
    multitouch_enabled: false,
    cadence: reference('cadences', step.cadence_id),
    details: detailsReference(step, world),
    created_at: timestamp(step.created_at),
    updated_at: timestamp(step.created_at),
  };
}

/** Written `Phone`, read `phone`. */
export function stepType({ step }: Step): string {
  return step.type.toLowerCase();
}

/**
 * Read names differ from the written ones: `open_tracking_enabled`, written `open_tracking`.
 * https://developers.salesloft.com/docs/api/email-templates-create
 */
export function templateView({ step_id, owner_id, ...template }: EmailTemplate): object {
  return {
    ...template,
    body_preview: template.body.replaceAll(/<[^>]*>/g, '').slice(0, 100),
    cadence_template: step_id !== null,
    archived_at: template.archived_at === null ? null : timestamp(template.archived_at),
    last_used_at: null,
    tags: [],
    groups: [],
    team_template: null,
    template_owner: reference('users', owner_id),
    counts: { bounces: 0, clicks: 0, replies: 0, sent_emails: 0, views: 0 },
    _links: {},
    created_at: timestamp(template.created_at),
    updated_at: timestamp(template.updated_at),
  };
}

function maybe(resource: string, id: number | null): object | null {
  return id === null ? null : reference(resource, id);
}
