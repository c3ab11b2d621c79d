/** The whole gateway for a test: real providers, their sandboxes on real ports, a store in memory or in a file. */
import { pino } from 'pino';
import { newKeyRing, parseKeyRing, type KeyRing } from '../../src/connections/vault.ts';
import { PROVIDERS_FOLDER } from '../../src/core/provider-files.ts';
import { loadProviders, type Registry } from '../../src/core/registry.ts';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import { openGateway, type GatewayOptions, type OpenGateway } from '../../src/gateway.ts';
import type { ReceivedCall, Sandbox } from '../../src/sandbox.ts';
import { callbackUrl } from '../../src/connections/authorize-url.ts';
import type { OAuthSettings } from '../../src/model/oauth.ts';
import type { LimitBounds } from '../../src/limits/limits.ts';
import type { ExchangeLimits } from '../../src/upstream/exchange.ts';
import { toAnswer, type Answer } from './answer.ts';
import {
  expectNoSecretInAnswer,
  expectNoSecretInLogs,
  keepKeyRing,
  keepRequest,
  keepSecret,
  memoryDatabase,
  watchDatabase,
} from './canary.ts';
import { testClock, type TestClock } from './clock.ts';
import { expectNothingPrivate } from './exposition.ts';
import { onLoopback, type Mount, type Mounted } from './mounts.ts';

export const API_KEY = 'sg_test_0123456789abcdefghij';
export const CUSTOMER = 'my-customer-1';
export const PUBLIC_URL = 'https://gateway.example';
/** Of the application in front; it has a query of its own. */
export const RETURN_URL = 'https://app.example/connected?from=settings';

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is; anything else as JSON. */
  readonly body?: unknown;
}

export interface House {
  readonly registry: Registry;
  readonly clock: TestClock;
  readonly app: OpenGateway['app'];
  readonly recovery: OpenGateway['recovery'];
  readonly idle: OpenGateway['idle'];
  readonly renewals: OpenGateway['renewals'];
  readonly connections: OpenGateway['connections'];
  readonly budgets: OpenGateway['budgets'];
  readonly logs: readonly string[];
  /** Where its providers are. */
  readonly reached: Pick<Mounted, 'baseUrls' | 'origins'>;
  sandbox(name: string): Sandbox;
  /** A request with the API key, unless the headers say otherwise (an empty string leaves a header out). */
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** Stores the sandbox's credentials for the customer. */
  connect(name: string): Promise<void>;
  /** Another gateway on the same database file, as after a restart or in a second process: before the same providers. */
  beside(options?: Pick<HouseOptions, 'clock' | 'limits' | 'keyRing' | 'oauth'>): Promise<House>;
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly folder?: URL;
  /** Per provider the switches of its sandbox. */
  readonly worlds?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly limits?: ExchangeLimits;
  readonly bounds?: LimitBounds;
  readonly clock?: TestClock;
  readonly baseUrls?: ReadonlyMap<string, string>;
  /** Its own registration with authorisation servers, and where they are. */
  readonly oauth?: OAuthSettings;
  readonly consent?: GatewayOptions['consent'];
  readonly openDocuments?: boolean;
  /** In memory if it is left out. */
  readonly databaseFile?: string;
  /** Whether the houses beside are processes that share turns and budgets; with a PostgreSQL database they do anyway. */
  readonly sharedDatabase?: boolean;
  /** A PostgreSQL database, instead of a file. */
  readonly databaseUrl?: string;
  readonly keyRing?: KeyRing;
  /** Those of another house. */
  readonly sandboxes?: ReadonlyMap<string, Sandbox>;
  /** How the sandboxes are reached; on ports of this machine if it is left out. */
  readonly mount?: Mount;
}

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const { folder = PROVIDERS_FOLDER, worlds = {}, limits, bounds, baseUrls, openDocuments = false } = options;
  const { clock = testClock(), mount = onLoopback, databaseFile = ':memory:', databaseUrl } = options;
  const { keyRing = parseKeyRing(newKeyRing()) } = options;
  const [registry, modules] = await Promise.all([loadProviders(folder), loadSandboxModules(folder)]);
  const own = new Map(
    [...modules].map(([name, { create }]): [string, Sandbox] => [
      name,
      create({ world: worlds[name] ?? {}, now: () => clock.now() }),
    ]),
  );
  const sandboxes = options.sandboxes ?? own;
  const mounted = await mount(sandboxes, registry);
  for (const { authorization } of sandboxes.values()) authorization?.register(callbackUrl(PUBLIC_URL));
  const logs: string[] = [];
  const file = databaseFile === ':memory:' ? memoryDatabase() : databaseFile;
  const database = databaseUrl === undefined ? { file } : { url: databaseUrl };
  const watched = watchDatabase(database);
  keepKeyRing(keyRing);
  for (const [name, { credentials }] of sandboxes)
    for (const [kind, secret] of Object.entries(credentials)) keepSecret(secret, `the ${kind} of the sandbox ${name}`);
  const gateway = await openGateway({
    registry,
    clock,
    apiKey: API_KEY,
    database,
    keyRing,
    openDocuments,
    allowPrivateUpstreams: true,
    log: pino({ level: 'debug' }, { write: (line: string) => logs.push(line) }),
    ...(limits ? { limits } : {}),
    ...(bounds ? { bounds } : {}),
    oauth: options.oauth ?? registeredWith(sandboxes, mounted),
    consent: options.consent ?? { publicUrl: PUBLIC_URL, returnUrls: [RETURN_URL] },
    ...(options.sharedDatabase === undefined ? {} : { sharedDatabase: options.sharedDatabase }),
    baseUrls: new Map([...mounted.baseUrls, ...(baseUrls ?? [])]),
  }).catch(async (error: unknown) => {
    await mounted.close();
    throw error;
  });

  const ask: House['ask'] = async (path, { method = 'GET', headers = {}, body } = {}) => {
    const all = {
      'x-api-key': API_KEY,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const given = Object.entries(all).filter(([, value]) => value !== '');
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const init: RequestInit = { method, headers: given };
    if (text !== undefined)
      Object.assign(init, { body: text, headers: [...given, ['content-length', String(Buffer.byteLength(text))]] });
    keepRequest(all, path, body);
    const answer = await toAnswer(await gateway.app.request(path, init));
    expectNoSecretInAnswer(`${method} ${path}`, answer);
    return answer;
  };
  const house: House = {
    registry,
    clock,
    app: gateway.app,
    recovery: gateway.recovery,
    logs,
    reached: mounted,
    ask,
    idle: gateway.idle,
    renewals: gateway.renewals,
    connections: gateway.connections,
    budgets: gateway.budgets,
    sandbox: (name) => sandboxes.get(name) ?? nothing(name),
    connect: async (name) => {
      const { credentials } = house.sandbox(name);
      const body = credentials.api_key
        ? { type: 'api_key', api_key: credentials.api_key }
        : { type: 'access_token', access_token: credentials.access_token };
      const { status, text } = await ask(`/customers/${CUSTOMER}/connections/${name}`, {
        method: 'PUT',
        body: { credentials: body },
      });
      if (status > 201) throw new Error(text);
    },
    beside: (changed = {}) => {
      const reached: Mounted = { ...mounted, close: () => Promise.resolve() };
      const shared = { clock, keyRing, databaseFile, sandboxes, mount: () => Promise.resolve(reached) };
      return openHouse({ ...options, ...shared, ...changed });
    },
    close: async () => {
      const seen = [...logs];
      // What it has seen must not outlive it, whoever still holds the house: a long lane opens hundreds of them.
      for (const sandbox of sandboxes.values()) sandbox.reset();
      logs.length = 0;
      // Whatever a sandbox still keeps waiting would keep the gateway waiting.
      for (const sandbox of sandboxes.values()) sandbox.clearFaults();
      await gateway.close();
      await mounted.close();
      expectNothingPrivate(await gateway.metrics.text());
      expectNoSecretInLogs(seen);
      await watched.expectNoSecret();
    },
  };
  return house;
}

/** The calls that could have changed something. A search is a POST that only reads. */
export function writesAmong(calls: readonly ReceivedCall[]): readonly ReceivedCall[] {
  return calls.filter(({ method, path }) => method !== 'GET' && !/\/search(\?|$)/.test(path));
}

/** The gateway as an application of every authorisation server that there is. */
function registeredWith(sandboxes: ReadonlyMap<string, Sandbox>, { origins }: Mounted): OAuthSettings {
  const clients = [...sandboxes].flatMap(([name, { authorization }]) =>
    authorization ? ([[name, authorization.client]] as const) : [],
  );
  return { clients: new Map(clients), origins };
}

function nothing(name: string): never {
  throw new Error(`There is no sandbox ${name}.`);
}
