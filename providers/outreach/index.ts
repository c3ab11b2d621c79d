/** Outreach API v2: facts first, then what is done with them. Sources and dates are in README.md beside this file. */
import { createSteps, defineProvider, listSequences, lossy, native, none, positiveInteger } from '#provider';
import { createStep, createTemplate, linkTemplate } from './calls.ts';
import { readOutreachError } from './errors.ts';
import { placeOf, resourceAnswer, sequenceAnswer, sequencesAnswer } from './responses.ts';

const UNDOCUMENTED =
  'Outreach LinkedIn steps of this kind have only been seen on read; that the API creates them is not known.';
const NO_CONTENT =
  'Without content there is nothing to link: Outreach holds the step, and it stays off until a template is linked to it.';

const PLACE = /^(after|before):(.{1,1000})$/;

export default defineProvider({
  title: 'Outreach',
  base_url: 'https://api.outreach.io/api/v2',
  documentation: 'https://developers.outreach.io/api/',
  id: positiveInteger,
  credentials: {
    access_token: { header: 'authorization', scheme: 'Bearer', how: 'An OAuth access token; it lasts 2 hours.' },
  },
  // A plain application/json is refused with 415; whether calls without a body need the media type is not said alike everywhere.
  headers: { 'content-type': 'application/vnd.api+json', accept: 'application/vnd.api+json' },
  turn: 'sequence',
  template_variables: ['first_name'],
  notes: [
    'A step is on when its template link is; the gateway activates a link that comes back disabled.',
    '`linkedin_send_message` is not documented by Outreach and subject to change.',
    'Steps cannot be deleted through the API.',
  ],
  readError: readOutreachError,
  can: {
    create_steps: createSteps({
      credentials: ['access_token'],
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

      async look({ sequence_id, steps }, read) {
        const dated = steps.some(({ date }) => date !== undefined);
        const sequence = dated ? await read.get(['sequences', sequence_id], { response: sequenceAnswer }) : undefined;
        const templates = new Set(steps.flatMap(({ template }) => template?.id ?? []));
        for (const id of templates) await read.get(['templates', id], { response: resourceAnswer });
        const holds = sequence ? { date_based: sequence.data.attributes.sequenceType === 'date' } : {};
        return { known: undefined, holds };
      },

      async write({ sequence_id, steps }, _known, send) {
        const made = [];
        for (const [index, step] of steps.entries()) {
          const templateId = await createTemplate(step.template, index, send);
          const { id, attributes } = await createStep(sequence_id, step, index, send);
          const interval = step.custom_fields['interval'] === undefined ? attributes?.interval : undefined;
          made.push({ id, stored: { interval_seconds: interval } });
          if (templateId !== undefined) await linkTemplate(id, templateId, step.is_reply, send);
        }
        return { steps: made };
      },
    }),

    list_sequences: listSequences({
      credentials: ['access_token'],
      max_page_size: 1000,
      cursor: PLACE,
      async list({ size, cursor }, read) {
        const [, direction, token] = cursor?.match(PLACE) ?? [];
        const place = direction !== undefined && token !== undefined ? { [`page[${direction}]`]: token } : {};
        const { data, links } = await read.get(['sequences'], {
          query: { 'page[size]': size, ...place },
          response: sequencesAnswer,
        });
        return {
          records: data.map(({ id, attributes }) => ({ id, name: attributes.name })),
          next: placeOf(links?.next, 'after'),
          previous: placeOf(links?.prev, 'before'),
        };
      },
    }),
  },
});
