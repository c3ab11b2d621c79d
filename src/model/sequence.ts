/** The provider-neutral sequence that a caller creates. */
import { z } from 'zod';
import { customFieldsSchema, stepRecordSchema } from './step.ts';

/** The rows of a declaration for the sequence itself; its steps have their own. */
export const SEQUENCE_FIELDS = ['name', 'tags', 'type', 'owner_id', 'custom_fields'] as const;
export type SequenceField = (typeof SEQUENCE_FIELDS)[number];

export const SHARE_TYPES = ['team', 'private'] as const;
export type ShareType = (typeof SHARE_TYPES)[number];

/** More steps than any product's own limits allow. */
export const MAX_STEPS = 500;

export const sequenceRecordSchema = z
  .object({
    name: z.string().min(1).meta({ example: 'Q3 outbound' }),
    tags: z.array(z.string().min(1)).optional(),
    type: z.enum(SHARE_TYPES).optional().meta({ description: 'Who may use it; private when absent.' }),
    owner_id: z.string().min(1).optional().meta({ description: "The provider's id of the user who owns it." }),
    custom_fields: customFieldsSchema.optional().meta({
      description: "Native properties of the provider's sequence object, keys exactly as the provider spells them.",
    }),
    steps: z.array(stepRecordSchema).max(MAX_STEPS).optional().meta({ description: 'In the order in which they run.' }),
    from_recommended: z.string().min(1).optional().meta({
      description:
        'The id of a recommended sequence (`GET /sequences/get_sequences`) whose steps are taken; not together with `steps`.',
      example: 'medium_meeting_normal_false',
    }),
  })
  .superRefine(({ steps, from_recommended: recommended }, context) => {
    if (steps === undefined || recommended === undefined) return;
    const message = 'A sequence takes its steps from steps or from from_recommended, not from both.';
    context.addIssue({ code: 'custom', path: ['from_recommended'], message });
  })
  .meta({ id: 'SequenceRecord' });

export const sequenceChangeSchema = z
  .object({
    name: sequenceRecordSchema.shape.name.optional(),
    tags: sequenceRecordSchema.shape.tags,
    type: z.enum(SHARE_TYPES).optional().meta({ description: 'Who may use it.' }),
    owner_id: sequenceRecordSchema.shape.owner_id,
    custom_fields: sequenceRecordSchema.shape.custom_fields,
    steps: z.unknown().optional().meta({ description: 'Refused: steps are changed one by one.' }),
  })
  .meta({ id: 'SequenceChange', description: 'Only what is given is changed.' });

export type SequenceChange = z.infer<typeof sequenceChangeSchema>;

export type SequenceRecord = z.infer<typeof sequenceRecordSchema>;
