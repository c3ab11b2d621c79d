import type { Refusals } from '#sandbox';
import { deadToken, unknownKey } from './door.ts';
import type { Meter, Window } from './rate.ts';
import { alreadyProcessing } from './replies.ts';
import type { Reply } from './replies.ts';

/**
 * What Apollo is known to say to a call that would otherwise have been in order.
 *
 * - A 500 is documented for two other operations, as `{error}`; the wording is the sandbox's own.
 * - API keys do not expire: `expired_token` and `revoked_token` are the same 401, by the kind of credential.
 * - `paying_teams` was matched in the text of a 429 in 2023; the current documents give a 403 for it.
 *   https://github.com/supaglue-labs/supaglue (packages/core/lib/apollo_ratelimit.ts)
 */
export function refusalsOf(meter: Meter): Refusals {
  const spent =
    (window: Window): Refusals[string] =>
    ({ path }) => {
      const { headers, refusal } = meter.refuse(path, window);
      return { ...refusal, headers };
    };
  const unauthorized: Refusals[string] = ({ header }) =>
    asSent(header('authorization') === undefined ? unknownKey() : deadToken());
  return {
    rate_limited: spent('minute'),
    rate_limited_hour: spent('hour'),
    rate_limited_day: spent('day'),
    concurrent_write: () => asSent(alreadyProcessing()),
    paying_teams: () => ({ status: 429, body: 'This endpoint is only available to paying teams' }),
    server_error: () => ({ status: 500, body: { error: 'Internal Server Error' } }),
    expired_token: unauthorized,
    revoked_token: unauthorized,
  };
}

function asSent({ status, body }: Reply) {
  return { status, body };
}
