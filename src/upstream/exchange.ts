/** The only code that opens sockets to providers: one request, one answer, on undici's `dispatch` with pools for each provider. */
import buildConnector from 'undici/lib/core/connect.js';
import errors from 'undici/lib/core/errors.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { isPrivateLiteral, lookupPublic, PrivateAddressError } from './addresses.ts';
import { dispatchWhole } from './dispatch-whole.ts';
import { ExchangeError, type FailureKind, type IncomingAnswer, type OutgoingRequest } from './message.ts';
import type { Watch } from './watch.ts';

export interface ExchangeLimits {
  readonly connectTimeoutMs: number;
  /** Until the head of the answer, and between two parts of its body. */
  readonly answerTimeoutMs: number;
  /** From the start of the request to the end of the answer. */
  readonly totalTimeoutMs: number;
  readonly maxAnswerBytes: number;
}

export const DEFAULT_LIMITS: ExchangeLimits = {
  connectTimeoutMs: 5_000,
  answerTimeoutMs: 30_000,
  totalTimeoutMs: 60_000,
  maxAnswerBytes: 8 * 1024 * 1024,
};

export interface Exchange {
  (outgoing: OutgoingRequest): Promise<IncomingAnswer>;
  close(): Promise<void>;
}

export interface ExchangeOptions {
  /** Whether this machine and its network may be called. */
  readonly allowPrivate?: boolean;
  readonly watch?: Watch;
}

/**
 * Opens the pools of one provider, or of its token endpoint: one for each origin, of which the operator names one or two. Redirects are never followed: they would take the credentials
 * along. Addresses are looked at for each connection, not for each request.
 */
export function openExchange(
  limits: ExchangeLimits = DEFAULT_LIMITS,
  { allowPrivate = false, watch }: ExchangeOptions = {},
): Exchange {
  const options = {
    connect: allowPrivate ? { timeout: limits.connectTimeoutMs } : publicConnector(limits.connectTimeoutMs),
    headersTimeout: limits.answerTimeoutMs,
    bodyTimeout: limits.answerTimeoutMs,
    maxResponseSize: limits.maxAnswerBytes,
    // Load balancers close what is idle for a minute, and what became of a write that meets that is not known.
    keepAliveTimeout: 30_000,
    allowH2: false,
  };
  const pools = new Map<string, Pool>();
  const open = (origin: string): Pool => {
    const pool = new Pool(origin, options);
    pools.set(origin, pool);
    return pool;
  };
  const failureOf = (error: unknown): ExchangeError =>
    new ExchangeError(kindOf(error), describe(error), { cause: error });
  const dispatching = { totalTimeoutMs: limits.totalTimeoutMs, failureOf, watch };
  const exchange = (outgoing: OutgoingRequest): Promise<IncomingAnswer> =>
    dispatchWhole(dispatching, pools.get(outgoing.origin) ?? open(outgoing.origin), outgoing);
  const close = async (): Promise<void> => {
    await Promise.all([...pools.values()].map((pool) => pool.close()));
  };
  return Object.assign(exchange, { close });
}

/** An address that is written in the URL is not looked up, so that it is checked by itself. */
function publicConnector(timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, lookup: lookupPublic });
  return (options, callback) => {
    if (isPrivateLiteral(options.hostname)) callback(new PrivateAddressError(), null);
    else connect(options, callback);
  };
}

const NOT_SENT = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
  // Of a pool that takes nothing new. UND_ERR_DESTROYED proves nothing: it may end what was written, too.
  'UND_ERR_CLOSED',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  // Handshakes that fail: no byte of the request has left.
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
]);

function kindOf(error: unknown): FailureKind {
  const code = codeOf(error);
  if (error instanceof PrivateAddressError) return 'not_sent';
  if (code !== undefined && NOT_SENT.has(code)) return 'not_sent';
  if (error instanceof errors.ResponseExceededMaxSizeError) return 'too_large';
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) return 'no_answer';
  return isTimeout(error) ? 'no_answer' : 'broken';
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : codeOf(error.cause);
}

function describe(error: unknown): string {
  const code = codeOf(error);
  if (error instanceof PrivateAddressError) return error.message;
  return code ?? (error instanceof Error ? error.name : 'unknown failure');
}
