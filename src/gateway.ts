/** Puts the house together: store, vault, connections, pools to providers, and the HTTP app in front of them. */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { openConnections, type Connections } from './connections/connections.ts';
import { openVault, type KeyRing } from './connections/vault.ts';
import type { Clock } from './core/ports.ts';
import type { Registry } from './core/registry.ts';
import { DEFAULT_GRACE_MS } from './core/settle-unknown.ts';
import { createApp, type App } from './http/app.ts';
import type { DevMode, Gateway } from './http/env.ts';
import { findProvider, reachConnection } from './http/tenant.ts';
import { goOn } from './http/write.ts';
import { createLimits, type LimitBounds, type Limits } from './limits/limits.ts';
import { recentlyMade } from './operations/recently-made.ts';
import { createOperations, type Resumable } from './operations/operations.ts';
import { DEFAULT_BODIES_MS, startRecovery, type Recovery } from './operations/recovery.ts';
import { shareTurns } from './operations/shared-turns.ts';
import { createTurns } from './operations/turns.ts';
import { openBudgetStore } from './store/budget-store.ts';
import { openConnectionStore } from './store/connection-store.ts';
import { openOperationStore } from './store/operation-store.ts';
import { openTurnStore } from './store/turn-store.ts';
import { startDatabase, type DatabaseLocation, type Progress } from './store/database.ts';
import { DEFAULT_LIMITS, openExchange, type ExchangeLimits } from './upstream/exchange.ts';

export interface GatewayOptions {
  readonly registry: Registry;
  readonly database: DatabaseLocation;
  readonly keyRing: KeyRing;
  readonly apiKey: string;
  readonly log: Logger;
  readonly openDocuments: boolean;
  /** Where a provider is reached instead of at its own base URL. */
  readonly baseUrls?: ReadonlyMap<string, string>;
  readonly clock?: Clock;
  readonly limits?: ExchangeLimits;
  /** How many connections are counted, and how many requests wait. */
  readonly bounds?: LimitBounds;
  readonly dev?: DevMode;
  /** Whether other gateway processes work on this database (by default: on a server): then writes take their turns across all of them. */
  readonly sharedDatabase?: boolean;
  /** How long what was sent and answered is kept after an operation was closed. */
  readonly bodiesKeptMs?: number;
  /** How long after sending a call that is not found may still be carried out. */
  readonly graceMs?: number;
}

export interface OpenGateway {
  readonly app: App;
  readonly connections: Connections;
  readonly recovery: Recovery;
  readonly budgets: Pick<Limits, 'tend'>;
  /** Resolves when the database has been reached; until then whatever needs it is answered with 503. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  wait: async (milliseconds) => {
    await sleep(milliseconds);
  },
};

export async function openGateway(options: GatewayOptions): Promise<OpenGateway> {
  const { registry, clock = systemClock, baseUrls = new Map<string, string>(), dev, limits = DEFAULT_LIMITS } = options;
  const database = await startDatabase(options.database, tellProgress(options.log));
  const { db, ready } = database;
  const store = openConnectionStore(db);
  const vault = openVault(options.keyRing);
  const connections = openConnections(store, vault, () => clock.now());
  const journal = openOperationStore(db);
  const operations = createOperations({ store: journal, vault, clock, owner: randomUUID(), made: recentlyMade(clock) });
  const exchanges = new Map([...registry.keys()].map((name) => [name, openExchange(limits)]));
  const isShared = options.sharedDatabase ?? 'url' in options.database;
  const gateway: Gateway = {
    ...{ registry, connections, clock, log: options.log, openDocuments: options.openDocuments },
    ...{ operations, graceMs: options.graceMs ?? DEFAULT_GRACE_MS },
    turns: isShared ? shareTurns(createTurns(), openTurnStore(db), clock) : createTurns(),
    limits: createLimits({
      clock,
      ...(options.bounds ? { bounds: options.bounds } : {}),
      ...(isShared ? { ledgers: openBudgetStore(db) } : {}),
    }),
    baseUrl: ({ name, base_url }) => baseUrls.get(name) ?? base_url,
    exchange: ({ name }) => exchanges.get(name) ?? unknownProvider(name),
    isApiKey: apiKeyCheck(options.apiKey),
    checkReady: () => store.ping(),
    ...(dev ? { dev } : {}),
  };
  const app = createApp(gateway);
  const recovery = startRecovery({
    ...{ operations, store: journal, clock, log: options.log },
    bodiesKeptMs: options.bodiesKeptMs ?? DEFAULT_BODIES_MS,
    goOn: (resumable) => goOnAlone(gateway, resumable),
  });
  const close = async (): Promise<void> => {
    recovery.stop();
    await Promise.all([...exchanges.values()].map((exchange) => exchange.close()));
    await gateway.limits.close();
    await database.close();
  };
  return { app, connections, recovery, budgets: gateway.limits, ready, close };
}

function tellProgress(log: Logger): (progress: Progress) => void {
  return ({ state, ...rest }) => {
    if (state === 'back') log.info(rest, 'the database answers, and the gateway serves');
    else log.error(rest, 'the database is away; requests are refused until it answers, and it is asked again');
  };
}

/** How long an interrupted write that is gone on with may wait for its provider's budget. */
const RECOVERY_WAIT_MS = 60_000;

async function goOnAlone(gateway: Gateway, resumable: Resumable): Promise<void> {
  const { row } = resumable;
  const tenant = { customer_id: row.customer_id, provider: findProvider(gateway, row.provider) };
  const errand = { request_id: row.request_id, deadline: gateway.clock.now() + RECOVERY_WAIT_MS };
  await goOn(
    gateway,
    resumable,
    (credentials) => reachConnection(gateway, tenant, credentials, errand),
    row.request_id,
  );
}

/** Compares digests, so that neither the length nor the beginning of the key shows in the time it takes. */
function apiKeyCheck(apiKey: string): (presented: string) => boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(apiKey);
  return (presented) => timingSafeEqual(digest(presented), expected);
}

function unknownProvider(name: string): never {
  throw new TypeError(`${name} is not in the registry.`);
}
