/** How Apollo takes steps. Sources and dates are in README.md beside this file. */
import { lossy, native, none, stepFacts, type StepUnder } from '#provider';

const NO_CONTENT =
  'Without content Apollo makes a blank message that stays "to be reviewed" and is not sent until somebody writes and approves it.';
const NO_RECIPIENTS = 'An Apollo email goes to the contact alone: its template has no recipients.';

export const STEP_FACTS = stepFacts({
  types: {
    auto_email: 'auto_email',
    manual_email: 'manual_email',
    call: 'call',
    task: 'action_item',
    linkedin_send_message: 'linkedin_step_message',
    linkedin_send_connection_request: 'linkedin_step_connect',
    linkedin_view_profile: 'linkedin_step_view_profile',
    linkedin_interact_with_post: 'linkedin_step_interact_post',
  },
  fields: {
    name: none('An Apollo step has no name.'),
    interval_seconds: native({ at: 'emailer_step.wait_time' }),
    date: none('An Apollo step is not scheduled by a calendar date.'),
    'template.id': native({ at: 'emailer_template.id' }),
    'template.body': native({
      at: 'emailer_template.body_html',
      read_back: {
        because: 'Bodies were seen to come back as whole documents.',
        as: (written) => `<html><head></head><body>${written}</body></html>`,
      },
    }),
    'template.subject': native({ at: 'emailer_template.subject' }),
    reply_subject: none('Apollo rejects a subject on a reply; the thread keeps its own.'),
    'template.name': none('It is not known that Apollo takes a name for the template of a step.'),
    'template.to': none(NO_RECIPIENTS),
    'template.cc': none(NO_RECIPIENTS),
    'template.bcc': none(NO_RECIPIENTS),
    'template.custom_fields': native({
      at: 'emailer_template',
      refuses: ['id', 'user_id', 'owner_id', 'archived'],
    }),
    without_content: lossy(NO_CONTENT),
    is_reply: native({ at: 'emailer_touch.type', words: { true: 'reply_to_thread', false: 'new_thread' } }),
    order: native({ at: 'emailer_step.position' }),
    task_note: native({ at: 'emailer_step.note' }),
    custom_fields: native({
      at: 'emailer_step',
      refuses: [
        ...['id', 'type', 'emailer_campaign_id', 'user_id', 'owner_id', 'active', 'status'],
        ...['emailer_step', 'emailer_touch', 'emailer_touches', 'emailer_template'],
      ],
    }),
  },
  timing: {
    measure: 'from_previous',
    granularity: 60,
    because: 'Apollo keeps whole minutes',
    exact_key: 'exact_datetime',
  },
  preconditions: {
    exact_times:
      'This Apollo sequence goes by exact times: `custom_fields.exact_datetime` is what schedules each of its steps.',
    earlier_email: 'No email comes before this step in the Apollo sequence, so there is no thread to reply in.',
  },
});

/** How Apollo takes a new sequence itself. */
export const SEQUENCE_FACTS = {
  name: native({ at: 'emailer_campaign.name' }),
  tags: native({
    at: 'emailer_campaign.label_names',
    read_back: { because: 'Apollo takes labels by their names and shows their ids.' },
  }),
  type: none('A new Apollo sequence is restricted to its owner; sharing is changed afterwards.'),
  owner_id: none(
    'An Apollo sequence belongs to the user of the credentials; the mailbox is chosen when people are added.',
  ),
  custom_fields: native({
    at: 'emailer_campaign',
    refuses: [
      ...['id', 'active', 'user_id', 'owner_id', 'object_owner_id', 'archived', 'permissions', 'sharing_permission'],
      ...['emailer_steps', 'creation_type'],
    ],
  }),
};

export type Step = StepUnder<typeof STEP_FACTS>;
