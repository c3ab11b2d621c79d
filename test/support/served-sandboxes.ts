/** A sandbox of every provider on ports of this machine, for gateways that are processes of their own. */
import { callbackUrl } from '../../src/connections/authorize-url.ts';
import { loadProviders } from '../../src/core/registry.ts';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import type { Limits, Sandbox } from '../../src/sandbox.ts';
import { keepSecret } from './canary.ts';
import { PUBLIC_URL } from './house.ts';
import { onLoopback } from './mounts.ts';

export interface ServedSandboxes {
  sandbox(name: string): Sandbox;
  /** The settings with which a gateway reaches them, and is registered with their authorisation servers. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** @param now milliseconds since the epoch */
export async function serveSandboxes(
  now: () => number = () => Date.now(),
  limits: Readonly<Record<string, Limits>> = {},
): Promise<ServedSandboxes> {
  const [registry, modules] = await Promise.all([loadProviders(), loadSandboxModules()]);
  const sandboxes = new Map(
    [...modules].map(([name, { create }]): [string, Sandbox] => [name, create({ now, limits: limits[name] ?? {} })]),
  );
  const mounted = await onLoopback(sandboxes, registry);
  const env: Record<string, string> = {};
  for (const [name, url] of mounted.baseUrls) {
    const { credentials, authorization } = sandboxes.get(name) ?? nothing(name);
    for (const [kind, secret] of Object.entries(credentials)) keepSecret(secret, `the ${kind} of the sandbox ${name}`);
    const variable = name.toUpperCase();
    env[`STEPGATE_BASE_URL_${variable}`] = url;
    if (!authorization) continue;
    authorization.register(callbackUrl(PUBLIC_URL));
    keepSecret(authorization.client.client_secret, `the client of the sandbox ${name}`);
    env[`STEPGATE_OAUTH_BASE_URL_${variable}`] = new URL(url).origin;
    env[`STEPGATE_OAUTH_${variable}_CLIENT_ID`] = authorization.client.client_id;
    env[`STEPGATE_OAUTH_${variable}_CLIENT_SECRET`] = authorization.client.client_secret;
  }
  return {
    env,
    sandbox: (name) => sandboxes.get(name) ?? nothing(name),
    close: async () => {
      for (const each of sandboxes.values()) each.clearFaults();
      await mounted.close();
    },
  };
}

function nothing(name: string): never {
  throw new Error(`There is no sandbox ${name}.`);
}
