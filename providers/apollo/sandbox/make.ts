import { hasContent } from './state.ts';
import type { Campaign, EmailerStep, EmailerTemplate, EmailerTouch, Room, State } from './state.ts';

/** The user that an API key acts as, who owns what it creates. */
export const USER_ID = '651d9facd30f5200d0aa8cc6';

/** What a step has where nothing was sent. */
export const UNSET = {
  exact_datetime: null,
  priority: null,
  note: null,
  max_emails_per_day: null,
  auto_skip_in_x_days: null,
} as const;

/** The documented defaults of a new sequence (https://docs.apollo.io/reference/create-sequence, 2026-08). */
export function makeCampaign(id: string, name: string, createdAt: string): Campaign {
  return {
    id,
    name,
    description: null,
    archived: false,
    created_at: createdAt,
    emailer_schedule_id: null,
    max_emails_per_day: null,
    user_id: USER_ID,
    object_owner_id: USER_ID,
    same_account_reply_policy_cd: null,
    excluded_account_stage_ids: [],
    excluded_contact_stage_ids: [],
    contact_email_event_to_stage_mapping: {},
    label_ids: [],
    create_task_if_email_open: null,
    email_open_trigger_task_threshold: null,
    mark_finished_if_click: null,
    active: false,
    days_to_wait_before_mark_as_response: null,
    starred_by_user_ids: [],
    mark_finished_if_reply: null,
    mark_finished_if_interested: null,
    mark_paused_if_ooo: null,
    sequence_by_exact_daytime: null,
    last_used_at: null,
    sequence_ruleset_id: null,
    ignore_apollo_global_email_bounce_list: null,
    folder_id: null,
    same_account_reply_delay_days: null,
    is_performing_poorly: false,
    num_contacts_email_status_extrapolated: null,
    remind_ab_test_results: null,
    ab_test_step_ids: [],
    prioritized_by_user: null,
    creation_type: 'new',
    status_reason: null,
    cc_emails: '',
    bcc_emails: '',
    underperforming_touches_count: 0,
    sharing_permission: {
      visibility: 'restricted',
      access_type: null,
      object_type: 'EmailerCampaign',
      object_id: id,
      is_owner: true,
      owner_id: USER_ID,
      sharing_accesses: [],
    },
    auto_pause_enabled: false,
    auto_pause_config: {
      evaluation_window_days: 7,
      min_volume: 200,
      warning_threshold_pct: 7,
      auto_pause_threshold_pct: 10,
    },
  };
}

export function makeTemplate(id: string, createdAt: string): EmailerTemplate {
  return {
    id,
    name: null,
    user_id: USER_ID,
    starred_by_user_ids: [],
    subject: null,
    archived: false,
    created_at: createdAt,
    global: false,
    body_text: '',
    folder_id: null,
    body_html: '',
    creation_type: 'manual',
    label_ids: [],
    prompt_id: null,
    prompt_template_id: null,
    highlights: null,
    has_ai_variables: false,
  };
}

export function makeTouch(id: string, stepId: string, templateId: string): EmailerTouch {
  return {
    id,
    emailer_step_id: stepId,
    emailer_template_id: templateId,
    status: 'to_be_reviewed',
    type: 'new_thread',
    include_signature: true,
    has_personalized_opener: null,
    personalized_opener_fallback_option: 'send_without_opener',
    generic_personalized_opener: null,
    template_type: null,
    generation_options: [],
    generation_tone: {},
    composition_mode: null,
  };
}

export interface ContentIds {
  readonly template: string;
  readonly touch: string;
}

export interface Content {
  readonly touch: EmailerTouch;
  readonly template: EmailerTemplate;
}

/**
 * Apollo makes a blank touch and a blank template with a step of a type that takes content; for a call it did not in
 * 2023, and the documentation of 2026 lists `call` among the types that have touches.
 */
export function takesBlankContent({ world }: Pick<Room, 'world'>, { type }: EmailerStep): boolean {
  return hasContent(type) || (type === 'call' && world.touch_for_call === 'present');
}

export function storeBlankContent(state: State, stepId: string, createdAt: string, ids?: ContentIds): Content {
  const template = makeTemplate(ids?.template ?? state.newId(), createdAt);
  const touch = makeTouch(ids?.touch ?? state.newId(), stepId, template.id);
  state.templates.set(template.id, template);
  state.touches.set(touch.id, touch);
  return { touch, template };
}
