/** What a request carries through the door, and what the door needs of the house. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { ApiKeys, Caller } from '../access/api-keys.ts';
import type { Audit } from '../access/audit.ts';
import type { Authorizations } from '../connections/authorizations.ts';
import type { Connections } from '../connections/connections.ts';
import type { OpenSource } from '../connections/credential-source.ts';
import type { Clock, TokenEndpoint } from '../core/ports.ts';
import type { Registry } from '../core/registry.ts';
import type { Limits } from '../limits/limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Operations } from '../operations/operations.ts';
import type { Turns } from '../operations/turns.ts';
import type { Door } from './door.ts';
import type { AuthorizationServer } from '../upstream/oauth-clients.ts';
import type { Destination } from '../upstream/upstream.ts';

/** Everything that the routes use. `gateway.ts` puts it together; tests hand in their own clock and store. */
export interface Gateway {
  readonly registry: Registry;
  readonly connections: Connections;
  readonly openSource: OpenSource;
  readonly authorizations: Authorizations;
  readonly consent: Consent;
  readonly turns: Turns;
  readonly operations: Operations;
  readonly limits: Limits;
  readonly clock: Clock;
  /** How long after sending a call that is not found may still be carried out. */
  readonly graceMs: number;
  readonly log: Logger;
  readonly destination: (provider: NamedProvider) => Destination;
  readonly door: Door;
  readonly metrics: Metrics;
  readonly apiKeys: ApiKeys;
  readonly audit: Audit;
  /** Where codes and refresh tokens are exchanged. */
  readonly tokens: TokenEndpoint;
  /** Where a provider's accounts are authorized, with the operator's client; undefined where the provider has no OAuth. */
  readonly authorizationServer: (provider: NamedProvider) => AuthorizationServer | undefined;
  /** Whether documents may be read without a key: only where the gateway listens on loopback. */
  readonly openDocuments: boolean;
  /** Throws where the gateway cannot serve. */
  readonly checkReady: () => Promise<void>;
  /** Development mode: loopback hosts only, and sandbox credentials only. */
  readonly dev?: DevMode;
}

/** What the operator has set for the way of a person's browser. */
export interface Consent {
  /** The gateway's own URL as browsers reach it, without a slash at its end. */
  readonly publicUrl: string | undefined;
  readonly returnUrls: readonly string[];
}

export interface DevMode {
  /** It is no secret here: it is printed and shown. */
  readonly apiKey: string;
  /** The credentials that a provider's sandbox accepts. */
  readonly accepts: (provider: NamedProvider, type: CredentialType, secret: string) => boolean;
  readonly describe: () => object;
  /** What a sandbox has stored and received. @throws {ProblemError} 404 for an unknown provider. */
  readonly look: (provider: string) => object;
  /** The sandboxes as they were, and the demonstration's connections again, whatever has become of them. */
  readonly reset: () => Promise<void>;
  readonly faults?: FaultDesk;
}

/** The faults that the sandboxes have been asked for. */
export interface FaultDesk {
  readonly list: () => object;
  /** @throws {ProblemError} 404 for an unknown provider, 422 for what is no rule. */
  readonly add: (order: unknown) => object;
  /** Without an id, all of them. @throws {ProblemError} 404 for an unknown id. */
  readonly clear: (id?: string) => void;
}

export interface Env {
  /** Absent where the app is asked without a server. */
  Bindings?: HttpBindings;
  Variables: {
    requestId: string;
    /** Whose API key it is; absent where none is asked for. */
    caller: Caller | undefined;
    /** Fields that routes add to the one log line of the request. */
    line: LogLine;
    telling: Telling;
  };
}

/** Headers of the answer, as far as they are known. */
export interface Telling {
  readonly headers: Record<string, string>;
  /** Those of the provider's budget, as it stands when they are asked for. */
  budget?: () => Readonly<Record<string, string>>;
  /** The answer that has them. */
  saidIn?: Response;
}

export interface LogLine {
  provider?: string;
  customer_id?: string;
  /** Why a browser got no further. */
  refused?: string;
  /** Why a request failed: the code that its answer has first, and whose fault it is. */
  code?: string;
  origin?: string;
  calls: number;
  warnings: number;
  /** For the audit. */
  dry_run?: boolean;
  replayed?: boolean;
  operation_id?: string;
  /** What was made, where the path of the request does not name it. */
  target?: string;
}

export type RequestContext = Context<Env>;
