/** Apollo: facts first, then what is done with them. Sources and dates are in README.md beside this file. */
import {
  action,
  createSequence,
  createSteps,
  defineProvider,
  getSequence,
  hex24,
  listSequences,
  native,
  none,
  updateSequence,
  updateStep,
} from '#provider';
import { BUDGET } from './budget.ts';
import { createMessage, createStep, switchCampaign } from './calls.ts';
import { refusalsOfStep } from './create-refusals.ts';
import { postSequence } from './create-sequence.ts';
import { isAsKnown as isSequenceAsKnown, lookAtSequence, putSequence, VISIBILITY } from './change-sequence.ts';
import { isAsKnown, lookAtStep, writeStepChange } from './change.ts';
import { readApolloError } from './errors.ts';
import { SEQUENCE_FACTS, STEP_FACTS } from './facts.ts';
import { readSequence, searchedAnswer, toSequence } from './read.ts';
import { campaignAnswer, doneAnswer, goesByExactTimes, knownOf } from './responses.ts';
import { refusalToDelete, startsThread } from './threads.ts';

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
  oauth: {
    // A hash route: Apollo's page reads what stands after it.
    authorize_url: 'https://app.apollo.io/#/oauth/authorize',
    token_url: 'https://app.apollo.io/api/v1/oauth/token',
    scopes: [
      'emailer_campaigns_search',
      'emailer_campaigns_create',
      'emailer_campaigns_approve',
      'emailer_campaigns_abort',
    ],
    pkce: false,
    refresh_token: 'rotates',
    dead_grant: 'invalid_grant',
    access_seconds: 2_592_000,
  },
  headers: { 'content-type': 'application/json', accept: 'application/json', 'cache-control': 'no-cache' },
  // A second write of the same team is refused with 429 while one is under way.
  turn: 'connection',
  budget: BUDGET,
  template_variables: ['first_name', 'company'],
  notes: [
    'A LinkedIn message is `linkedin_step_message` in Apollo: its published list of step types has no `linkedin_send_message`.',
    'Creating a step uses endpoints that Apollo does not document; they take an API key and no OAuth token.',
    'A message with content is approved, so that it is sent once the sequence is active.',
    'Changing a sequence sends its whole list of steps, as Apollo wants it; where that could lose something, it is refused.',
  ],
  readError: readApolloError,
  can: {
    create_steps: createSteps({
      credentials: ['api_key'],
      batch: 'in_order',
      ...STEP_FACTS,

      async look({ sequence_id }, read) {
        const campaign = await read.get(['emailer_campaigns', sequence_id], { response: campaignAnswer });
        const holds = {
          earlier_email: startsThread(campaign.emailer_steps),
          exact_times: goesByExactTimes(campaign.emailer_campaign),
        };
        return { known: knownOf(campaign), holds };
      },

      against: ({ steps }, known) => steps.flatMap((step, index) => refusalsOfStep(step, index, known)),

      // Writes of a connection take turns: nobody else's step comes between.
      after: ({ known, holds }, { steps }) => ({
        known: { ...known, last: known.last + steps.length },
        holds: { ...holds, earlier_email: holds?.earlier_email === true || startsThread(steps) },
      }),

      async write({ sequence_id, steps }, { last, step_ids: before }, send) {
        const made = [];
        for (const [index, step] of steps.entries()) {
          const place = { sequenceId: sequence_id, position: last + 1 + index, before, index };
          const { template } = step;
          const id = await (template ? createMessage(place, step, template, send) : createStep(place, step, send));
          made.push({ id });
        }
        return { steps: made };
      },
    }),

    create_sequence: createSequence({
      credentials: ['api_key', 'access_token'],
      sequence: SEQUENCE_FACTS,
      steps: {
        ...STEP_FACTS,
        fields: {
          ...STEP_FACTS.fields,
          'template.id': none('A sequence is created with its texts: Apollo takes no template ids there.'),
        },
      },
      look: ({ sequence }) =>
        Promise.resolve({ known: undefined, holds: { exact_times: goesByExactTimes(sequence.custom_fields) } }),
      write: (plan, _known, send) => postSequence(plan, send),
    }),

    update_sequence: updateSequence({
      // Reading the whole list first is not documented: an OAuth token does not reach it.
      credentials: ['api_key'],
      sequence: {
        ...SEQUENCE_FACTS,
        type: native({ at: 'emailer_campaign.sharing_permission', words: VISIBILITY }),
        owner_id: native({
          at: 'emailer_campaign.user_id',
          matches: { ...hex24, says: `the id of a user, ${hex24.says},` },
        }),
      },
      look: lookAtSequence,
      write: putSequence,
      still: isSequenceAsKnown,
    }),

    update_step: updateStep({
      credentials: ['api_key'],
      ...STEP_FACTS,
      template_updates: ['in_place'],
      look: lookAtStep,
      write: writeStepChange,
      still: isAsKnown,
    }),

    list_sequences: listSequences({
      credentials: ['api_key', 'access_token'],
      max_page_size: 100,
      cursor: PAGE,
      filters: {
        ids: none('Apollo searches sequences by name only.'),
        name: native({ at: 'q_name' }),
        modified_after: none('Apollo sequences carry no time of change.'),
      },
      async list({ size, cursor, name }, read) {
        const page = Number(cursor ?? 1);
        const { emailer_campaigns, pagination } = await read.search(['emailer_campaigns', 'search'], {
          query: { page, per_page: size, ...(name === undefined ? {} : { q_name: name }) },
          body: {},
          response: searchedAnswer,
        });
        return {
          records: emailer_campaigns.map(toSequence),
          next: page < pagination.total_pages ? String(page + 1) : undefined,
          previous: page > 1 ? String(page - 1) : undefined,
          total_count: pagination.total_entries ?? undefined,
        };
      },
    }),

    get_sequence: getSequence({
      // Reading one sequence is not documented: an OAuth token does not reach it.
      credentials: ['api_key'],
      types: {
        auto_email: 'auto_email',
        manual_email: 'manual_email',
        call: 'call',
        action_item: 'task',
        linkedin_step_message: 'linkedin_send_message',
        // The word that an archived unified API documented for Apollo; read alike.
        linkedin_send_message: 'linkedin_send_message',
        linkedin_step_connect: 'linkedin_send_connection_request',
        linkedin_step_view_profile: 'linkedin_view_profile',
        linkedin_step_interact_post: 'linkedin_interact_with_post',
      },
      get: (id, _options, read) => readSequence(id, read),
    }),

    activate_sequence: action({
      credentials: ['api_key', 'access_token'],
      look: () => Promise.resolve({}),
      write: ({ sequence_id }, send) => switchCampaign(sequence_id, 'approve', /already active/i, send),
    }),
    deactivate_sequence: action({
      credentials: ['api_key', 'access_token'],
      look: () => Promise.resolve({}),
      write: ({ sequence_id }, send) => switchCampaign(sequence_id, 'abort', /already inactive/i, send),
    }),
    delete_sequence: none(
      'Apollo sequences cannot be deleted through the API; archiving is something else, and finishes everybody in them.',
    ),
    delete_step: action({
      credentials: ['api_key'],
      async look({ sequence_id, step_id = '' }, read) {
        const campaign = await read.get(['emailer_campaigns', sequence_id], { response: campaignAnswer });
        const refusal = refusalToDelete(step_id, campaign);
        return refusal ? { refusal } : {};
      },
      async write({ step_id = '' }, send) {
        await send.delete(['emailer_steps', step_id], {
          response: doneAnswer,
          sample: {},
          if_unknown: 'repeat',
          changes: { kind: 'emailer_step', id: step_id },
        });
      },
    }),

    list_templates: none('It is not known that Apollo lists templates; they are read with the sequence that has them.'),
  },
});
