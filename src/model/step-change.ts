/** What a caller may change of a step that exists: the fields of its record, each by itself. */
import { z } from 'zod';
import { stepRecordSchema, templateShape } from './step.ts';

/** How the text of a message is changed where others may use the same template: by a new one, or in itself. */
const TEMPLATE_UPDATES = ['replace', 'in_place'] as const;
export type TemplateUpdate = (typeof TEMPLATE_UPDATES)[number];

const { type, template, interval_seconds: interval, ...fields } = stepRecordSchema.shape;

const templateChangeSchema = z
  .object({
    ...templateShape,
    subject: templateShape.subject.meta({ description: 'Of an email that starts a thread; not empty there.' }),
  })
  .superRefine(({ id, ...content }, context) => {
    const given = Object.entries(content).flatMap(([key, value]) => (value === undefined ? [] : [key]));
    if ((id === undefined) !== (given.length === 0)) return;
    const message =
      id === undefined
        ? 'A template needs an id, or the content that changes.'
        : `A template is either an id or content; this one has an id and ${given.join(', ')}.`;
    context.addIssue({ code: 'custom', message });
  })
  .meta({ id: 'TemplateChange', description: 'Either the `id` of another template, or the content that changes.' });

export const stepChangeSchema = z
  .object({
    type: type.optional().meta({ description: 'Only what it is already: the type of a step cannot be changed.' }),
    ...fields,
    interval_seconds: interval.meta({ description: 'Seconds after the previous step.' }),
    template: templateChangeSchema.optional(),
    template_update: z.enum(TEMPLATE_UPDATES).optional().meta({
      description:
        '`replace`: the step gets a new template; `in_place`: its template is changed, in every step that uses it. What a provider does where this is absent is said in `GET /providers`.',
    }),
  })
  .superRefine(({ template: content, template_update: update }, context) => {
    if (update === undefined || content !== undefined) return;
    const message = 'template_update says how template is changed, and there is no template.';
    context.addIssue({ code: 'custom', path: ['template_update'], message });
  })
  .meta({ id: 'SequenceStepChange', description: 'Only what is given is changed.' });

export type StepChange = z.infer<typeof stepChangeSchema>;
