import type { World } from '#sandbox';

/** What is not known of Salesloft, or told in two ways. The first value is the default. */
export const worlds = {
  /** The OpenAPI description says 200; a public import script waits for 201. */
  import_status: ['200', '201'],
  /** How soon a new step shows in `GET /v2/steps` is not documented. */
  steps_visible_after: ['0s', '2s'],
  /** The reference says integer; a public extractor (tap-salesloft) met strings as well. */
  step_number_as: ['int', 'string'],
  /** `sharing_settings.shared: must be true or false` is reported; if the key is one string or two levels is not. */
  validation_errors: ['flat', 'nested'],
  /** That a cadence with steps is refused is documented, the body of the refusal is not. */
  not_empty_error: ['errors', 'error'],
  /**
   * Only `{{My.first_name}}` (passes) and `{{my_first_name}}` (refused) are reported with an outcome. The same
   * practitioner's guide lists `{{first_name}}` and five more tags of the recipient as valid.
   */
  person_tags: ['refused', 'accepted'],
  /**
   * Whether an import keeps a group of several steps together. "Seems to create a group for every step anyways":
   * https://github.com/supaglue-labs/supaglue (`salesloft/mappers.ts`); a practitioner met them as A/B variants.
   */
  export_groups: ['per_step', 'as_imported'],
  /**
   * Whether an export holds only the keys that somebody has set. A public script that turns exports into imports takes
   * `time_of_day` and `timezone_mode` out of delayed groups, and `delay_time` out of timed ones.
   */
  export_keys: ['set', 'every'],
  /** A step names its details by id; practitioners ask for them by the id of the step, and get them. */
  details_id: ['step_id', 'own'],
  /**
   * Details are documented for calls alone, two practitioners read `action_details/email_details` too.
   * https://developers.salesloft.com/docs/platform/api-basics/retrieving-actions-cadences-steps
   */
  email_details: ['missing', 'served'],
  /** `cadence_owner` is a user's email address; what becomes of an address that is nobody's is not documented. */
  cadence_owner: ['accepted', 'fails'],
  /** Only an admin can create a team cadence; how anybody else is refused is not documented. */
  team_cadence: ['accepted', 'fails'],
  /** Nobody has reported to have changed the template that belongs to a step of a cadence. */
  cadence_template_put: ['applies', 'fails'],
  /** The body of a 429 is not documented; `error` is the envelope of the other refusals. */
  throttled_body: ['error', 'empty'],
  /** A refresh revokes every older refresh token; whether it ends the access token before it is not documented. */
  old_access_token: ['refused', 'accepted'],
} as const;

export type SalesloftWorld = World<typeof worlds>;
