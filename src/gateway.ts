/** Puts the house together: store, vault, connections, pools to providers, and the HTTP app in front of them. */
import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { openApiKeys } from './access/api-keys.ts';
import { BY_ITSELF, DEFAULT_AUDIT_MS, openAudit, type Audit } from './access/audit.ts';
import { openAuthorizations } from './connections/authorizations.ts';
import { openConnections, type Connections } from './connections/connections.ts';
import { openSources } from './connections/credential-source.ts';
import { startIdleRenewal, type IdleRenewal } from './connections/idle-renewal.ts';
import { openRenewals, type Renewals } from './connections/renewal.ts';
import { admitKeys, keepSeen, type KeyHouse } from './connections/key-ring.ts';
import { openVault, type KeyRing } from './connections/vault.ts';
import type { Clock } from './core/ports.ts';
import type { Registry } from './core/registry.ts';
import { DEFAULT_GRACE_MS } from './core/settle-unknown.ts';
import { createApp, type App } from './http/app.ts';
import { behindDoor, DEFAULT_MAX_IN_FLIGHT, openDoor, SYSTEM_TURNS, type Inside } from './http/door.ts';
import type { Consent, DevMode, Gateway } from './http/env.ts';
import { goOnAlone } from './http/go-on-alone.ts';
import { refuseUnreadable } from './http/unreadable.ts';
import { USER_AGENT, VERSION } from './http/version.ts';
import { createLimits, type LimitBounds, type Limits } from './limits/limits.ts';
import { openMetrics, type Metrics } from './metrics/metrics.ts';
import { recentlyMade } from './operations/recently-made.ts';
import { createOperations } from './operations/operations.ts';
import { DEFAULT_BODIES_MS, startRecovery, type Recovery } from './operations/recovery.ts';
import { shareTurns } from './operations/shared-turns.ts';
import { createTurns } from './operations/turns.ts';
import { openApiKeyStore } from './store/api-key-store.ts';
import { openAuditStore } from './store/audit-store.ts';
import { openAuthorizationStore } from './store/authorization-store.ts';
import { openBudgetStore } from './store/budget-store.ts';
import { openConnectionStore, type ConnectionKey } from './store/connection-store.ts';
import { openKeyStore } from './store/key-store.ts';
import { openOperationStore } from './store/operation-store.ts';
import { claimSqlite, type Claim } from './store/sqlite-claim.ts';
import { openSecretStore } from './store/secret-store.ts';
import { openRefreshStore } from './store/refresh-store.ts';
import { openSealedRows } from './store/sealed-rows.ts';
import { openTurnStore } from './store/turn-store.ts';
import { startDatabase, type DatabaseLocation, type Progress } from './store/database.ts';
import type { Database } from './store/tables.ts';
import type { OAuthSettings } from './model/oauth.ts';
import { NO_OAUTH, authorizationServer } from './upstream/oauth-clients.ts';
import { openDestinations } from './upstream/destinations.ts';
import { openTokenEndpoint } from './upstream/token-endpoint.ts';
import { DEFAULT_LIMITS, type ExchangeLimits } from './upstream/exchange.ts';

export interface GatewayOptions {
  readonly registry: Registry;
  readonly database: DatabaseLocation;
  readonly keyRing: KeyRing;
  /** The first admin key: the operator's setting. */
  readonly apiKey: string;
  readonly log: Logger;
  /** How many of its lines could not be written. */
  readonly logLost?: () => number;
  readonly openDocuments: boolean;
  /** Where a provider is reached instead of at its own base URL. */
  readonly baseUrls?: ReadonlyMap<string, string>;
  /** The gateway as a client of the authorisation servers; absent: it is none. */
  readonly oauth?: OAuthSettings;
  /** Whether providers may be on this machine and its network, as sandboxes are. */
  readonly allowPrivateUpstreams?: boolean;
  /** Absent: no account can be connected by OAuth. */
  readonly consent?: Consent;
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
  /** How long the audit is kept. */
  readonly auditKeptMs?: number;
  /** How many requests are answered at once; the others are refused at the door. */
  readonly maxInFlight?: number;
}

export interface OpenGateway {
  readonly app: App;
  /** To be put before it on the server. */
  readonly guard: (inside: Inside) => RequestListener;
  readonly unreadable: ReturnType<typeof refuseUnreadable>;
  readonly connections: Connections;
  readonly recovery: Recovery;
  readonly audit: Audit;
  readonly metrics: Pick<Metrics, 'text'>;
  readonly idle: IdleRenewal;
  readonly renewals: Pick<Renewals, 'storeKept' | 'settle'>;
  readonly budgets: Pick<Limits, 'tend'>;
  /** Resolves when the database has been reached; until then whatever needs it is answered with 503. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

const systemClock: Clock = {
  now: () => Date.now(),
  wait: async (milliseconds) => {
    await sleep(milliseconds);
  },
};

/** @throws {KeyRingError} where the database was sealed with other keys. */
export async function openGateway(options: GatewayOptions): Promise<OpenGateway> {
  const { registry, clock = systemClock, baseUrls = new Map<string, string>(), dev, limits = DEFAULT_LIMITS } = options;
  const now = (): number => clock.now();
  const houseOf = (db: Database): KeyHouse => {
    return { keys: openKeyStore(db), rows: openSealedRows(db), ring: options.keyRing };
  };
  const database = await startDatabase(options.database, tellProgress(options.log), (opened) =>
    admitKeys(houseOf(opened), now()),
  );
  const { db, ready } = database;
  const metrics = openMetrics({
    version: VERSION,
    providers: registry.keys(),
    standing: {
      inFlight: () => gateway.door.inFlight(),
      refused: () => gateway.door.refused(),
      waiting: () => gateway.limits.waiting(),
      turnsWaiting: () => gateway.turns.waiting(),
      auditWaiting: () => audit.waiting(),
      auditLost: () => audit.lost(),
      logLost: options.logLost ?? (() => 0),
    },
  });
  /** A connection needs its owner's consent anew. */
  const marked = (key: ConnectionKey, request_id: string): void => {
    metrics.marked(key.provider);
    audit.note({ key_id: BY_ITSELF, action: 'markConnection', request_id, outcome: 'needs_reauth', ...key });
  };
  const store = openConnectionStore(db);
  const vault = openVault(options.keyRing);
  const settings = options.oauth ?? NO_OAUTH;
  const destinations = openDestinations({
    providers: registry.values(),
    user_agent: USER_AGENT,
    baseUrls,
    limits,
    allowPrivate: options.allowPrivateUpstreams ?? false,
    watch: (name) => {
      return {
        now,
        ended: (method, outcome, milliseconds) => {
          metrics.call(name, method, outcome, milliseconds);
        },
      };
    },
  });
  const tokens = openTokenEndpoint({
    settings,
    user_agent: USER_AGENT,
    now,
    exchange: destinations.tokens,
  });
  const refreshStore = openRefreshStore(db);
  const renewals = openRenewals({
    store,
    renewals: refreshStore,
    vault,
    tokens,
    clock,
    log: options.log,
    asked: metrics.renewed,
    marked: (key) => {
      marked(key, randomUUID());
    },
  });
  const idle = startIdleRenewal({ registry, store: refreshStore, renewals, clock, log: options.log });
  const connections = openConnections({ store, vault, renewals, now });
  const authorizations = openAuthorizations({
    store: openAuthorizationStore(db),
    connections,
    vault,
    clock,
    log: options.log,
  });
  const journal = openOperationStore(db, metrics.committed);
  const operations = createOperations({ store: journal, vault, clock, owner: randomUUID(), made: recentlyMade(clock) });
  const secrets = openSecretStore(db);
  const apiKeys = openApiKeys({ store: openApiKeyStore(db), secrets, vault, settingsKey: options.apiKey, now });
  const keptMs = options.auditKeptMs ?? DEFAULT_AUDIT_MS;
  const audit = openAudit({ store: openAuditStore(db, metrics.committed), clock, log: options.log, keptMs });
  const isShared = options.sharedDatabase ?? 'url' in options.database;
  const claim = claimFile(options, isShared);
  const gateway: Gateway = {
    authorizations,
    consent: options.consent ?? { publicUrl: undefined, returnUrls: [] },
    tokens,
    authorizationServer: (provider) => authorizationServer(provider, settings),
    registry,
    connections,
    clock,
    log: options.log,
    openDocuments: options.openDocuments,
    operations,
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    openSource: openSources({
      connections,
      clock,
      marked: ({ key, request_id }) => {
        marked(key, request_id);
      },
      // The refusal is what the caller must hear; that it could not be noted is for the log.
      notMarked: ({ key, request_id }) => {
        options.log.warn({ request_id, ...key }, 'a refused credential could not be marked');
      },
    }),
    turns: isShared ? shareTurns(createTurns(), openTurnStore(db, metrics.committed), clock) : createTurns(),
    limits: createLimits({
      clock,
      events: metrics.limits,
      ...(options.bounds ? { bounds: options.bounds } : {}),
      ...(isShared ? { ledgers: openBudgetStore(db) } : {}),
    }),
    destination: destinations.of,
    apiKeys,
    audit,
    metrics,
    door: openDoor({
      ...SYSTEM_TURNS,
      maxInFlight: options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT,
      refusing: (told) => {
        options.log.warn(told, 'requests are refused at the door, because there are too many');
      },
    }),
    checkReady: () => store.ping(),
    ...(dev ? { dev } : {}),
  };
  const app = createApp(gateway);
  const recovery = startRecovery({
    operations,
    store: journal,
    clock,
    log: options.log,
    bodiesKeptMs: options.bodiesKeptMs ?? DEFAULT_BODIES_MS,
    goOn: (resumable) => goOnAlone(gateway, resumable),
    sweeps: [() => audit.sweep(), () => authorizations.tidy()],
  });
  const seen = keepSeen(houseOf(db), clock, () => {
    options.log.warn({}, 'it cannot be kept which key is in use');
  });
  const close = async (): Promise<void> => {
    recovery.stop();
    idle.stop();
    // Those whose callers were cut off still write down what they have done.
    await gateway.door.emptied();
    // A pair that the server has given must be stored.
    await renewals.settle();
    await destinations.close();
    await gateway.limits.close();
    await audit.close();
    await seen.stop();
    await database.close();
    claim?.release();
  };
  const guard: OpenGateway['guard'] = (inside) => behindDoor(gateway.door, inside);
  return {
    app,
    guard,
    unreadable: refuseUnreadable(gateway),
    connections,
    recovery,
    idle,
    renewals,
    audit,
    budgets: gateway.limits,
    metrics,
    ready,
    close,
  };
}

function claimFile({ database, log }: GatewayOptions, isShared: boolean): Claim | undefined {
  if (!('file' in database)) return undefined;
  const claim = claimSqlite(database.file, isShared);
  if (!claim.isHeld)
    log.warn(
      { database: database.file },
      'another gateway works on this SQLite file, and they share neither turns nor budgets: stop one, or set STEPGATE_SHARED_DATABASE=true for both',
    );
  return claim;
}

function tellProgress(log: Logger): (progress: Progress) => void {
  return ({ state, ...rest }) => {
    if (state === 'back') log.info(rest, 'the database answers, and the gateway serves');
    else if (state === 'unusable') log.error(rest, 'the database cannot be used; requests are refused until it can');
    else log.error(rest, 'the database is away; requests are refused until it answers, and it is asked again');
  };
}
