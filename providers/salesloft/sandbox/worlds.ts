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
} as const;

export type SalesloftWorld = World<typeof worlds>;
