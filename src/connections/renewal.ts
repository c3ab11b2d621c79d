/** Renewing the pair of an oauth2 connection: asked for by one at a time, over all processes, and stored before it is used. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { every } from '../core/every.ts';
import type { Clock, TokenEndpoint } from '../core/ports.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { GrantError, type Grant, type GrantFailure } from '../model/grant.ts';
import type { ConnectionKey, ConnectionStore } from '../store/connection-store.ts';
import type { RefreshStore, RenewedKey } from '../store/refresh-store.ts';
import type { ConnectionRow } from '../store/tables.ts';
import { needsConsent, connectionNotFound, notRenewed } from './connection-problems.ts';
import { openPair, sealGrant } from './credentials.ts';
import { abandonedEnding, endingOf, pausedUntil, problemOfEnding } from './renewal-endings.ts';
import { keepUnstored } from './unstored-pairs.ts';
import type { Vault } from './vault.ts';

export interface RenewalHouse {
  readonly store: ConnectionStore;
  readonly renewals: RefreshStore;
  readonly vault: Vault;
  readonly tokens: TokenEndpoint;
  readonly clock: Clock;
  readonly log: Logger;
  /** A connection needs its owner's consent anew, and that is kept. */
  readonly marked: (key: ConnectionKey) => void;
  /** A server was asked for a new pair. */
  readonly asked: (provider: string, outcome: 'renewed' | GrantFailure) => void;
}

export interface Renewals {
  /**
   * The connection as it counts afterwards: renewed here, or by somebody else meanwhile.
   * @param patienceMs how long to wait for another process that is at it
   * @throws {ProblemError} 404 without a connection, 424 where it is refused for good, 503 where there is no new pair yet.
   */
  renew(key: RenewedKey, provider: NamedProvider, patienceMs: number): Promise<ConnectionRow>;
  /** Whether a new pair in place of these credentials waits to be stored: whatever the store says of them, it is good. */
  hasUnstored(credentialsId: string): boolean;
  /** Tries once to store what waits for it; done every five seconds by itself. */
  storeKept(): Promise<void>;
  /**
   * Begins no renewal any more, and resolves when none is under way and what waits has been stored, or has been tried for
   * five seconds more: 35 s at most.
   */
  settle(): Promise<void>;
}

/** Longer than the server may take and the store may be away. */
const LEASE_MS = 45_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;
const STORE_EVERY_MS = 5_000;

export function openRenewals(house: RenewalHouse): Renewals {
  const { store, renewals, vault, tokens, clock, log, marked, asked } = house;
  /** Renewals that this process asks for, by the credentials: undefined where another process came first. */
  const underWay = new Map<string, Promise<ConnectionRow | undefined>>();
  const unstored = keepUnstored({ store, renewals, clock, log });
  let settling: Promise<void> | undefined;

  const renew = async (key: RenewedKey, provider: NamedProvider, patienceMs: number): Promise<ConnectionRow> => {
    const deadline = clock.now() + patienceMs;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const joined = await underWay.get(key.credentials_id);
      if (joined) return joined;
      const row = await store.get(key);
      if (!row) throw connectionNotFound(key);
      if (row.credentials_id !== key.credentials_id) return row;
      const kept = unstored.get(key.credentials_id);
      if (kept) return unstored.store(key, kept);
      const now = clock.now();
      const until = pausedUntil(row, provider);
      if (row.refused_at !== null) throw problemOfEnding(key, provider, row, { until, now });
      if (row.refresh_until <= now) {
        if (row.refresh_sent_at !== null) {
          log.warn(about(key), 'a renewal was left unfinished');
          await renewals.abandon(key, row.refresh_sent_at, abandonedEnding(row, now), now);
          continue;
        }
        if (until > now) throw problemOfEnding(key, provider, row, { until, now });
        if (settling) throw notRenewed(provider, ENDING, 1);
        const { refresh_token, access_token } = openPair(vault, row);
        if (refresh_token === undefined) {
          if (now < (row.expires_at ?? 0))
            throw notRenewed(provider, NONE_GIVEN, secondsBetween(now, row.expires_at ?? 0));
          const dead = { status: 'needs_reauth', reauth_reason: NO_REFRESH_TOKEN, refused_at: now } as const;
          if (await renewals.refuse(key, dead, now)) marked(about(key));
          throw needsConsent(key, provider, NO_REFRESH_TOKEN);
        }
        const begun = underWay.get(key.credentials_id) ?? begin({ key, provider, row }, refresh_token, access_token);
        const renewed = await begun;
        if (renewed) return renewed;
      }
      if (now + pause > deadline) throw notRenewed(provider, BUSY, secondsBetween(now, row.refresh_until));
      await clock.wait(jittered(pause));
    }
  };

  const begin = (asked: Asked, refreshToken: string, accessToken: string): Promise<ConnectionRow | undefined> => {
    const { key } = asked;
    const owner = randomUUID();
    const now = clock.now();
    const work = renewals
      .begin(key, { owner, now, until: now + LEASE_MS })
      .then((isOurs) => (isOurs ? askServer({ ...asked, owner }, refreshToken, accessToken) : undefined))
      .finally(() => underWay.delete(key.credentials_id));
    underWay.set(key.credentials_id, work);
    return work;
  };

  const askServer = async (errand: Errand, refreshToken: string, accessToken: string): Promise<ConnectionRow> => {
    const sentAt = clock.now();
    let grant: Grant;
    try {
      grant = await tokens.refresh(errand.provider, refreshToken, [accessToken]);
    } catch (error) {
      throw await failed(errand, error, sentAt);
    }
    log.info(about(errand.key), 'an access token was renewed');
    asked(errand.provider.name, 'renewed');
    return unstored.store(errand.key, sealGrant(vault, errand.key, grant));
  };

  /** What cannot be noted is taken for unfinished once the lease is over. */
  const failed = async ({ key, provider, row, owner }: Errand, thrown: unknown, sentAt: number): Promise<Error> => {
    const error = thrown instanceof GrantError ? thrown : new GrantError('unknown', 'the gateway failed', {});
    const now = clock.now();
    const ending = endingOf(error, row, { provider, sentAt, now });
    log.warn({ ...about(key), kind: error.kind, ...error.facts }, 'an access token was not renewed');
    asked(provider.name, error.kind);
    try {
      if ((await renewals.fail(key, owner, ending, now)) && error.kind === 'refused') marked(about(key));
    } catch {
      log.warn(about(key), 'a renewal that failed could not be noted');
    }
    return problemOfEnding(key, provider, { ...row, ...ending }, { until: ending.refresh_not_before ?? now, now });
  };

  const storing = every(STORE_EVERY_MS, () => unstored.retry());

  return {
    renew,
    hasUnstored: (id) => unstored.has(id),
    storeKept: storing.now,
    settle: () => {
      settling ??= Promise.allSettled(underWay.values()).then(async () => {
        await storing.stop();
        await unstored.flush();
      });
      return settling;
    },
  };
}

interface Asked {
  readonly key: RenewedKey;
  readonly provider: NamedProvider;
  readonly row: ConnectionRow;
}

/** By whom the renewal is held. */
type Errand = Asked & { readonly owner: string };

const BUSY = 'another process of this gateway is at it';
const NO_REFRESH_TOKEN = 'Its access token has ended, and the server gave no refresh token.';
const NONE_GIVEN = 'the server gave no refresh token, and the access token has not ended yet';
const ENDING = 'this process of the gateway is ending';

function about({ customer_id, provider }: RenewedKey): { readonly customer_id: string; readonly provider: string } {
  return { customer_id, provider };
}

function jittered(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random());
}

function secondsBetween(now: number, then: number): number {
  return Math.max(1, Math.ceil((then - now) / 1000));
}
