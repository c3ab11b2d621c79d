import type { NewStep } from './schemas.ts';
import { hasContent } from './state.ts';
import type { Campaign, EmailerStep, EmailerTemplate, EmailerTouch, State } from './state.ts';

const USER_ID = '651d9facd30f5200d0aa8cc6';

const COUNTERS = [
  'unique_scheduled',
  'unique_delivered',
  'unique_bounced',
  'unique_opened',
  'unique_hard_bounced',
  'unique_spam_blocked',
  'unique_replied',
  'unique_demoed',
  'unique_clicked',
  'unique_unsubscribed',
];

const RATES = [
  'bounce_rate',
  'hard_bounce_rate',
  'open_rate',
  'click_rate',
  'reply_rate',
  'spam_block_rate',
  'opt_out_rate',
  'demo_rate',
];

/** Every counter and rate with the same value: Apollo gives a number, null or the word "loading". */
export function stats(value: number | null | 'loading'): Record<string, number | null | 'loading'> {
  return Object.fromEntries([...COUNTERS, ...RATES].map((name) => [name, value]));
}

/** A sequence as the documented search answer has it; there is no `updated_at` on it. */
export function makeCampaign(id: string, name: string, createdAt: string): Campaign {
  return {
    id,
    name,
    archived: false,
    created_at: createdAt,
    emailer_schedule_id: '6095a711bd01d100a506d52a',
    max_emails_per_day: null,
    user_id: USER_ID,
    same_account_reply_policy_cd: null,
    excluded_account_stage_ids: [],
    excluded_contact_stage_ids: [],
    contact_email_event_to_stage_mapping: {},
    label_ids: [],
    create_task_if_email_open: false,
    email_open_trigger_task_threshold: 3,
    mark_finished_if_click: false,
    active: false,
    days_to_wait_before_mark_as_response: 5,
    starred_by_user_ids: [],
    mark_finished_if_reply: true,
    mark_finished_if_interested: true,
    mark_paused_if_ooo: true,
    sequence_by_exact_daytime: null,
    last_used_at: null,
    sequence_ruleset_id: null,
    folder_id: null,
    same_account_reply_delay_days: 30,
    is_performing_poorly: false,
    num_contacts_email_status_extrapolated: 0,
    remind_ab_test_results: false,
    ab_test_step_ids: [],
    prioritized_by_user: null,
    creation_type: 'new',
    ...stats(0),
    loaded_stats: true,
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
  };
}

export interface NewIds {
  readonly step: string;
  readonly template: string;
  readonly touch: string;
}

export interface Made {
  readonly step: EmailerStep;
  readonly touch?: EmailerTouch;
  readonly template?: EmailerTemplate;
}

/**
 * Stores a step. Apollo makes a blank touch and a blank template with it for the types that take content; for a call it
 * did not in 2023, and the documentation of 2026 lists `call` among the types that have touches.
 */
export function makeStep(state: State, body: NewStep, createdAt: string, touchForCall: boolean, ids?: NewIds): Made {
  const step: EmailerStep = {
    id: ids?.step ?? state.newId(),
    exact_datetime: null,
    priority: null,
    note: null,
    max_emails_per_day: null,
    auto_skip_in_x_days: null,
    ...body,
  };
  state.steps.set(step.id, step);
  if (!hasContent(step.type) && !(touchForCall && step.type === 'call')) return { step };

  const template = makeTemplate(ids?.template ?? state.newId(), createdAt);
  const touch = blankTouch(ids?.touch ?? state.newId(), step.id, template.id);
  state.templates.set(template.id, template);
  state.touches.set(touch.id, touch);
  return { step, touch, template };
}

function blankTouch(id: string, stepId: string, templateId: string): EmailerTouch {
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
  };
}
