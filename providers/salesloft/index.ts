/** Salesloft API v2: facts first, then what is done with them. Sources and dates are in README.md beside this file. */
import { byType, createSteps, defineProvider, listSequences, lossy, native, none, positiveInteger } from '#provider';
import { readSalesloftError } from './errors.ts';
import { toStepGroup, type Inlined } from './import.ts';
import { cadencesAnswer, importAnswer, stepCountAnswer, stepsAnswer, templateAnswer } from './responses.ts';

const AS_OTHER =
  'A LinkedIn step in Salesloft needs ids of an integration that are not known; it becomes an `Other` step with the note and the message as instructions, and reads back as a task.';
const NO_RECIPIENTS = 'A Salesloft email goes to the person alone: its template has no recipients.';
const NO_TEMPLATE = 'An `Other` step has no email template.';
const PAGE = /^[1-9]\d{0,8}$/;

export default defineProvider({
  title: 'Salesloft',
  base_url: 'https://api.salesloft.com/v2',
  documentation: 'https://developers.salesloft.com',
  id: positiveInteger,
  credentials: {
    api_key: { header: 'authorization', scheme: 'Bearer', how: 'An API key (ak_...) of your own Salesloft team.' },
    access_token: { header: 'authorization', scheme: 'Bearer', how: 'An OAuth access token; it lasts 2 hours.' },
  },
  headers: { 'content-type': 'application/json', accept: 'application/json' },
  turn: 'sequence',
  template_variables: ['My.first_name'],
  notes: [
    'Steps are added by API only to a cadence that has none; the answer to an import names the cadence, so the id of the step is read back.',
    'Whether an email is automatic is a property of its step group, not a step type.',
    'Salesloft refuses template tags that it does not know.',
  ],
  readError: readSalesloftError,
  can: {
    create_steps: createSteps({
      credentials: ['api_key', 'access_token'],
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
            'Salesloft takes no template id here; title, subject, body and tracking of the template were copied into the step. Its attachments are not copied, and later changes to the template do not reach the step.',
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
          auto_email: native({ at: 'email_template.title', fill_in: { from: ['name', 'template.subject'] } }),
          manual_email: native({ at: 'email_template.title', fill_in: { from: ['name', 'template.subject'] } }),
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
        is_reply: none('Steps are added only to an empty cadence, where no email comes before this one.'),
        order: none('Salesloft orders steps by day; the position follows from the interval.'),
        task_note: byType({
          auto_email: none('A Salesloft email step has no note.'),
          manual_email: none('A Salesloft email step has no note.'),
          else: native({ at: 'type_settings.instructions' }),
        }),
        custom_fields: native({
          at: 'step',
          refuses: ['id', 'type', 'automated', 'enabled', 'cadence_id', 'steps', 'reference_id', 'cadence', 'owner'],
        }),
      },
      timing: {
        measure: 'by_day',
        into_day: { auto_email: { max: 43_200, granularity: 60 } },
        because: 'Salesloft schedules by whole days (automated emails: also by minutes, up to 12 hours into a day)',
      },
      preconditions: {
        sequence_empty:
          'Salesloft adds steps by API only to a cadence without steps, and this one has some. Add the step in Salesloft.',
      },

      async look({ sequence_id, steps }, read) {
        const { metadata } = await read.get(['steps'], {
          query: { cadence_id: sequence_id, per_page: 1, include_paging_counts: true },
          response: stepCountAnswer,
        });
        const empty = metadata.paging.total_count === 0;
        const templates = new Map<string, Inlined>();
        for (const { template } of empty ? steps : []) {
          if (template?.id === undefined || templates.has(template.id)) continue;
          const { data } = await read.get(['email_templates', template.id], { response: templateAnswer });
          templates.set(template.id, data);
        }
        const refusals = steps.flatMap(({ template, word }, step) => {
          const fetched = templates.get(template?.id ?? '');
          if (!fetched || word.type !== 'Email' || (fetched.subject?.trim() && fetched.body)) return [];
          const detail = `The Salesloft template ${String(template?.id)} has no ${fetched.body ? 'subject' : 'body'}, and this email starts a thread.`;
          return [{ code: 'UNSUPPORTED_VALUE', pointer: '/template/id', detail, step } as const];
        });
        return { known: { templates }, holds: { sequence_empty: empty }, refusals };
      },

      async write({ sequence_id, steps }, { templates }, send) {
        const groups = steps.map((step, index) => toStepGroup(step, index, templates.get(step.template?.id ?? '')));
        await send.post(['cadence_imports'], {
          body: { cadence_content: { cadence_id: Number(sequence_id), step_groups: groups.map(({ group }) => group) } },
          custom: groups.flatMap(({ custom }) => custom),
          response: importAnswer,
          sample: { data: { cadence: { id: 1 } } },
          creates: { kind: 'cadence_import', id: ({ data }) => data.cadence.id },
        });
        return { steps: steps.map(() => ({})) };
      },

      /** The cadence was empty: whatever is there now came with the import. Told apart by type, day and name. */
      async find({ sequence_id, steps }, _known, read) {
        const { data } = await read.get(['steps'], { query: { cadence_id: sequence_id }, response: stepsAnswer });
        return {
          steps: steps.map((step, index) => {
            const ours = { ...toStepGroup(step, index, undefined).group, name: step.name, ...step.custom_fields };
            return data
              .filter(
                ({ type, day, name }) =>
                  type === step.word.type.toLowerCase() && day === ours.day && name === ours.name,
              )
              .map(({ id }) => id);
          }),
        };
      },
    }),

    list_sequences: listSequences({
      credentials: ['api_key', 'access_token'],
      max_page_size: 100,
      cursor: PAGE,
      async list({ size, cursor }, read) {
        const { data, metadata } = await read.get(['cadences'], {
          query: { page: cursor ?? '1', per_page: size },
          response: cadencesAnswer,
        });
        return {
          records: data,
          next: metadata.paging.next_page?.toString(),
          previous: metadata.paging.prev_page?.toString(),
        };
      },
    }),
  },
});
