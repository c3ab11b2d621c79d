import type { Details } from './details.ts';
import { USER_ID } from './links.ts';
import {
  among,
  amongTexts,
  atMost,
  containing,
  flag,
  hiddenIf,
  hiddenUnless,
  last,
  notModelled,
  timeRange,
} from './filters.ts';
import type { ListSpec } from './lists.ts';
import type { Cadence, EmailTemplate, Step } from './state.ts';
import { stepType } from './views.ts';

/** `GET /v2/cadences`. Without `archived` both kinds are listed. */
export const CADENCES: ListSpec<Cadence> = {
  sorts: {
    created_at: (cadence) => cadence.created_at,
    updated_at: (cadence) => cadence.updated_at,
    name: (cadence) => cadence.settings.name,
  },
  filters: {
    'ids[]': among((cadence) => cadence.id),
    'name[]': amongTexts((cadence) => cadence.settings.name),
    team_cadence: flag((cadence) => cadence.sharing_settings.team_cadence),
    shared: flag((cadence) => cadence.sharing_settings.shared),
    archived: flag((cadence) => cadence.current_state === 'archived'),
    ...timeRange<Cadence>('updated_at', (cadence) => cadence.updated_at),
    'owned_by_guid[]': notModelled,
    people_addable: notModelled,
    group_ids: notModelled,
  },
};

/** `GET /v2/steps`: it cannot sort by day. */
export const STEPS: ListSpec<Step> = {
  sorts: { created_at: (step) => step.created_at, updated_at: (step) => step.created_at },
  filters: {
    'ids[]': among((step) => step.id),
    cadence_id: last(among((step) => step.cadence_id)),
    type: last(amongTexts(stepType, ['email', 'phone', 'integration', 'other'])),
    // Nobody is on a cadence here, so nothing is due.
    has_due_actions: flag(() => false),
  },
};

/** `GET /v2/action_details/call_instructions`. */
export const CALL_INSTRUCTIONS: ListSpec<Details> = {
  sorts: { created_at: ({ step }) => step.created_at, updated_at: ({ step }) => step.created_at },
  filters: { 'ids[]': among(({ id }) => id) },
};

/** `GET /v2/email_templates`; `cadenceOf` is the cadence to whose step a template belongs. */
export function templateList(cadenceOf: (template: EmailTemplate) => number | undefined): ListSpec<EmailTemplate> {
  return {
    sorts: {
      created_at: (template) => template.created_at,
      updated_at: (template) => template.updated_at,
      last_used_at: () => null,
    },
    filters: {
      'ids[]': among((template) => template.id),
      ...timeRange<EmailTemplate>('updated_at', (template) => template.updated_at),
      search: containing(({ title, subject }) => [title, subject ?? '']),
      'cadence_id[]': atMost(
        100,
        among((template) => cadenceOf(template) ?? 0),
      ),
      // No template here has a tag, a group or a team template.
      'tag[]': atMost(100, () => () => false),
      'tag_ids[]': atMost(
        100,
        among(() => NaN),
      ),
      'group_id[]': atMost(
        500,
        among(() => NaN),
      ),
      linked_to_team_template: flag(() => false),
      filter_by_owner: hiddenIf((template) => template.owner_id !== USER_ID),
      include_cadence_templates: hiddenUnless((template) => template.step_id !== null),
      include_archived_templates: hiddenUnless((template) => template.archived_at !== null),
    },
    defaults: { include_cadence_templates: 'false', include_archived_templates: 'false' },
  };
}
