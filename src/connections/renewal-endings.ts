/** How a renewal that came to nothing ends: what is noted of it, when there may be another, and what is told. */
import type { NamedProvider } from '../model/declaration.ts';
import { isNone } from '../model/cell.ts';
import type { GrantError, GrantFailure } from '../model/grant.ts';
import type { ProblemError } from '../model/problem.ts';
import type { RefreshEnding, RenewedKey } from '../store/refresh-store.ts';
import type { ConnectionRow } from '../store/tables.ts';
import { isoOf, misconfigured, needsConsent, notRenewed } from './connection-problems.ts';

/** After what proves nothing the server is left alone for a minute, and for longer the longer it goes on. */
const SHORTEST_UNKNOWN_MS = 60_000;
const LONGEST_UNKNOWN_MS = 3_600_000;
/** What a server asks to wait is believed up to here: a mistake in a header must not disable a connection for days. */
const LONGEST_ASKED_MS = 3_600_000;
/** Settings are not mended faster, and each try would only be refused. */
const MISCONFIGURED_MS = 60_000;
/** Where the server was not reached, or is busy and does not say for how long. */
const NOT_EXECUTED_MS = 5_000;

export function endingOf(
  { kind, facts, message }: GrantError,
  row: ConnectionRow,
  { provider, sentAt, now }: { readonly provider: NamedProvider; readonly sentAt: number; readonly now: number },
): Partial<RefreshEnding> {
  if (kind === 'refused')
    return { status: 'needs_reauth', refused_at: now, reauth_reason: reasonOf(message, row.refresh_lost_at, now) };
  const refresh_failure = JSON.stringify({ kind, message } satisfies Failure);
  if (kind === 'unknown') return { ...lost(row, sentAt, now, facts.retry_after_ms), refresh_failure };
  const minted = facts.status === 429 ? mintMs(provider) : 0;
  const pause =
    kind === 'misconfigured'
      ? MISCONFIGURED_MS
      : Math.min(facts.retry_after_ms ?? Math.max(minted, NOT_EXECUTED_MS), LONGEST_ASKED_MS);
  return { refresh_not_before: now + pause, refresh_failure };
}

/** For what somebody has sent who ended before he could say what came of it. */
export function abandonedEnding(row: ConnectionRow, now: number): Partial<RefreshEnding> {
  const message = 'the process that asked for another one ended before it could store the answer';
  const refresh_failure = JSON.stringify({ kind: 'unknown', message } satisfies Failure);
  return { ...lost(row, row.refresh_sent_at ?? now, now, 0), refresh_failure };
}

/** Until when a try would be no use, in milliseconds since the epoch; 0 where nothing speaks against one. */
export function pausedUntil(row: ConnectionRow, provider: NamedProvider): number {
  const mint = mintMs(provider);
  return Math.max(row.refresh_not_before ?? 0, mint === 0 ? 0 : (row.minted_at ?? 0) + mint);
}

/** What the caller is told of a renewal that failed now or before. */
export function problemOfEnding(
  key: RenewedKey,
  provider: NamedProvider,
  row: Pick<ConnectionRow, 'refused_at' | 'reauth_reason' | 'refresh_failure'>,
  { until, now }: { readonly until: number; readonly now: number },
): ProblemError {
  if (row.refused_at !== null) return needsConsent(key, provider, row.reauth_reason ?? '');
  const { kind, message } = failureOf(row.refresh_failure);
  const seconds = Math.max(1, Math.ceil((until - now) / 1000));
  return kind === 'misconfigured' ? misconfigured(provider, message, seconds) : notRenewed(provider, message, seconds);
}

interface Failure {
  readonly kind: GrantFailure;
  readonly message: string;
}

function failureOf(text: string | null): Failure {
  if (text !== null) return JSON.parse(text) as Failure;
  return { kind: 'not_executed', message: 'the provider gives another one only some time after the last' };
}

function lost(row: ConnectionRow, sentAt: number, now: number, asked = 0): Partial<RefreshEnding> {
  const first = row.refresh_lost_at ?? sentAt;
  const since = row.refresh_lost_at === null ? 0 : now - first;
  const pause = Math.min(Math.max(SHORTEST_UNKNOWN_MS, since), LONGEST_UNKNOWN_MS);
  return { refresh_lost_at: first, refresh_not_before: now + Math.max(pause, Math.min(asked, LONGEST_ASKED_MS)) };
}

function reasonOf(message: string, lostAt: number | null, now: number): string {
  const said = `At ${isoOf(now)} ${message}: the consent has ended or was withdrawn.`;
  if (lostAt === null) return said;
  return `${said} The answer to a renewal that was sent at ${isoOf(lostAt)} was lost; the refresh token may have been used up then.`;
}

function mintMs({ oauth }: NamedProvider): number {
  return isNone(oauth) ? 0 : (oauth.mint_seconds ?? 0) * 1000;
}
