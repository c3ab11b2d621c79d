/** Where each provider and its authorisation server are reached, with a pool of sockets each, so that none waits for another. */
import type { NamedProvider } from '../model/declaration.ts';
import { openExchange, type Exchange, type ExchangeLimits } from './exchange.ts';
import { baseOf } from './path.ts';
import { tokenLimits } from './token-endpoint.ts';
import type { Destination } from './upstream.ts';
import type { Watch } from './watch.ts';

export interface Destinations {
  readonly of: (provider: NamedProvider) => Destination;
  /** To its authorisation server. */
  readonly tokens: (provider: NamedProvider) => Exchange;
  /** Resolves when no socket is left. */
  close(): Promise<void>;
}

export interface DestinationOptions {
  readonly providers: Iterable<NamedProvider>;
  /** By provider, where it is not reached at its own base URL. */
  readonly baseUrls: ReadonlyMap<string, string>;
  readonly user_agent: string;
  readonly limits: ExchangeLimits;
  readonly allowPrivate: boolean;
  /** For whoever counts the calls of a provider. */
  readonly watch: (provider: string) => Watch;
}

export function openDestinations(options: DestinationOptions): Destinations {
  const { baseUrls, user_agent, limits, allowPrivate, watch } = options;
  const providers = [...options.providers];
  const tokens = new Map(
    providers.map(({ name }) => [name, openExchange(tokenLimits(limits), { allowPrivate })] as const),
  );
  const destinations = new Map(
    providers.map(({ name, base_url, headers }): [string, Destination] => [
      name,
      {
        base: baseOf(baseUrls.get(name) ?? base_url),
        headers: { ...headers, 'user-agent': user_agent },
        exchange: openExchange(limits, { allowPrivate, watch: watch(name) }),
      },
    ]),
  );
  return {
    of: ({ name }) => destinations.get(name) ?? unknownProvider(name),
    tokens: ({ name }) => tokens.get(name) ?? unknownProvider(name),
    close: async () => {
      const exchanges = [...[...destinations.values()].map(({ exchange }) => exchange), ...tokens.values()];
      await Promise.all(exchanges.map((exchange) => exchange.close()));
    },
  };
}

function unknownProvider(name: string): never {
  throw new TypeError(`${name} is not in the registry.`);
}
