/** One step as a step group of an import: one step per group, because several emails in one could be taken for variants. */
import type { CustomFields } from '#provider';

const DAY = 86_400;

export interface Inlined {
  readonly title?: string | null | undefined;
  readonly subject?: string | null | undefined;
  readonly body?: string | null | undefined;
  readonly open_tracking_enabled?: boolean | null | undefined;
  readonly click_tracking_enabled?: boolean | null | undefined;
}

interface Step {
  readonly word: { readonly type: 'Email' | 'Phone' | 'Other'; readonly automated: boolean };
  readonly name?: string;
  readonly start_seconds?: number;
  readonly task_note?: string;
  readonly template?: {
    readonly body?: string | undefined;
    readonly subject?: string | undefined;
    readonly name?: string | undefined;
    readonly custom_fields?: Readonly<Record<string, unknown>> | undefined;
  };
  readonly custom_fields: Readonly<Record<string, unknown>>;
}

/** The custom fields that belong to the group or to the settings of the type; the rest belongs to the step. */
const GROUP_KEYS = ['day', 'automated_settings', 'due_immediately'];
const TYPE_SETTINGS_KEYS = [
  'instructions',
  'previous_email_step_group_reference_id',
  'integration_id',
  'integration_step_type_guid',
];

export function toStepGroup(step: Step, index: number, inlined: Inlined | undefined) {
  const start = step.start_seconds ?? 0;
  const { type, automated } = step.word;
  const group = {
    day: Math.floor(start / DAY) + 1,
    automated,
    // Allowed only where the whole group is automated emails.
    ...(automated ? { automated_settings: { send_type: 'after_time_delay', delay_time: (start % DAY) / 60 } } : {}),
    due_immediately: false,
    // Required in practice, and unique for each group.
    reference_id: index + 1,
    steps: [{ enabled: true, name: step.name, type, type_settings: typeSettings(step, inlined) }],
  };
  return { group, custom: customFields(step, index) };
}

function typeSettings(step: Step, inlined: Inlined | undefined) {
  const { template } = step;
  if (step.word.type === 'Email') {
    return {
      email_template: inlined
        ? copied(inlined)
        : { title: template?.name, subject: template?.subject, body: template?.body },
    };
  }
  const message = inlined?.body ?? template?.body;
  return { instructions: [step.task_note, message].filter((part) => part !== undefined).join('\n\n') };
}

/** What is read as `open_tracking_enabled` is written as `open_tracking`. */
function copied({ title, subject, body, open_tracking_enabled: open, click_tracking_enabled: click }: Inlined) {
  return {
    title: title ?? subject,
    subject,
    body,
    ...(typeof open === 'boolean' ? { open_tracking: open } : {}),
    ...(typeof click === 'boolean' ? { click_tracking: click } : {}),
  };
}

function customFields({ custom_fields, template }: Step, index: number): readonly CustomFields[] {
  const group = ['cadence_content', 'step_groups', index];
  const step = [...group, 'steps', 0];
  const from = '/custom_fields';
  const pick = (belongs: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(custom_fields).filter(([key]) => belongs(key)));
  const elsewhere = [...GROUP_KEYS, ...TYPE_SETTINGS_KEYS];
  return [
    { at: group, values: pick((key) => GROUP_KEYS.includes(key)), from, step: index },
    { at: [...step, 'type_settings'], values: pick((key) => TYPE_SETTINGS_KEYS.includes(key)), from, step: index },
    { at: step, values: pick((key) => !elsewhere.includes(key)), from, step: index },
    {
      at: [...step, 'type_settings', 'email_template'],
      values: template?.custom_fields ?? {},
      from: '/template/custom_fields',
      step: index,
    },
  ];
}
