/** How Outreach takes steps. Sources and dates are in README.md beside this file. */
import { lossy, native, none, positiveInteger, stepFacts, type StepUnder } from '#provider';

const UNDOCUMENTED =
  'Outreach LinkedIn steps of this kind have only been seen on read; that the API creates them is not known.';
const NO_CONTENT =
  'Without content there is nothing to link: Outreach holds the step, and it stays off until a template is linked to it.';

export const STEP_FACTS = stepFacts({
  types: {
    auto_email: 'auto_email',
    manual_email: 'manual_email',
    call: 'call',
    task: 'task',
    linkedin_send_message: 'linkedin_send_message',
    linkedin_send_connection_request: none(UNDOCUMENTED),
    linkedin_view_profile: none(UNDOCUMENTED),
    linkedin_interact_with_post: none(UNDOCUMENTED),
  },
  fields: {
    name: none('An Outreach step has no name that can be set: its display name is generated.'),
    interval_seconds: native({ at: 'sequenceStep.interval' }),
    date: native({ at: 'sequenceStep.date' }),
    'template.id': native({ at: 'template.id' }),
    'template.body': native({ at: 'template.bodyHtml', max_length: 16_777_215 }),
    'template.subject': native({ at: 'template.subject' }),
    reply_subject: native({ at: 'template.subject' }),
    'template.name': native({ at: 'template.name', max_length: 225 }),
    'template.to': native({ at: 'template.toRecipients' }),
    'template.cc': native({ at: 'template.ccRecipients' }),
    'template.bcc': native({ at: 'template.bccRecipients' }),
    'template.custom_fields': native({
      at: 'template',
      refuses: ['id', 'type', 'archived', 'relationships.owner', 'relationships.creator', 'relationships.updater'],
    }),
    without_content: lossy(NO_CONTENT),
    is_reply: native({ at: 'sequenceTemplate.isReply' }),
    order: native({ at: 'sequenceStep.order' }),
    task_note: native({ at: 'sequenceStep.taskNote', max_length: 65_535 }),
    custom_fields: native({
      at: 'sequenceStep',
      refuses: [
        ...['id', 'type', 'stepType', 'enabled', 'relationships.sequence', 'relationships.sequenceTemplates'],
        ...['relationships.owner', 'relationships.creator', 'relationships.updater'],
      ],
    }),
  },
  timing: { measure: 'from_previous', granularity: 1, because: 'Outreach keeps whole seconds' },
  preconditions: { date_based: 'This Outreach sequence goes by intervals and takes no dates.' },
});

/** Who may use a sequence, in Outreach's words. */
export const SHARE_TYPES = { team: 'shared', private: 'private' } as const;

/** How Outreach takes the sequence itself. */
export const SEQUENCE_FACTS = {
  name: native({ at: 'sequence.name', max_length: 255 }),
  tags: native({ at: 'sequence.tags' }),
  type: native({ at: 'sequence.shareType', words: SHARE_TYPES }),
  owner_id: native({
    at: 'sequence.owner',
    matches: { ...positiveInteger, says: `the id of a user, ${positiveInteger.says},` },
  }),
  custom_fields: native({
    at: 'sequence',
    refuses: [
      ...['id', 'type', 'enabled', 'enabledAt', 'locked', 'relationships.sequenceSteps'],
      ...['relationships.owner', 'relationships.creator', 'relationships.updater'],
    ],
  }),
};

export type Step = StepUnder<typeof STEP_FACTS>;
