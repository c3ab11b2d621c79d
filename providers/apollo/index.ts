/** Apollo: facts first, then what is done with them. Sources and dates are in README.md beside this file. */
import { createSteps, defineProvider, hex24, listSequences, lossy, native, none } from '#provider';
import { createMessage, createStep } from './calls.ts';
import { readApolloError } from './errors.ts';
import { campaignAnswer, lastPosition, searchAnswer, startsThread } from './responses.ts';

const NO_CONTENT =
  'Without content Apollo makes a blank message that stays "to be reviewed" and is not sent until somebody writes and approves it.';
const NO_RECIPIENTS = 'An Apollo email goes to the contact alone: its template has no recipients.';
const PAGE = /^[1-9]\d{0,8}$/;

export default defineProvider({
  title: 'Apollo',
  base_url: 'https://api.apollo.io/api/v1',
  documentation: 'https://docs.apollo.io/reference',
  id: hex24,
  credentials: {
    api_key: {
      header: 'x-api-key',
      how: 'An API key made in the settings of Apollo; creating steps needs a master key.',
    },
    access_token: {
      header: 'authorization',
      scheme: 'Bearer',
      how: 'An OAuth access token; it reaches documented endpoints only.',
    },
  },
  headers: { 'content-type': 'application/json', accept: 'application/json', 'cache-control': 'no-cache' },
  // A second write of the same team is refused with 429 while one is under way.
  turn: 'connection',
  template_variables: ['first_name', 'company'],
  notes: [
    'A LinkedIn message is `linkedin_step_message` in Apollo: its published list of step types has no `linkedin_send_message`.',
    'Creating a step uses endpoints that Apollo does not document; they take an API key and no OAuth token.',
    'A message with content is approved, so that it is sent once the sequence is active.',
  ],
  readError: readApolloError,
  can: {
    create_steps: createSteps({
      credentials: ['api_key'],
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
        'template.body': native({ at: 'emailer_template.body_html' }),
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
      timing: { measure: 'from_previous', granularity: 60, because: 'Apollo keeps whole minutes' },
      preconditions: {
        earlier_email: 'No email comes before this step in the Apollo sequence, so there is no thread to reply in.',
      },

      async look({ sequence_id, steps }, read) {
        const campaign = await read.get(['emailer_campaigns', sequence_id], { response: campaignAnswer });
        const last = lastPosition(campaign);
        const refusals = steps.flatMap(({ order }, step) => {
          const next = last + 1 + step;
          if (order === undefined || order === next) return [];
          const detail = `This Apollo sequence has ${String(next - 1)} steps; the next position is ${String(next)}. Leave order out to add the step at the end.`;
          return [
            { code: order < next ? 'ORDER_TAKEN' : 'ORDER_OUT_OF_RANGE', pointer: '/order', detail, step } as const,
          ];
        });
        return { known: { last }, holds: { earlier_email: startsThread(campaign) }, refusals };
      },

      async write({ sequence_id, steps }, { last }, send) {
        const made = [];
        for (const [index, step] of steps.entries()) {
          const place = { sequenceId: sequence_id, position: last + 1 + index, index };
          const { template } = step;
          const id = await (template ? createMessage(place, step, template, send) : createStep(place, step, send));
          made.push({ id });
        }
        return { steps: made };
      },
    }),

    list_sequences: listSequences({
      credentials: ['api_key', 'access_token'],
      max_page_size: 100,
      cursor: PAGE,
      async list({ size, cursor }, read) {
        const page = Number(cursor ?? 1);
        const { emailer_campaigns, pagination } = await read.search(['emailer_campaigns', 'search'], {
          query: { page, per_page: size },
          body: {},
          response: searchAnswer,
        });
        return {
          records: emailer_campaigns.map(({ id, name }) => ({ id, name })),
          next: page < pagination.total_pages ? String(page + 1) : undefined,
          previous: page > 1 ? String(page - 1) : undefined,
        };
      },
    }),
  },
});
