/** Salesloft API v2: facts first, then what is done with them. Sources and dates are in README.md beside this file. */
import {
  createSequence,
  createSteps,
  defineProvider,
  form,
  getSequence,
  listSequences,
  listTemplates,
  native,
  none,
  positiveInteger,
} from '#provider';
import { BUDGET } from './budget.ts';
import { readSalesloftError } from './errors.ts';
import { STEP_FACTS } from './facts.ts';
import { readTemplates } from './inline.ts';
import { findAll, importCadence, isOurs, settingsOf } from './import.ts';
import { cadencesAnswer, readCadence, toSequence } from './read.ts';
import { stepCountAnswer, stepsAnswer, templateAnswer, templatesAnswer, toTemplate } from './responses.ts';

const NOT_BY_API = 'A Salesloft cadence is switched, changed and deleted in Salesloft; its API has no way to.';
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
  oauth: {
    authorize_url: 'https://accounts.salesloft.com/oauth/authorize',
    token_url: 'https://accounts.salesloft.com/oauth/token',
    // The documented URL has no scope: the application's own count.
    scopes: [],
    pkce: false,
    repeats: ['context', 'scope'],
    refresh_token: 'rotates',
    dead_grant: 'any_400',
    access_seconds: 7_200,
  },
  headers: { 'content-type': 'application/json', accept: 'application/json' },
  turn: 'sequence',
  budget: BUDGET,
  template_variables: ['My.first_name'],
  notes: [
    'Steps are added by API only to a cadence that has none; the answer to an import names the cadence, so the id of the step is read back.',
    'Whether an email is automatic is a property of its step group, not a step type.',
    'A reply goes to the email before it in the same batch or new cadence; a step that is added alone has none before it.',
    'A new cadence removes people who reply or bounce, as its editor does (`remove_replied`, `remove_bounced`); `custom_fields` can say otherwise.',
    'Salesloft refuses template tags that it does not know.',
  ],
  readError: readSalesloftError,
  can: {
    update_sequence: none('A Salesloft cadence cannot be changed through the public API: it is imported whole.'),
    update_step: none('A Salesloft cadence cannot be changed through the public API: it is imported whole.'),
    create_steps: createSteps({
      credentials: ['api_key', 'access_token'],
      batch: 'one_call',
      ...STEP_FACTS,

      async look({ sequence_id, steps }, read) {
        const { metadata } = await read.get(['steps'], {
          query: { cadence_id: sequence_id, per_page: 1, include_paging_counts: true },
          response: stepCountAnswer,
        });
        const empty = metadata.paging.total_count === 0;
        const { known, refusals } = await readTemplates(empty ? steps : [], read);
        return { known, holds: { sequence_empty: empty }, refusals };
      },

      async write({ sequence_id, steps }, { templates }, send) {
        await importCadence({ cadence_content: { cadence_id: Number(sequence_id) } }, steps, templates, send);
        return { steps: steps.map(() => ({})) };
      },

      /** The cadence was empty: whatever is there now came with the import. Told apart by type, day and name. */
      async find({ sequence_id, steps }, _known, read) {
        if (steps.length > 1) {
          const ids = await findAll(steps, sequence_id, read);
          return { steps: steps.map((_, index) => (ids?.[index] === undefined ? [] : [ids[index]])) };
        }
        const { data } = await read.get(['steps'], { query: { cadence_id: sequence_id }, response: stepsAnswer });
        return {
          steps: steps.map((step, index) => data.filter((native) => isOurs(native, step, index)).map(({ id }) => id)),
        };
      },
    }),

    create_sequence: createSequence({
      credentials: ['api_key', 'access_token'],
      needs_steps: 'Salesloft creates a cadence only together with its steps.',
      sequence: {
        name: native({ at: 'settings.name' }),
        tags: native({ at: 'settings.tags', matches: form(/^[^,]+$/, 'tags without a comma') }),
        type: native({ at: 'sharing_settings.shared', words: { team: true, private: false } }),
        owner_id: native({
          at: 'settings.cadence_owner',
          read_back: { because: 'Salesloft takes the owner by email address and shows an id.' },
          matches: form(/^[^@\s]+@[^@\s]+$/, "the owner's email address"),
        }),
        custom_fields: native({ at: 'settings', refuses: ['cadence_owner', 'id', 'cadence_id', 'current_state'] }),
      },
      steps: STEP_FACTS,
      look: ({ steps }, read) => readTemplates(steps, read),
      write: async ({ sequence, steps }, { templates }, send) => ({
        id: await importCadence(settingsOf(sequence), steps, templates, send),
        steps: [],
      }),
      find: (plan, cadenceId, read) => findAll(plan.steps, cadenceId, read),
    }),

    list_sequences: listSequences({
      credentials: ['api_key', 'access_token'],
      max_page_size: 100,
      cursor: PAGE,
      filters: {
        ids: native({ at: 'ids[]' }),
        name: native({ at: 'name[]' }),
        modified_after: native({ at: 'updated_at[gt]' }),
      },
      async list({ size, cursor, ids, name, modified_after: after }, read) {
        const query = {
          page: cursor ?? '1',
          per_page: size,
          ...(ids === undefined ? {} : { 'ids[]': ids }),
          ...(name === undefined ? {} : { 'name[]': [name] }),
          ...(after === undefined ? {} : { 'updated_at[gt]': after }),
        };
        const { data, metadata } = await read.get(['cadences'], { query, response: cadencesAnswer });
        return { records: data.map(toSequence), ...places(metadata.paging) };
      },
    }),

    get_sequence: getSequence({
      credentials: ['api_key', 'access_token'],
      types: { 'Email (automated)': 'auto_email', Email: 'manual_email', Phone: 'call', Other: 'task' },
      get: (id, _options, read) => readCadence(id, read),
    }),

    activate_sequence: none(NOT_BY_API),
    deactivate_sequence: none(NOT_BY_API),
    delete_sequence: none(NOT_BY_API),
    delete_step: none(NOT_BY_API),

    list_templates: listTemplates({
      credentials: ['api_key', 'access_token'],
      max_page_size: 100,
      cursor: PAGE,
      async list({ size, cursor }, read) {
        const query = { page: cursor ?? '1', per_page: size };
        const { data, metadata } = await read.get(['email_templates'], { query, response: templatesAnswer });
        return { records: data.map(toTemplate), ...places(metadata.paging) };
      },
      get: async (id, read) => toTemplate((await read.get(['email_templates', id], { response: templateAnswer })).data),
    }),
  },
});

function places({
  next_page: next,
  prev_page: previous,
}: {
  next_page?: number | null | undefined;
  prev_page?: number | null | undefined;
}) {
  return { next: next?.toString(), previous: previous?.toString() };
}
