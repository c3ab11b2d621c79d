import type { World, Worlds } from '#sandbox';

/**
 * What is not known of Zendesk Sell, or is told in two ways. The first value is the default.
 *
 * - `by_id`: the reference has only the list, with `ids`. That `GET /v2/sequences/{id}` answers `{data, meta}` is known
 *   from other people's code alone.
 * - `next_page`: the page about sequences shows no link but `self`. Integrations read `next_page` for other resources
 *   (https://github.com/airbytehq/airbyte/pull/17888); the official Ruby client asks until a page is empty.
 * - `link_scheme`: `http` in the example of the reference, `https` in what integrations have recorded.
 * - `throttled_as`: 429 is documented; since July 2021 clients have seen a 404 for `/429.json`.
 *   https://github.com/zendesk/basecrm-ruby/issues/81
 * - `unknown_path`: the code `not_found` was seen for a path outside `/v2` on 2026-08-13; `incorrect_path` is documented
 *   beside it.
 * - `unknown_params`: not documented.
 * - `name_match`: a substring; whether its case counts is not documented.
 * - `step_items`: each step has a `position`; that the steps are listed by it is nowhere promised.
 * - `refresh_token`: that it does not expire is reported; whether a refresh answers with another one (and ends the one
 *   before), with the same, or with none is not known.
 * - `old_access_token`: whether a refresh ends the access token before it. Not known.
 */
export const worlds = {
  by_id: ['missing', 'present'],
  next_page: ['present', 'absent'],
  link_scheme: ['http', 'https'],
  throttled_as: ['429', '404'],
  unknown_path: ['not_found', 'incorrect_path'],
  unknown_params: ['refused', 'ignored'],
  name_match: ['case_sensitive', 'case_insensitive'],
  step_items: ['by_position', 'reversed'],
  refresh_token: ['rotates', 'same', 'left_out'],
  old_access_token: ['refused', 'accepted'],
} as const satisfies Worlds;

export type ZendeskSellWorld = World<typeof worlds>;
