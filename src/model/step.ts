/** The provider-neutral step: its kinds, its fields and the schema of the record that a caller sends. */
import { z } from 'zod';

export const STEP_TYPES = [
  'auto_email',
  'manual_email',
  'call',
  'task',
  'linkedin_send_message',
  'linkedin_send_connection_request',
  'linkedin_view_profile',
  'linkedin_interact_with_post',
] as const;

export type StepType = (typeof STEP_TYPES)[number];

const EMAILS = ['auto_email', 'manual_email'] as const satisfies readonly StepType[];
const MESSAGES = [
  ...EMAILS,
  'linkedin_send_message',
  'linkedin_send_connection_request',
] as const satisfies readonly StepType[];

/**
 * The rows of every provider's declaration: each optional field of the record, and two situations that a provider must
 * take a stance on as if they were fields (a subject on a reply, a message without content).
 */
export const STEP_FIELDS = [
  'name',
  'interval_seconds',
  'date',
  'template.id',
  'template.body',
  'template.subject',
  'reply_subject',
  'template.name',
  'template.to',
  'template.cc',
  'template.bcc',
  'template.custom_fields',
  'without_content',
  'is_reply',
  'order',
  'task_note',
  'custom_fields',
] as const;

export type StepField = (typeof STEP_FIELDS)[number];

/** The step types for which a field means something; on any other it is dropped with NOT_APPLICABLE, the same for every provider. */
const APPLIES_TO: Readonly<Record<StepField, readonly StepType[]>> = {
  name: STEP_TYPES,
  interval_seconds: STEP_TYPES,
  date: STEP_TYPES,
  'template.id': MESSAGES,
  'template.body': MESSAGES,
  'template.subject': MESSAGES,
  reply_subject: EMAILS,
  'template.name': MESSAGES,
  'template.to': EMAILS,
  'template.cc': EMAILS,
  'template.bcc': EMAILS,
  'template.custom_fields': MESSAGES,
  without_content: MESSAGES,
  is_reply: EMAILS,
  order: STEP_TYPES,
  task_note: STEP_TYPES,
  custom_fields: STEP_TYPES,
};

export function isEmail(type: StepType): boolean {
  return applies('is_reply', type);
}

export function applies(field: StepField, type: StepType): boolean {
  return APPLIES_TO[field].includes(type);
}

/** Of a field inside the template its key there; undefined for any other. */
export function templateKeyOf(field: string): keyof TemplateRecord | undefined {
  return TEMPLATE_KEYS.get(field);
}

const TEMPLATE_KEYS: ReadonlyMap<string, keyof TemplateRecord> = new Map(
  STEP_FIELDS.filter((field) => field.startsWith('template.')).map((field) => [
    field,
    field.slice('template.'.length) as keyof TemplateRecord,
  ]),
);

/** The JSON pointer of a field inside the record, such as `/template/subject`. */
export function pointerOf(field: StepField): string {
  if (field === 'reply_subject') return '/template/subject';
  if (field === 'without_content') return '/template';
  return `/${field.replace('.', '/')}`;
}

/** Ten years of 365 days. A longer interval is a mistake in the caller's unit, such as milliseconds. */
export const MAX_INTERVAL_SECONDS = 10 * 365 * 86_400;

/** Kept as it came: a schema that copies keys would lose `__proto__`, and with it the refusal. */
export const customFieldsSchema = z
  .custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    {
      params: { expected: 'object' },
    },
  )
  .meta({ type: 'object', additionalProperties: true });
const recipients = z.array(z.string().min(1));
const TEMPLATE_CONTENT = ['body', 'subject', 'name', 'to', 'cc', 'bcc', 'custom_fields'] as const;

/** The keys of a template, in a new step and in a change alike. */
export const templateShape = {
  id: z.string().min(1).optional().meta({
    description: 'Id of an existing template in the provider. Not together with content.',
  }),
  body: z.string().regex(/\S/, 'A body must not be empty').optional().meta({
    description: 'HTML, passed unchanged. `{{variables}}` are passed as they stand.',
    example: '<p>Hi</p>',
  }),
  subject: z.string().optional().meta({ description: 'Required where an email starts a thread.', example: 'Hi' }),
  name: z.string().optional().meta({ description: 'The name of the template itself.' }),
  to: recipients.optional(),
  cc: recipients.optional(),
  bcc: recipients.optional(),
  custom_fields: customFieldsSchema.optional().meta({
    description: "Native properties of the provider's template object, keys exactly as the provider spells them.",
  }),
};

const templateSchema = z
  .object(templateShape)
  .superRefine((template, context) => {
    const content = TEMPLATE_CONTENT.filter((key) => template[key] !== undefined);
    if (template.id !== undefined && content.length > 0) {
      const message = `A template is either an id or content; this one has an id and ${content.join(', ')}.`;
      context.addIssue({ code: 'custom', message });
    }
    if (template.id === undefined && template.body === undefined) {
      const message = 'A template needs an id, or content with a body.';
      context.addIssue({ code: 'custom', message, params: { missing: true } });
    }
  })
  .meta({ id: 'Template', description: 'Either `id`, or content: `body` and what belongs to it.' });

/** The record of create-step. Unknown keys are reported by the key comparison, not by this schema. */
export const stepRecordSchema = z
  .object({
    type: z.enum(STEP_TYPES).meta({ description: 'What happens in this step.', example: 'auto_email' }),
    name: z.string().optional().meta({ description: 'The name of the step.', example: 'Intro' }),
    interval_seconds: z.number().min(0).max(MAX_INTERVAL_SECONDS).optional().meta({
      description:
        'Seconds after the previous step; for the first, after the prospect enters the sequence. Absent means 0.',
      example: 90_000,
    }),
    date: z.iso.date().optional().meta({ description: '`YYYY-MM-DD`, for sequences that go by dates.' }),
    template: templateSchema.optional(),
    is_reply: z.boolean().optional().meta({ description: 'Send the email as a reply in the thread before it.' }),
    order: z.int().min(1).optional().meta({
      description:
        'The 1-based position of the step in its sequence. Of several steps in one request the array says the order.',
    }),
    task_note: z.string().optional().meta({ description: 'A note for the person who carries the step out.' }),
    custom_fields: customFieldsSchema.optional().meta({
      description: "Native properties of the provider's step object, keys exactly as the provider spells them.",
    }),
  })
  .meta({ id: 'SequenceStepRecord' });

export type StepRecord = z.infer<typeof stepRecordSchema>;
export type TemplateRecord = NonNullable<StepRecord['template']>;

/** The value of a declared field in a record; undefined where the record does not have it. */
export function fieldValue(record: StepRecord, field: StepField): unknown {
  if (field === 'without_content') return record.template === undefined ? true : undefined;
  if (field === 'reply_subject') return record.is_reply === true ? record.template?.subject : undefined;
  const key = templateKeyOf(field);
  return key === undefined ? record[field as Exclude<keyof StepRecord, 'template'>] : record.template?.[key];
}
