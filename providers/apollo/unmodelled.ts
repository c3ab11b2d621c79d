/** What Apollo's objects say that has no unified field. Who made it, when, and how it performed are no settings. */
import { isObject, unmodelled, type Unmodelled } from '#provider';

type Native = Readonly<Record<string, unknown>>;

const SEQUENCE = [
  ...['id', 'name', 'user_id', 'object_owner_id', 'label_ids', 'num_steps', 'active', 'archived'],
  ...['created_at', 'updated_at', 'last_used_at', 'starred_by_user_ids', 'creation_type', 'emailer_steps'],
  ...['loaded_stats', 'contact_statuses', 'is_performing_poorly', 'num_contacts_email_status_extrapolated'],
  ...['underperforming_touches_count', 'sharing_permission'],
];
const SEQUENCE_DEFAULTS = {
  mark_finished_if_reply: true,
  mark_finished_if_click: false,
  mark_finished_if_interested: true,
  mark_paused_if_ooo: false,
  create_task_if_email_open: false,
  email_open_trigger_task_threshold: 3,
  days_to_wait_before_mark_as_response: 5,
  remind_ab_test_results: false,
  prioritized_by_user: false,
  ignore_apollo_global_email_bounce_list: false,
  sequence_by_exact_daytime: false,
  auto_pause_enabled: false,
};
/** Whose permission it is; what others may do, and who they are, is told. */
const SHARING = ['object_type', 'object_id', 'is_owner', 'owner_id'];

const STEP = [
  ...['id', 'emailer_campaign_id', 'position', 'type', 'wait_time', 'wait_mode', 'exact_datetime', 'note', 'note_text'],
  ...['counts', 'outcomes', 'created_at', 'updated_at'],
];

const TOUCH = ['id', 'emailer_step_id', 'emailer_template_id', 'created_at', 'updated_at'];
const TOUCH_DEFAULTS = {
  status: 'approved',
  include_signature: true,
  personalized_opener_fallback_option: 'send_without_opener',
};

const TEMPLATE = [
  ...['id', 'name', 'subject', 'body_html', 'body_text', 'user_id', 'starred_by_user_ids'],
  ...['created_at', 'updated_at', 'last_used_at'],
];
const TEMPLATE_DEFAULTS = { archived: false, global: false, creation_type: 'manual', has_ai_variables: false };

export function ofSequence(campaign: Native): readonly Unmodelled[] {
  const { sharing_permission: sharing } = campaign;
  const mapped = ['everyone', 'restricted'].includes(String(visibilityOf(campaign)));
  const known = [...SHARING, ...(mapped ? ['visibility'] : [])];
  return [
    ...without(campaign, SEQUENCE, SEQUENCE_DEFAULTS),
    ...(isObject(sharing) ? unmodelled(sharing, known, {}, '/sharing_permission') : []),
  ];
}

export function visibilityOf({ sharing_permission: sharing }: Native): unknown {
  return isObject(sharing) ? sharing['visibility'] : undefined;
}

interface Message {
  readonly touch: Native;
  readonly template: Native | undefined;
}

/** The first message is the one that is shown; of the others everything is told. */
export function ofStep(step: Native, [shown, ...others]: readonly Message[]): readonly Unmodelled[] {
  // Whether it is a reply is a question for emails only.
  const touch = isEmail(step['type']) ? [...TOUCH, 'type'] : TOUCH;
  return [
    ...without(step, STEP),
    ...(shown ? without(shown.touch, touch, { ...TOUCH_DEFAULTS, type: 'new_thread' }, '/emailer_touch') : []),
    ...(shown?.template ? without(shown.template, TEMPLATE, TEMPLATE_DEFAULTS, '/emailer_template') : []),
    ...others.flatMap((other, index) => [
      { pointer: `/emailer_touches/${index + 1}`, value: other.touch },
      ...(other.template ? [{ pointer: `/emailer_templates/${index + 1}`, value: other.template }] : []),
    ]),
  ];
}

export function isEmail(type: unknown): boolean {
  return type === 'auto_email' || type === 'manual_email';
}

/** Counters and rates; each is a number, null or the word "loading". */
export function isMetric(key: string): boolean {
  return /^unique_|_rate$/.test(key);
}

function without(native: Native, known: readonly string[], defaults: Native = {}, pointer = ''): readonly Unmodelled[] {
  return unmodelled(native, [...known, ...Object.keys(native).filter(isMetric)], defaults, pointer);
}
