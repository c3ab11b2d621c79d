/** How Salesloft takes steps. Sources and dates are in README.md beside this file. */
import { byType, lossy, native, none, stepFacts, type StepUnder } from '#provider';

const AS_OTHER =
  'A LinkedIn step in Salesloft needs ids of an integration that are not known; it becomes an `Other` step with the note and the message as instructions, and reads back as a task.';
const NO_RECIPIENTS = 'A Salesloft email goes to the person alone: its template has no recipients.';
const NO_TEMPLATE = 'An `Other` step has no email template.';

export const STEP_FACTS = stepFacts({
  types: {
    auto_email: { type: 'Email', automated: true },
    manual_email: { type: 'Email', automated: false },
    call: { type: 'Phone', automated: false },
    task: { type: 'Other', automated: false },
    linkedin_send_message: lossy(AS_OTHER, { type: 'Other', automated: false }),
    linkedin_send_connection_request: lossy(AS_OTHER, { type: 'Other', automated: false }),
    linkedin_view_profile: lossy(AS_OTHER, { type: 'Other', automated: false }),
    linkedin_interact_with_post: lossy(AS_OTHER, { type: 'Other', automated: false }),
  },
  fields: {
    name: byType({
      auto_email: native({ at: 'step.name', fill_in: 'Email' }),
      manual_email: native({ at: 'step.name', fill_in: 'Email' }),
      call: native({ at: 'step.name', fill_in: 'Call' }),
      else: native({ at: 'step.name', fill_in: 'Task' }),
    }),
    interval_seconds: native({ at: 'step_group.day' }),
    date: none('A Salesloft cadence counts days from its start and takes no dates.'),
    'template.id': byType({
      linkedin_send_message: native({ at: 'type_settings.instructions' }),
      linkedin_send_connection_request: native({ at: 'type_settings.instructions' }),
      else: lossy(
        'Salesloft takes no template id here; title, body, tracking and, unless it is a reply, subject of the template were copied into the step. Its attachments are not copied, and later changes to the template do not reach the step.',
      ),
    }),
    'template.body': byType({
      auto_email: native({ at: 'email_template.body' }),
      manual_email: native({ at: 'email_template.body' }),
      else: native({ at: 'type_settings.instructions' }),
    }),
    'template.subject': byType({
      auto_email: native({ at: 'email_template.subject' }),
      manual_email: native({ at: 'email_template.subject' }),
      else: none('The instructions of an `Other` step have no subject.'),
    }),
    reply_subject: none('A threaded Salesloft email takes the subject of its thread.'),
    'template.name': byType({
      auto_email: native({
        at: 'email_template.title',
        fill_in: { from: ['name', 'template.subject'], otherwise: 'Email' },
      }),
      manual_email: native({
        at: 'email_template.title',
        fill_in: { from: ['name', 'template.subject'], otherwise: 'Email' },
      }),
      else: none(NO_TEMPLATE),
    }),
    'template.to': none(NO_RECIPIENTS),
    'template.cc': none(NO_RECIPIENTS),
    'template.bcc': none(NO_RECIPIENTS),
    'template.custom_fields': byType({
      auto_email: native({ at: 'email_template', refuses: ['id', 'template_owner'] }),
      manual_email: native({ at: 'email_template', refuses: ['id', 'template_owner'] }),
      else: none(NO_TEMPLATE),
    }),
    without_content: byType({
      auto_email: none('A Salesloft email step carries its text; without a template there is nothing to import.'),
      manual_email: none('It is not known that Salesloft takes a manual email without text.'),
      else: native(),
    }),
    is_reply: native({ at: 'type_settings.previous_email_step_group_reference_id' }),
    order: none('Salesloft orders steps by day; the position follows from the interval.'),
    task_note: byType({
      auto_email: none('A Salesloft email step has no note.'),
      manual_email: none('A Salesloft email step has no note.'),
      else: native({ at: 'type_settings.instructions' }),
    }),
    custom_fields: native({
      at: 'step',
      refuses: [
        'id',
        'type',
        'automated',
        'enabled',
        'cadence_id',
        'steps',
        'reference_id',
        'cadence',
        'owner',
        'type_settings.email_template.id',
        'type_settings.email_template.template_owner',
      ],
    }),
  },
  timing: {
    measure: 'by_day',
    into_day: { auto_email: { max: 43_200, granularity: 60 } },
    because: 'Salesloft schedules by whole days (automated emails: also by minutes, up to 12 hours into a day)',
  },
  preconditions: {
    sequence_empty:
      'Salesloft adds steps by API only to a cadence without steps, and this one has some. Add the step in Salesloft, or create a sequence with all its steps (POST /sequences).',
    earlier_email: 'No email comes before this step in what is imported, so there is no thread to reply in.',
  },
});

export type Step = StepUnder<typeof STEP_FACTS>;
