/** Warnings: what was changed or left out on the way, and the one policy table that says how serious each is. */
import { z } from 'zod';

const ACTIONS = ['dropped', 'coerced', 'substituted', 'emulated', 'defaulted', 'passed_through'] as const;

/**
 * How serious a deviation is. `harmless` and `approximated` are warnings that strict handling refuses; `told` is only
 * told, in both handlings, because nothing that the caller asked for was touched.
 */
export type Severity = 'harmless' | 'approximated' | 'told';

interface PolicyRow {
  readonly title: string;
  readonly action: (typeof ACTIONS)[number];
  readonly severity: Severity;
  /** One sentence for the documents. */
  readonly means: string;
  readonly example: string;
}

/** The closed list of `problem_type`s that a warning can carry. Severity is decided here and never by an adapter. */
export const WARNING_POLICY = {
  FIELD_NOT_SUPPORTED: {
    title: 'Field not supported',
    action: 'dropped',
    severity: 'harmless',
    means: 'The provider has no such field; it was left out.',
    example: '`name` where steps have no name that can be set.',
  },
  NOT_APPLICABLE: {
    title: 'Field means nothing for this step type',
    action: 'dropped',
    severity: 'harmless',
    means: 'The field means nothing for a step of this type; it was left out.',
    example: '`template` on a call.',
  },
  UNKNOWN_FIELD: {
    title: 'Unknown field',
    action: 'dropped',
    severity: 'harmless',
    means: 'The gateway does not know this key; it was left out.',
    example: '`intervalSeconds` instead of `interval_seconds`.',
  },
  INTERVAL_ROUNDED: {
    title: 'Interval rounded up',
    action: 'coerced',
    severity: 'approximated',
    means: 'The provider keeps a coarser time; the next later one that it can keep was taken.',
    example: 'A call after 90000 s becomes 172800 s (2 d) where calls go by whole days.',
  },
  DATE_NOT_APPLIED: {
    title: 'Date left out',
    action: 'dropped',
    severity: 'approximated',
    means: 'The sequence does not go by dates; the interval that was also given schedules the step.',
    example: '`date` with `interval_seconds` where steps take no dates.',
  },
  INTERVAL_NOT_APPLIED: {
    title: 'Interval left out',
    action: 'dropped',
    severity: 'approximated',
    means: 'The sequence goes by dates; the date that was also given schedules the step.',
    example: '`interval_seconds` with `date` in a date-based sequence.',
  },
  TYPE_SUBSTITUTED: {
    title: 'Step type substituted',
    action: 'substituted',
    severity: 'approximated',
    means: 'The provider has no step of this type; another that asks a person to do it stands in.',
    example: 'A LinkedIn message becomes a task with the message as its instructions.',
  },
  REPLY_AS_NEW_THREAD: {
    title: 'Reply sent as a new thread',
    action: 'substituted',
    severity: 'approximated',
    means: 'There is no earlier email to reply to; the email starts a thread with its own subject.',
    example: '`is_reply` on the first email of a sequence.',
  },
  TEMPLATE_INLINED: {
    title: 'Template copied by value',
    action: 'emulated',
    severity: 'approximated',
    means: 'The provider takes no template id here; the text of the template was read and copied into the step.',
    example: '`template.id` where steps carry their text themselves.',
  },
  STEP_WITHOUT_CONTENT: {
    title: 'Step created without content',
    action: 'substituted',
    severity: 'approximated',
    means: 'A message step without a template was created; it is off until somebody gives it content.',
    example: 'An `auto_email` without `template`.',
  },
  TEMPLATE_VARIABLE_UNVERIFIED: {
    title: 'Template variable not verified',
    action: 'passed_through',
    severity: 'approximated',
    means: 'The variable was sent as it stands, but it is not known that the provider fills it in.',
    example: '`{{nickname}}`.',
  },
  CUSTOM_FIELD_OVERRIDES: {
    title: 'Custom field overrides a value',
    action: 'substituted',
    severity: 'approximated',
    means: 'A key of `custom_fields` is one that the gateway also writes; the value of `custom_fields` was sent.',
    example: 'The native key of `task_note` in `custom_fields`, beside `task_note`.',
  },
  FILTER_NOT_APPLIED: {
    title: 'Filter not applied',
    action: 'dropped',
    severity: 'approximated',
    means: 'The provider cannot filter its list by this; the list is not filtered by it.',
    example: '`modified_after` where lists know no time.',
  },
  INTERVAL_NOMINAL: {
    title: 'Interval is nominal',
    action: 'coerced',
    severity: 'told',
    means:
      'The delay that was read is not time elapsed since the previous step; `native_interval` is what the provider says.',
    example: 'A delay of 3 weekdays, read as 259200 s.',
  },
  STEP_TYPE_UNKNOWN: {
    title: 'Step type not known',
    action: 'passed_through',
    severity: 'told',
    means: 'The step that was read is of a kind that the gateway has no type for; its native word was passed through.',
    example: 'A text message step.',
  },
  ORDER_FROM_ARRAY: {
    title: 'Order taken from the array',
    action: 'dropped',
    severity: 'harmless',
    means: 'Several steps are made in the order of the array; a different `order` was left out.',
    example: '`order: 3` on the first of two steps.',
  },
  STEP_IDS_UNKNOWN: {
    title: 'Step ids not known',
    action: 'dropped',
    severity: 'told',
    means: 'It is not certain which step has which id; ids in doubt are left out, and `from` has those that are left.',
    example: 'Two steps that look alike.',
  },
  ALREADY_IN_STATE: {
    title: 'Already so',
    action: 'defaulted',
    severity: 'told',
    means: 'The state that was asked for was there already; nothing was sent.',
    example: 'Activating a sequence that is active.',
  },
  TEMPLATE_REPLACED: {
    title: 'Template replaced',
    action: 'emulated',
    severity: 'told',
    means: 'The step has a new template with the new text; the old one stays as it is, for whoever else uses it.',
    example: 'A new `template.body` where steps link templates.',
  },
  TEMPLATE_MAY_BE_SHARED: {
    title: 'Template may be shared',
    action: 'passed_through',
    severity: 'told',
    means: 'The template itself was changed; every other step that uses it says the same now.',
    example: '`template_update: "in_place"`.',
  },
  SUBJECT_ERASED: {
    title: 'Subject erased',
    action: 'dropped',
    severity: 'approximated',
    means:
      'A reply has no subject of its own here: that of the email which becomes one is erased; `from` is what it was.',
    example: '`is_reply: true` on an email that started a thread.',
  },
  CHANGE_NOT_CONFIRMED: {
    title: 'Change not confirmed',
    action: 'passed_through',
    severity: 'told',
    means: 'The value was sent and accepted, but what the provider shows afterwards does not prove that it keeps it.',
    example: '`tags` where the provider shows ids of labels, and they are those of before.',
  },
  PROVIDER_CHANGED_VALUE: {
    title: 'Provider changed a value',
    action: 'coerced',
    severity: 'told',
    means: 'The provider answered with another value than the one it was sent.',
    example: 'An `interval` that comes back different.',
  },
  OUTCOME_NOT_RECORDED: {
    title: 'Outcome not recorded',
    action: 'dropped',
    severity: 'told',
    means: 'This was carried out, but the gateway could not keep that; a repeat looks in the provider what there is.',
    example: 'The database went away during the request.',
  },
  VALUE_DEFAULTED: {
    title: 'Value filled in',
    action: 'defaulted',
    severity: 'told',
    means: 'The provider requires a value that the record does not have; a plain one was filled in.',
    example: '`name` becomes "Call" where every step needs a name.',
  },
} as const satisfies Record<string, PolicyRow>;

export type WarningType = keyof typeof WARNING_POLICY;

const WARNING_TYPES = Object.keys(WARNING_POLICY) as [WarningType, ...WarningType[]];

export const warningSchema = z
  .lazy(() =>
    z.object({
      title: z.string().meta({ example: 'Interval rounded up' }),
      detail: z.string(),
      problem_type: z.enum(WARNING_TYPES),
      action: z.enum(ACTIONS),
      source: z
        .object({
          pointer: z.string().meta({ example: '/record/interval_seconds' }),
          parameter: z.string().optional().meta({ description: 'Of the query, where the warning is about one.' }),
        })
        .meta({ description: 'Into the request for a write, into the answer for a read.' }),
      from: z.unknown().optional().meta({ description: 'What was asked for; what was there, where that is lost.' }),
      to: z.unknown().optional().meta({ description: 'What was sent instead.' }),
      provider: z.string(),
    }),
  )
  .meta({
    id: 'Warning',
    description: `Something was changed or left out on the way to the provider.

| problem_type | action | means | example |
| --- | --- | --- | --- |
${Object.entries(WARNING_POLICY)
  .map(([type, { action, means, example }]) => `| \`${type}\` | ${action} | ${means} | ${example} |`)
  .join('\n')}
`,
  });

export type Warning = z.infer<typeof warningSchema>;

export interface WarningFacts {
  readonly type: WarningType;
  readonly pointer: string;
  readonly parameter?: string;
  readonly detail: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

/** Completes a warning from its row in the policy table. */
export function warning(provider: string, { type, pointer, parameter, detail, from, to }: WarningFacts): Warning {
  const { title, action } = WARNING_POLICY[type];
  return {
    title,
    detail,
    problem_type: type,
    action,
    source: { pointer, ...(parameter === undefined ? {} : { parameter }) },
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    provider,
  };
}
