import type { World, Worlds } from '#sandbox';

/**
 * What is not known of Outreach, or is told in two ways. The first value is the default.
 *
 * - `link_enabled`: whether a new sequenceTemplate starts enabled, and whether the answer says so. Not documented.
 *   `absent`: the answer leaves the key out and the link is off.
 * - `renumber`: whether a step that is created at or moved to a taken `order` pushes its siblings on. Not documented.
 * - `retry_after`: `Retry-After` is documented as an alias of `X-RateLimit-Reset`, and as an ISO 8601 timestamp only
 *   for maintenance. https://developers.outreach.io/api/getting-started#rate-limiting
 * - `content_type`: the documents ask for the JSON:API media type on all requests, integrators report 415 for bodies.
 *   https://developers.outreach.io/api/making-requests#content-negotiation
 * - `last_link`: whether `links.next` of the last page (and `links.prev` of the first) is left out or null. Integrators
 *   read both.
 * - `include`: including related resources is documented with a path of two, `include=account.owner`, but nobody shows
 *   the answer to `sequenceTemplates.template`. `ignored`: paths of more than one are left out of `included`, and
 *   without another one the answer has none. https://developers.outreach.io/api/making-requests
 * - `share_default`: the `shareType` of a sequence created without one. supaglue reads such a one back as its team's,
 *   which is either. https://github.com/supaglue-labs/supaglue (sequence.integration.test.ts)
 * - `repeated_action`: whether switching on what is on already (or off what is off) is a 200 that changes nothing or a
 *   422. Not documented; the reference has both statuses.
 * - `old_refresh_token`: whether a refresh makes the refresh token before it invalid. One report says so
 *   (https://github.com/PostHog/posthog/pull/78866); the documents only allow 100 live ones for a user and application.
 * - `old_access_token`: whether a refresh ends the access token before it. Not documented.
 */
export const worlds = {
  link_enabled: ['off', 'on', 'absent'],
  renumber: ['keep', 'shift'],
  retry_after: ['seconds', 'iso8601'],
  content_type: ['bodies', 'every_request'],
  last_link: ['absent', 'null'],
  include: ['works', 'ignored'],
  share_default: ['shared', 'read_only'],
  repeated_action: ['ok', 'refused'],
  old_refresh_token: ['refused', 'accepted'],
  old_access_token: ['refused', 'accepted'],
} as const satisfies Worlds;

export type OutreachWorld = World<typeof worlds>;
