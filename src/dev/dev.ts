/** Development mode: the gateway in front of the sandboxes of all providers, on this machine alone. */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { DevConfig } from '../config/config.ts';
import type { OpenedCredential } from '../connections/connections.ts';
import { callbackUrl } from '../connections/authorize-url.ts';
import { newKeyRing, parseKeyRing } from '../connections/vault.ts';
import { loadProviders, type Registry } from '../core/registry.ts';
import { openGateway, type GatewayOptions } from '../gateway.ts';
import type { OAuthSettings } from '../model/oauth.ts';
import type { Sandbox } from '../sandbox.ts';
import { listen, type Listening } from '../server.ts';
import { DEMO_CUSTOMER, describeDev, describeSandbox } from './describe.ts';
import { openFaultDesk } from './fault-desk.ts';
import { loadSandboxModules, type Sandboxes } from './sandboxes.ts';
import { serveSandbox } from './serve-sandbox.ts';

export interface Dev {
  readonly url: string;
  readonly apiKey: string;
  readonly registry: Registry;
  readonly sandboxes: Sandboxes;
  close(): Promise<void>;
}

export async function startDev(config: DevConfig, log: Logger): Promise<Dev> {
  const [registry, modules] = await Promise.all([loadProviders(), loadSandboxModules()]);
  const sandboxes = new Map(
    [...modules].map(([name, { create }]): [string, Sandbox] => [name, create({ loopback_redirects: true })]),
  );
  const listening = new Map<string, Listening>();
  for (const [name, sandbox] of sandboxes) listening.set(name, await serveSandbox(sandbox));
  const baseUrls = baseUrlsOf(registry, listening);
  const apiKey = config.apiKey ?? `sg_dev_${randomBytes(18).toString('base64url')}`;

  const dev: NonNullable<GatewayOptions['dev']> = {
    apiKey,
    accepts: ({ name }, type, secret) => sandboxes.get(name)?.credentials[type] === secret,
    describe: () => describeDev(apiKey, sandboxes, baseUrls),
    look: (provider) => describeSandbox(sandboxes, provider),
    reset: async () => {
      for (const sandbox of sandboxes.values()) sandbox.reset();
      for (const [provider, sandbox] of sandboxes)
        await gateway.connections.put({ customer_id: DEMO_CUSTOMER, provider }, ownCredential(sandbox), null);
    },
    faults: openFaultDesk(sandboxes),
  };
  const consent = {
    // The port is known once it listens.
    get publicUrl() {
      return door.url;
    },
    get returnUrls() {
      return [...[...registry.keys()].map((name) => returnUrl(door.url, name)), ...config.returnUrls];
    },
  };
  const gateway = await openGateway({
    registry,
    apiKey,
    log,
    baseUrls,
    dev,
    database: { file: ':memory:' },
    openDocuments: true,
    keyRing: parseKeyRing(newKeyRing()),
    allowPrivateUpstreams: true,
    oauth: oauthSettings(sandboxes, listening),
    consent,
  });
  const door: Listening = await listen(gateway, config.host, config.port);
  for (const { authorization } of sandboxes.values()) authorization?.register(callbackUrl(door.url));
  return {
    url: door.url,
    apiKey,
    registry,
    sandboxes,
    close: async () => {
      // A request of the gateway may be waiting for a call that hangs.
      for (const sandbox of sandboxes.values()) sandbox.clearFaults();
      await door.close();
      await gateway.close();
      await Promise.all([...listening.values()].map((each) => each.close()));
    },
  };
}

/** What the demonstration connects with. */
export function ownCredential({ credentials }: Sandbox): OpenedCredential {
  const { api_key, access_token = '' } = credentials;
  return api_key === undefined ? { type: 'access_token', secret: access_token } : { type: 'api_key', secret: api_key };
}

/** Where the gateway itself stands for an application: see `/dev/returned`. */
export function returnUrl(url: string, provider: string): string {
  return `${url}/dev/returned?provider=${provider}&customer=${DEMO_CUSTOMER}`;
}

/** The gateway as the sandboxes know it. */
function oauthSettings(sandboxes: Sandboxes, listening: ReadonlyMap<string, Listening>): OAuthSettings {
  return {
    clients: new Map(
      [...sandboxes].flatMap(([name, { authorization }]) => (authorization ? [[name, authorization.client]] : [])),
    ),
    origins: new Map([...listening].map(([name, { url }]) => [name, url])),
  };
}

/** The path of the real base URL, on the host of the sandbox. */
function baseUrlsOf(registry: Registry, listening: ReadonlyMap<string, Listening>): ReadonlyMap<string, string> {
  return new Map(
    [...registry].map(([name, { base_url }]) => [
      name,
      `${listening.get(name)?.url ?? ''}${new URL(base_url).pathname}`,
    ]),
  );
}
