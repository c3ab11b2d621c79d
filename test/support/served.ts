/**
 * A house whose providers are sandboxes on real ports of this machine: what a fault does to a connection, it does to a
 * socket here. MSW takes resets and bodies that break off too, but the socket and its timing are MSW's own.
 */
import { serveSandbox } from '../../src/dev/serve-sandbox.ts';
import { openHouse, type House, type HouseOptions, type Mount } from './house.ts';

export function openServedHouse(options: HouseOptions = {}): Promise<House> {
  return openHouse({ ...options, mount: onLoopback });
}

export const onLoopback: Mount = async (sandboxes, registry) => {
  const served = new Map<string, Awaited<ReturnType<typeof serveSandbox>>>();
  for (const [name, sandbox] of sandboxes) served.set(name, await serveSandbox(sandbox));
  return {
    baseUrls: [...served].map(([name, { url }]): [string, string] => {
      const base = sandboxes.get(name)?.base_url ?? registry.get(name)?.base_url ?? '';
      return [name, url + new URL(base).pathname.replace(/\/$/, '')];
    }),
    close: async () => {
      await Promise.all([...served.values()].map((each) => each.close()));
    },
  };
};
