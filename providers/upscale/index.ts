/** Upscale API v2: facts first, then what is done with them. Sources and dates are in README.md beside this file. */
import { defineProvider, form, getSequence, listSequences, none } from '#provider';
import { readUpscaleError } from './errors.ts';
import { ID, listAnswer, toSequence } from './read.ts';

const PRESETS = 'Upscale sequences are its own presets: there is nothing of a user to write.';
const NO_FILTER = "Upscale lists all of its presets; its filters are parts of the presets' ids.";

export default defineProvider({
  title: 'Upscale',
  base_url: 'https://app.upscaleoutreach.com/api/v2',
  documentation: 'https://www.upscaleoutreach.com/api-docs/get-sequences',
  id: form(ID, 'length, objective, cadence and market joined by _, such as medium_meeting_normal_false'),
  credentials: { api_key: { header: 'api-key', how: 'An API key from the account settings of Upscale.' } },
  oauth: none('Upscale documents no OAuth; an API key is made in its account settings.'),
  headers: { accept: 'application/json', 'content-type': 'application/json' },
  turn: 'sequence',
  budget: none('Upscale documents no rate limit; it counts credits.'),
  template_variables: [],
  notes: [
    'Steps have no ids; a step is `{sequence_id}:{n}`.',
    'Upscale says how long to wait after a step; the gateway gives that to the next one.',
    'Whether /api/v2 belongs into the path is not documented alike everywhere: the base URL is a setting.',
  ],
  readError: readUpscaleError,
  can: {
    list_sequences: listSequences({
      credentials: ['api_key'],
      max_page_size: 100,
      cursor: /^[1-9]\d{0,3}$/,
      filters: { ids: none(NO_FILTER), name: none(NO_FILTER), modified_after: none('Upscale presets carry no times.') },
      // Any parameter filters by all four dimensions, the missing ones by their defaults: a list sends none.
      async list({ size, cursor }, read) {
        const { sequences } = await read.get(['sequences', 'get_sequences'], { response: listAnswer });
        const page = Number(cursor ?? 1);
        const from = (page - 1) * size;
        return {
          records: sequences.slice(from, from + size).map((sequence) => {
            const { steps, ...reading } = toSequence(sequence);
            return { ...reading, num_steps: steps?.length };
          }),
          next: from + size < sequences.length ? String(page + 1) : undefined,
          previous: page > 1 ? String(page - 1) : undefined,
          total_count: sequences.length,
        };
      },
    }),

    get_sequence: getSequence({
      credentials: ['api_key'],
      types: {
        connection_request: 'linkedin_send_connection_request',
        share_material: 'linkedin_send_message',
        stage_ambition: 'linkedin_send_message',
        hiring_activity: 'linkedin_send_message',
        first_follow_up: 'linkedin_send_message',
      },
      isStepId: (id) => ID.test(id.replace(/:[1-9]\d?$/, '')) && id.includes(':'),
      // There is no route for one: the id is the four filters.
      async get(id, _options, read) {
        const [, sequence_length = '', campaign_objective = '', cadence_profile = '', saturated_markets = ''] =
          ID.exec(id) ?? [];
        const query = { sequence_length, campaign_objective, cadence_profile, saturated_markets };
        const { sequences } = await read.get(['sequences', 'get_sequences'], { query, response: listAnswer });
        const found = sequences.find((sequence) => sequence.id === id);
        return found && toSequence(found);
      },
    }),

    create_sequence: none(PRESETS),
    create_steps: none(PRESETS),
    update_sequence: none(PRESETS),
    update_step: none(PRESETS),
    activate_sequence: none(PRESETS),
    deactivate_sequence: none(PRESETS),
    delete_sequence: none(PRESETS),
    delete_step: none(PRESETS),
    list_templates: none('Upscale writes its messages when they are asked for; there are no templates.'),
  },
});
