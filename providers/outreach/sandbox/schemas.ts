import { z } from 'zod';

/**
 * The closed request documents, from https://developers.outreach.io/api/reference (Sequence Step, Sequence Template,
 * Template). Null is refused: what it does when creating is not documented.
 */
const id = z.int().positive();
const text = z.string();
const seconds = z.int().nonnegative();
const recipients = z.array(text.min(1));

const identifier = <T extends string>(type: T) => z.strictObject({ type: z.literal(type), id });
const toOne = <T extends string>(type: T) => z.strictObject({ data: identifier(type) });
const toOneOrNone = <T extends string>(type: T) => z.strictObject({ data: identifier(type).nullable() });
const toMany = <T extends string>(type: T) => z.strictObject({ data: z.array(identifier(type)) });

export const sequenceStepDocument = z.strictObject({
  data: z.strictObject({
    type: z.literal('sequenceStep'),
    attributes: z.strictObject({
      // Four are documented. `linkedin_send_message` is not, but has been created through the API, which nobody has
      // shown for the other `linkedin_*` words: https://github.com/supaglue-labs/supaglue/pull/1623
      stepType: z.enum(['auto_email', 'manual_email', 'call', 'task', 'linkedin_send_message']),
      interval: seconds.optional(),
      date: z.iso.date().optional(),
      order: z.int().positive().optional(),
      taskNote: text.max(65_535).optional(),
      taskAutoskipDelay: seconds.optional(),
    }),
    relationships: z.strictObject({
      sequence: toOne('sequence'),
      callPurpose: toOneOrNone('callPurpose').optional(),
      taskPriority: toOneOrNone('taskPriority').optional(),
      schedule: toOneOrNone('schedule').optional(),
    }),
  }),
});

export const templateDocument = z.strictObject({
  data: z.strictObject({
    type: z.literal('template'),
    attributes: z.strictObject({
      name: text.min(1).max(225).optional(),
      subject: text.optional(),
      bodyHtml: text.max(16_777_215).optional(),
      toRecipients: recipients.optional(),
      ccRecipients: recipients.optional(),
      bccRecipients: recipients.optional(),
      shareType: z.enum(['read_only', 'private', 'shared']).optional(),
      tags: z.array(text).optional(),
      trackLinks: z.boolean().optional(),
      trackOpens: z.boolean().optional(),
      archived: z.boolean().optional(),
    }),
    relationships: z
      .strictObject({
        owner: toOneOrNone('user').optional(),
        contentCategoryMemberships: toMany('contentCategoryMembership').optional(),
      })
      .optional(),
  }),
});

export const sequenceTemplateDocument = z.strictObject({
  data: z.strictObject({
    type: z.literal('sequenceTemplate'),
    attributes: z.strictObject({ isReply: z.boolean().optional() }).optional(),
    relationships: z.strictObject({ sequenceStep: toOne('sequenceStep'), template: toOne('template') }),
  }),
});

export type StepDraft = z.output<typeof sequenceStepDocument>['data'];
export type TemplateDraft = z.output<typeof templateDocument>['data'];
export type LinkDraft = z.output<typeof sequenceTemplateDocument>['data'];

/** The eleven counters that sequences, steps and links all carry, read-only. */
export const COUNTERS = [
  'bounceCount',
  'clickCount',
  'deliverCount',
  'failureCount',
  'negativeReplyCount',
  'neutralReplyCount',
  'openCount',
  'optOutCount',
  'positiveReplyCount',
  'replyCount',
  'scheduleCount',
] as const;

/** Attributes that Outreach shows and does not take: it calls them private when they are sent. */
export const READ_ONLY: ReadonlySet<string> = new Set([
  ...COUNTERS,
  'archivedAt',
  'bodyText',
  'createdAt',
  'displayName',
  'enabled',
  'enabledAt',
  'lastUsedAt',
  'updatedAt',
]);
