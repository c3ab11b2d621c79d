/** The gateway as a client of the providers' authorisation servers. */
import type { OAuthClient } from '../model/oauth.ts';
import { ConfigError, type Environment } from './settings.ts';

const OAUTH_PREFIX = 'STEPGATE_OAUTH_';
export const OAUTH_ORIGIN_PREFIX = 'STEPGATE_OAUTH_BASE_URL_';

/** @throws {ConfigError} where one of these providers, which have no OAuth, is set up for it. */
export function refuseOAuthOf(env: Environment, providers: readonly string[]): void {
  for (const variable of Object.keys(env)) {
    const name = providers.find((each) =>
      [OAUTH_PREFIX, OAUTH_ORIGIN_PREFIX].some(
        (prefix) =>
          variable.startsWith(`${prefix}${each.toUpperCase()}_`) || variable === `${prefix}${each.toUpperCase()}`,
      ),
    );
    if (name !== undefined)
      throw new ConfigError(
        `${variable} has no effect: ${name} has no OAuth. Take it out; its accounts are connected with the credentials that its README names.`,
      );
  }
}

/** Both settings of a provider or none; neither is ever printed. */
export function readOAuthClients(env: Environment, providers: readonly string[]): ReadonlyMap<string, OAuthClient> {
  const pairs = providers.map((name) => {
    const variable = `${OAUTH_PREFIX}${name.toUpperCase()}_CLIENT_`;
    return { name, id: `${variable}ID`, secret: `${variable}SECRET` };
  });
  const known = new Set(pairs.flatMap(({ id, secret }) => [id, secret]));
  const strange = Object.keys(env).find(
    (variable) =>
      variable.startsWith(OAUTH_PREFIX) && !variable.startsWith(OAUTH_ORIGIN_PREFIX) && !known.has(variable),
  );
  if (strange !== undefined)
    throw new ConfigError(`${strange} is no setting of a provider. Known: ${[...known].join(', ')}.`);
  return new Map(
    pairs.flatMap(({ name, id, secret }): [string, OAuthClient][] => {
      const [client_id = '', client_secret = ''] = [env[id], env[secret]];
      if (client_id === '' && client_secret === '') return [];
      for (const [variable, value] of [
        [id, client_id],
        [secret, client_secret],
      ] as const) {
        if (value === '')
          throw new ConfigError(`${variable} is missing: ${id} and ${secret} are set together or not at all.`);
        if (!/^[\x21-\x7e]{1,512}$/.test(value))
          throw new ConfigError(`${variable} must be 1 to 512 printable characters without spaces.`);
      }
      return [[name, { client_id, client_secret }]];
    }),
  );
}
