/** Zendesk Sell API v2: facts first, then what is done with them. Sources and dates are in README.md beside this file. */
import { defineProvider, getSequence, listSequences, native, none, positiveInteger } from '#provider';
import { BUDGET } from './budget.ts';
import { readSellError } from './errors.ts';
import { listAnswer, toSequence } from './read.ts';

const READ_ONLY =
  'Zendesk Sell sequences are read only through its API; an administrator manages them in the web settings.';
const PAGE = /^[1-9]\d{0,8}$/;

export default defineProvider({
  title: 'Zendesk Sell',
  base_url: 'https://api.getbase.com/v2',
  documentation: 'https://developer.zendesk.com/api-reference/sales-crm/resources/sequences',
  id: positiveInteger,
  credentials: {
    access_token: {
      header: 'authorization',
      scheme: 'Bearer',
      how: 'A personal access token from the settings of Sell, or an OAuth access token; 64 characters.',
    },
  },
  oauth: {
    authorize_url: 'https://api.getbase.com/oauth2/authorize',
    token_url: 'https://api.getbase.com/oauth2/token',
    scopes: ['read'],
    pkce: false,
    // Whether a refresh revokes the pair before it is not said; what may be lost is treated as lost.
    refresh_token: 'rotates',
    dead_grant: 'invalid_grant',
    access_seconds: 3_600,
  },
  headers: { 'content-type': 'application/json', accept: 'application/json' },
  turn: 'sequence',
  budget: BUDGET,
  template_variables: [],
  notes: [
    'Sequences exist only with the Reach add-on.',
    'Delays in weekdays are read as nominal seconds, 86400 each; `native_interval` keeps the unit.',
    'Zendesk retires Sell on 2027-08-31.',
  ],
  readError: readSellError,
  can: {
    list_sequences: listSequences({
      credentials: ['access_token'],
      max_page_size: 100,
      cursor: PAGE,
      filters: {
        ids: native({ at: 'ids' }),
        name: native({ at: 'name' }),
        modified_after: none('Zendesk Sell lists have no filter for the time of change.'),
      },
      async list({ size, cursor, ids, name }, read) {
        const page = Number(cursor ?? 1);
        const query = {
          page,
          per_page: size,
          ...(ids === undefined ? {} : { ids: ids.join(',') }),
          ...(name === undefined ? {} : { name }),
        };
        const { items, meta } = await read.get(['sequences'], { query, response: listAnswer });
        // The documentation of sequences shows no next_page; a full page may have another one after it.
        const more = meta.links?.next_page ? true : items.length === size;
        return {
          records: items
            .map(({ data }) => ({ ...toSequence(data), steps: undefined }))
            .map(({ steps: _, ...sequence }) => sequence),
          next: more ? String(page + 1) : undefined,
          previous: page > 1 ? String(page - 1) : undefined,
        };
      },
    }),

    get_sequence: getSequence({
      credentials: ['access_token'],
      types: { automated_email: 'auto_email', task: 'task' },
      // Only the filter is documented for reading one.
      async get(id, _options, read) {
        const { items } = await read.get(['sequences'], { query: { ids: id }, response: listAnswer });
        const found = items.find(({ data }) => String(data.id) === id);
        return found && toSequence(found.data);
      },
    }),

    create_sequence: none(READ_ONLY),
    create_steps: none(READ_ONLY),
    update_sequence: none(READ_ONLY),
    update_step: none(READ_ONLY),
    activate_sequence: none(READ_ONLY),
    deactivate_sequence: none(READ_ONLY),
    delete_sequence: none(READ_ONLY),
    delete_step: none(READ_ONLY),
    list_templates: none('It is not known that Zendesk Sell lets templates be read through its API.'),
  },
});
