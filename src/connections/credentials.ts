/** What is sealed of a connection, and what of it is sent with a call. */
import type { CredentialType } from '../model/credential.ts';
import type { Grant } from '../model/grant.ts';
import { ProblemError } from '../model/problem.ts';
import type { ConnectionInput, ConnectionKey } from '../store/connection-store.ts';
import type { ConnectionRow } from '../store/tables.ts';
import type { Vault } from './vault.ts';

export interface OpenedCredential {
  readonly type: CredentialType;
  readonly secret: string;
}

/** Also which credentials they are, so that what is found out of them is not said of their successors. */
export interface StoredCredential extends OpenedCredential {
  readonly credentials_id: string;
  /** Whose account it is, as far as the gateway can know: a renewal keeps it, whatever else is stored changes it. */
  readonly consent_id: string;
  /** A provider has refused these before; a success with them shows that it is over. */
  readonly is_marked: boolean;
  /** Of a pair that the gateway renews; absent on what the customer has stored. */
  readonly pair?: Pair;
}

/** Times in milliseconds since the epoch. */
export interface Pair {
  readonly minted_at: number;
  readonly expires_at: number;
  /** From when on another access token is asked for. */
  readonly renew_at: number;
  /** A try before that is known to be no use. */
  readonly not_before: number;
  /** False where the server gave none. */
  readonly has_refresh_token: boolean;
}

/** The customer's own; an expiry is the one that was given. */
export interface Opened extends StoredCredential {
  readonly expires_at: number | null;
  /** Why they are refused without a call. */
  readonly refusal?: string;
}

interface SealedPair {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

/** A margin for the calls under way and for clocks that differ; of a short life a tenth. */
const MARGIN_MS = 300_000;

export function sealGrant(vault: Vault, key: ConnectionKey, grant: Grant): ConnectionInput {
  const { access_token, refresh_token, scope, minted_at, expires_at } = grant;
  const pair: SealedPair = {
    access_token,
    ...(refresh_token === undefined ? {} : { refresh_token }),
    ...(scope === undefined ? {} : { scope }),
  };
  return { credential_type: 'oauth2', sealed: vault.seal(JSON.stringify(pair), key), minted_at, expires_at };
}

/** @throws {ProblemError} 424 CONNECTION_UNREADABLE. */
export function openPair(vault: Vault, row: ConnectionRow): SealedPair {
  return JSON.parse(unseal(vault, row)) as SealedPair;
}

/** @throws {ProblemError} 424 CONNECTION_UNREADABLE. */
export function openRow(vault: Vault, row: ConnectionRow): Opened {
  const { credentials_id, consent_id, credential_type: type, expires_at } = row;
  const own = { credentials_id, consent_id, is_marked: row.status === 'needs_reauth' };
  if (type !== 'oauth2') return { type, secret: unseal(vault, row), ...own, expires_at };
  const { access_token, refresh_token } = openPair(vault, row);
  const [minted, ends] = [row.minted_at ?? 0, expires_at ?? 0];
  return {
    type: 'access_token',
    secret: access_token,
    ...own,
    expires_at: null,
    pair: {
      minted_at: minted,
      expires_at: ends,
      not_before: row.refresh_not_before ?? 0,
      renew_at: ends - Math.min(MARGIN_MS, (ends - minted) / 10),
      has_refresh_token: refresh_token !== undefined,
    },
    ...(row.refused_at === null ? {} : { refusal: row.reauth_reason ?? '' }),
  };
}

function unseal(vault: Vault, row: ConnectionRow): string {
  try {
    return vault.open(row.sealed, row);
  } catch (error) {
    const detail =
      'The stored credentials of this connection cannot be opened with the keys of this gateway. Store them again.';
    throw new ProblemError({ code: 'CONNECTION_UNREADABLE', detail, provider: row.provider }, { cause: error });
  }
}
