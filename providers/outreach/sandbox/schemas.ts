import { z } from 'zod';

/**
 * The closed request documents, from https://developers.outreach.io/api/reference (Sequence, Sequence Step, Sequence
 * Template, Template). Null is refused but in a relationship: what it does to an attribute is not documented.
 */
const id = z.int().positive();
const text = z.string();
const count = z.int().nonnegative();
const seconds = z.int().nonnegative();
const recipients = z.array(text.min(1));
const shareType = z.enum(['read_only', 'private', 'shared']);

const identifier = <T extends string>(type: T) => z.strictObject({ type: z.literal(type), id });
const toOne = <T extends string>(type: T) => z.strictObject({ data: identifier(type) });
const toOneOrNone = <T extends string>(type: T) => z.strictObject({ data: identifier(type).nullable() });
const toMany = <T extends string>(type: T) => z.strictObject({ data: z.array(identifier(type)) });

/** `id` has to be there and an integer: https://developers.outreach.io/api/reference (the PATCH of each). */
const change = <T extends string, A extends z.ZodType, R extends z.ZodType>(type: T, attributes: A, relationships: R) =>
  z.strictObject({
    data: z.strictObject({
      type: z.literal(type),
      id,
      attributes: attributes.optional(),
      relationships: relationships.optional(),
    }),
  });

/** The published schema takes it in a PATCH, but nothing shows that Outreach changes it. */
const unchangeable = z.never('It cannot be changed').optional();

/** `maxLength` 4, which the reference gives both reply actions, would let through none of their values. */
const replyAction = z.enum(['finish', 'continue', 'pause']);

const sequenceAttributes = z.strictObject({
  name: text.max(255).regex(/\S/),
  description: text.max(1024).optional(),
  sequenceType: z.enum(['interval', 'date']).optional(),
  scheduleIntervalType: z.enum(['calendar', 'schedule']).optional(),
  shareType: shareType.optional(),
  tags: z.array(text).optional(),
  maxActivations: count.optional(),
  primaryReplyAction: replyAction.optional(),
  primaryReplyPauseDuration: seconds.optional(),
  secondaryReplyAction: replyAction.optional(),
  secondaryReplyPauseDuration: seconds.optional(),
  finishOnReply: z.boolean().optional(),
  throttleCapacity: count.optional(),
  throttleMaxAddsPerDay: count.optional(),
  throttlePaused: z.boolean().optional(),
  transactional: z.boolean().optional(),
  salesMotion: z.enum(['outbound', 'inbound', 'follow-up', 'nurture', 'other']).optional(),
});

/** `sequenceSteps` is not marked as read-only, but what writing it does is not documented: refused. */
const sequenceRelationships = z.strictObject({
  owner: toOneOrNone('user').optional(),
  ruleset: toOneOrNone('ruleset').optional(),
  schedule: toOneOrNone('schedule').optional(),
});

export const sequenceDocument = z.strictObject({
  data: z.strictObject({
    type: z.literal('sequence'),
    attributes: sequenceAttributes,
    relationships: sequenceRelationships.optional(),
  }),
});

export const sequenceChange = change('sequence', sequenceAttributes.partial(), sequenceRelationships);

const stepAttributes = z.strictObject({
  // Four are documented. `linkedin_send_message` is not, but has been created through the API, which nobody has shown
  // for the other `linkedin_*` words: https://github.com/supaglue-labs/supaglue/pull/1623
  stepType: z.enum(['auto_email', 'manual_email', 'call', 'task', 'linkedin_send_message']),
  interval: seconds.optional(),
  date: z.iso.date().optional(),
  order: z.int().positive().optional(),
  taskNote: text.max(65_535).optional(),
  taskAutoskipDelay: seconds.optional(),
});

const stepRelationships = z.strictObject({
  sequence: toOne('sequence'),
  callPurpose: toOneOrNone('callPurpose').optional(),
  taskPriority: toOneOrNone('taskPriority').optional(),
  schedule: toOneOrNone('schedule').optional(),
});

export const sequenceStepDocument = z.strictObject({
  data: z.strictObject({
    type: z.literal('sequenceStep'),
    attributes: stepAttributes,
    relationships: stepRelationships,
  }),
});

export const sequenceStepChange = change(
  'sequenceStep',
  stepAttributes.extend({ stepType: unchangeable }),
  stepRelationships.extend({ sequence: unchangeable }),
);

const templateAttributes = z.strictObject({
  name: text.min(1).max(225).optional(),
  subject: text.optional(),
  bodyHtml: text.max(16_777_215).optional(),
  toRecipients: recipients.optional(),
  ccRecipients: recipients.optional(),
  bccRecipients: recipients.optional(),
  shareType: shareType.optional(),
  tags: z.array(text).optional(),
  trackLinks: z.boolean().optional(),
  trackOpens: z.boolean().optional(),
  archived: z.boolean().optional(),
});

const templateRelationships = z.strictObject({
  owner: toOneOrNone('user').optional(),
  contentCategoryMemberships: toMany('contentCategoryMembership').optional(),
});

export const templateDocument = z.strictObject({
  data: z.strictObject({
    type: z.literal('template'),
    attributes: templateAttributes,
    relationships: templateRelationships.optional(),
  }),
});

export const templateChange = change('template', templateAttributes, templateRelationships);

const linkAttributes = z.strictObject({ isReply: z.boolean().optional() });
const linkRelationships = z.strictObject({ sequenceStep: toOne('sequenceStep'), template: toOne('template') });

export const sequenceTemplateDocument = z.strictObject({
  data: z.strictObject({
    type: z.literal('sequenceTemplate'),
    attributes: linkAttributes.optional(),
    relationships: linkRelationships,
  }),
});

export const sequenceTemplateChange = change('sequenceTemplate', linkAttributes, linkRelationships.partial());

export type SequenceDraft = z.output<typeof sequenceDocument>['data'];
export type SequenceChange = z.output<typeof sequenceChange>['data'];
export type StepDraft = z.output<typeof sequenceStepDocument>['data'];
export type StepChange = z.output<typeof sequenceStepChange>['data'];
export type TemplateDraft = z.output<typeof templateDocument>['data'];
export type TemplateChange = z.output<typeof templateChange>['data'];
export type LinkDraft = z.output<typeof sequenceTemplateDocument>['data'];
export type LinkChange = z.output<typeof sequenceTemplateChange>['data'];
