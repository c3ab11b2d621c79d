/** How the sandboxes of a house are reached: what a fault does to a connection, it does to a real or to a pretended socket. */
import type { Registry } from '../../src/core/registry.ts';
import { serveSandbox } from '../../src/dev/serve-sandbox.ts';
import type { Sandbox } from '../../src/sandbox.ts';

export type Mount = (sandboxes: ReadonlyMap<string, Sandbox>, registry: Registry) => Promise<Mounted>;

export interface Mounted {
  /** Where a provider is reached instead of at its own base URL. */
  readonly baseUrls: ReadonlyMap<string, string>;
  /** The same for its authorisation server. */
  readonly origins: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

export const onLoopback: Mount = async (sandboxes, registry) => {
  const served = await Promise.all(
    [...sandboxes].map(async ([name, sandbox]) => [name, await serveSandbox(sandbox)] as const),
  );
  const baseUrlOf = (name: string, url: string): string => {
    const base = sandboxes.get(name)?.base_url ?? registry.get(name)?.base_url ?? '';
    return url + new URL(base).pathname.replace(/\/$/, '');
  };
  return {
    baseUrls: new Map(served.map(([name, { url }]) => [name, baseUrlOf(name, url)])),
    origins: new Map(served.map(([name, { url }]) => [name, url])),
    close: async () => {
      await Promise.all(served.map(([, each]) => each.close()));
    },
  };
};

/** Behind the providers' own hosts, where two houses at a time would answer for the same ones. A pretended socket costs 4 ms a call, twice what the rest of it does. */
export const behindRealHosts: Mount = async (sandboxes) => {
  const { sandboxNetwork } = await import('./network.ts');
  const network = sandboxNetwork(sandboxes.values());
  network.open();
  return {
    baseUrls: new Map(
      [...sandboxes].flatMap(([name, { base_url }]) => (base_url === undefined ? [] : [[name, base_url]])),
    ),
    origins: new Map(),
    close: () => {
      network.close();
      return Promise.resolve();
    },
  };
};
