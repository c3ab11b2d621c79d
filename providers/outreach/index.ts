/** Outreach API v2: facts first, then what is done with them. Sources and dates are in README.md beside this file. */
import { z } from 'zod';
import {
  action,
  createSequence,
  createSteps,
  defineProvider,
  getSequence,
  listSequences,
  listTemplates,
  native,
  none,
  positiveInteger,
  type Query,
  type Read,
  type Send,
  updateSequence,
  updateStep,
} from '#provider';
import { BUDGET } from './budget.ts';
import { createStep, createTemplate, given, linkTemplate, patchSequence, postSequence } from './calls.ts';
import { writeChange } from './change.ts';
import { readOutreachError } from './errors.ts';
import { SEQUENCE_FACTS, STEP_FACTS, type Step } from './facts.ts';
import { listAnswer, readSequence, oneAnswer, toSequence, toTemplate } from './read.ts';
import type { Resource } from './resource.ts';
import { switched } from './settle.ts';
import { templateRefusals } from './templates.ts';
import { isAsKnown, lookAtStep } from './step-now.ts';
import { enabledAnswer, placeOf, sequenceAnswer, switchedAnswer } from './responses.ts';
import { ofTemplate } from './unmodelled.ts';

const NO_THREAD = 'No email comes before this step in the new sequence, so there is no thread to reply in.';
// https://developers.outreach.io/api/making-requests (filtering): a list, a range; by a summary of it, whether there is a value.
const NOT_A_NAME = {
  holds: [',', '..', '__null__', '__notnull__'],
  because: 'Outreach reads a comma, two dots, `__null__` and `__notnull__` in a filter as more than a name.',
};
const PLACE = /^(after|before):(.{1,1000})$/;

export default defineProvider({
  title: 'Outreach',
  base_url: 'https://api.outreach.io/api/v2',
  documentation: 'https://developers.outreach.io/api/',
  id: positiveInteger,
  credentials: {
    access_token: { header: 'authorization', scheme: 'Bearer', how: 'An OAuth access token; it lasts 2 hours.' },
  },
  oauth: {
    authorize_url: 'https://api.outreach.io/oauth/authorize',
    token_url: 'https://api.outreach.io/oauth/token',
    // Not additive: `write` alone cannot read.
    scopes: ['sequences.all', 'sequenceSteps.all', 'sequenceTemplates.all', 'templates.all'],
    pkce: false,
    refresh_token: 'rotates',
    dead_grant: 'any_400',
    access_seconds: 7_200,
    idle_days: 14,
    mint_seconds: 60,
  },
  // A plain application/json is refused with 415; whether calls without a body need the media type is not said alike everywhere.
  headers: { 'content-type': 'application/vnd.api+json', accept: 'application/vnd.api+json' },
  turn: 'sequence',
  budget: BUDGET,
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
      batch: 'in_order',
      ...STEP_FACTS,

      async look({ sequence_id, steps }, read) {
        const dated = steps.some(({ date }) => date !== undefined);
        const sequence = dated ? await read.get(['sequences', sequence_id], { response: sequenceAnswer }) : undefined;
        const refusals = await templateRefusals(steps, read);
        if (!sequence) return { known: undefined, refusals };
        return { known: undefined, holds: { date_based: sequence.data.attributes.sequenceType === 'date' }, refusals };
      },

      write: ({ sequence_id, steps }, _known, send) => writeSteps(Number(sequence_id), steps, send),
    }),

    create_sequence: createSequence({
      credentials: ['access_token'],
      sequence: SEQUENCE_FACTS,
      steps: { ...STEP_FACTS, preconditions: { ...STEP_FACTS.preconditions, earlier_email: NO_THREAD } },
      look: async ({ steps }, read) => ({ known: undefined, refusals: await templateRefusals(steps, read) }),
      async write(plan, _known, send) {
        const { id } = await postSequence(plan.sequence, plan.by_date, send);
        const ordered = plan.steps.map((step, index) => ({ ...step, order: index + 1 }));
        return { id, ...(await writeSteps(id, ordered, send)) };
      },
    }),

    update_sequence: updateSequence({
      credentials: ['access_token'],
      sequence: SEQUENCE_FACTS,
      look: () => Promise.resolve({ known: undefined }),
      async write(sequenceId, change, _known, send) {
        await patchSequence(Number(sequenceId), change, send);
        return {};
      },
    }),

    update_step: updateStep({
      credentials: ['access_token'],
      ...STEP_FACTS,
      template_updates: ['replace', 'in_place'],
      look: lookAtStep,
      write: writeChange,
      still: isAsKnown,
    }),

    list_sequences: listSequences({
      credentials: ['access_token'],
      max_page_size: 1000,
      cursor: PLACE,
      filters: {
        ids: native({ at: 'filter[id]' }),
        name: { ...native({ at: 'filter[name]' }), unless: NOT_A_NAME },
        modified_after: native({ at: 'filter[updatedAt]' }),
      },
      async list({ size, cursor, ids, name, modified_after: after, raw }, read) {
        const filters = given({
          'filter[id]': ids?.join(','),
          'filter[name]': name,
          'filter[updatedAt]': after === undefined ? undefined : `${after}..inf`,
          provideAuthorizationMeta: raw ? true : undefined,
        });
        const query = { 'page[size]': size, ...filters, ...placeQuery(cursor) };
        const { data, links } = await read.get(['sequences'], { query, response: listAnswer });
        return {
          records: data.map(toSequence),
          next: placeOf(links?.next, 'after'),
          previous: placeOf(links?.prev, 'before'),
        };
      },
    }),

    get_sequence: getSequence({
      credentials: ['access_token'],
      types: {
        auto_email: 'auto_email',
        manual_email: 'manual_email',
        call: 'call',
        task: 'task',
        linkedin_send_message: 'linkedin_send_message',
        linkedin_send_connection_request: 'linkedin_send_connection_request',
        linkedin_view_profile: 'linkedin_view_profile',
        linkedin_interact_with_post: 'linkedin_interact_with_post',
      },
      get: (id, { raw }, read) => readSequence(id, raw, read),
    }),

    activate_sequence: action(switchSequence(true)),
    deactivate_sequence: action(switchSequence(false)),
    delete_sequence: action({
      credentials: ['access_token'],
      look: () => Promise.resolve({}),
      async write({ sequence_id }, send) {
        await send.delete(['sequences', sequence_id], {
          // A deletion is answered with nothing at all.
          response: z.undefined(),
          sample: undefined,
          if_unknown: 'repeat',
          changes: { kind: 'sequence', id: sequence_id },
        });
      },
    }),
    delete_step: none('Outreach steps cannot be deleted through the API.'),

    list_templates: listTemplates({
      credentials: ['access_token'],
      max_page_size: 1000,
      cursor: PLACE,
      async list({ size, cursor }, read) {
        const query = { 'page[size]': size, ...placeQuery(cursor) };
        const { data, links } = await read.get(['templates'], { query, response: listAnswer });
        return {
          records: data.map(templateReading),
          next: placeOf(links?.next, 'after'),
          previous: placeOf(links?.prev, 'before'),
        };
      },
      async get(id, read) {
        const { data } = await read.get(['templates', id], { response: oneAnswer });
        return templateReading(data);
      },
    }),
  },
});

function templateReading(template: Resource) {
  return { id: template.id, ...toTemplate(template), unmodelled: ofTemplate(template), raw: template };
}

/** An action on a sequence, sent only where it changes something. */
function switchSequence(on: boolean) {
  return {
    credentials: ['access_token'] as const,
    look: async ({ sequence_id }: { readonly sequence_id: string }, read: Read) => {
      const { data } = await read.get(['sequences', sequence_id], { response: enabledAnswer });
      return { done: data.attributes.enabled === on };
    },
    write: async ({ sequence_id }: { readonly sequence_id: string }, send: Send) => {
      const path = ['sequences', sequence_id, 'actions', on ? 'activate' : 'deactivate'];
      await send.post(path, {
        response: switchedAnswer(on),
        sample: { data: {} },
        if_unknown: switched('sequences', sequence_id, on, { data: {} }),
      });
    },
  };
}

/** Serially, in order: positions follow from the order of the calls. */
async function writeSteps(sequenceId: number, steps: readonly Step[], send: Send) {
  const made = [];
  for (const [index, step] of steps.entries()) {
    const templateId = step.template && (await createTemplate(step.template, index, send));
    const { data } = await createStep(sequenceId, step, index, send);
    const { id, attributes } = data;
    const interval = step.custom_fields['interval'] === undefined ? attributes?.interval : undefined;
    made.push({ id, stored: { interval_seconds: interval } });
    if (templateId === undefined) continue;
    await linkTemplate(id, { template: templateId, index, isReply: step.is_reply }, send);
  }
  return { steps: made };
}

function placeQuery(cursor: string | undefined): Query {
  const [, direction, token] = cursor?.match(PLACE) ?? [];
  return direction === undefined || token === undefined ? {} : { [`page[${direction}]`]: token };
}
