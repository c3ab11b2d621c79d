/** The tables, in types that SQLite and PostgreSQL share: text ids, milliseconds since the epoch, JSON as text. */
import type { Kysely } from 'kysely';
import type { CredentialType } from '../model/credential.ts';
import type { Role } from '../model/role.ts';

export type ConnectionStatus = 'active' | 'needs_reauth';

/** What is stored; `oauth2` is a pair of tokens that the gateway renews, and reaches the provider as an access token. */
export type StoredType = CredentialType | 'oauth2';

export interface ConnectionRow {
  customer_id: string;
  provider: string;
  credential_type: StoredType;
  /** The credentials, encrypted; see the vault. */
  sealed: string;
  /** Another one with each storing of other credentials; sealing the same ones anew keeps it. */
  credentials_id: string;
  /** Another one with each storing by a customer or an owner's consent, which may be of another account; renewing keeps it. */
  consent_id: string;
  status: ConnectionStatus;
  /** Why it needs other credentials, for people; null while it is active. */
  reauth_reason: string | null;
  /** Of an oauth2 pair: that of its access token. */
  expires_at: number | null;
  /** When no key was found to open the credentials. */
  quarantined_at: number | null;
  created_at: number;
  updated_at: number;
  /** When the pair was asked for. The columns from here on are of oauth2 alone. */
  minted_at: number | null;
  /** When the server refused to renew it, for good. */
  refused_at: number | null;
  /** Who renews it now; nobody when it is null, or when `refresh_until` has passed. */
  refresh_owner: string | null;
  refresh_until: number;
  /** When the server was asked and nothing is known yet of what came of it. */
  refresh_sent_at: number | null;
  refresh_not_before: number | null;
  /** Why the last renewal came to nothing. */
  refresh_failure: string | null;
  /** When the server was asked and its answer was lost: the refresh token may have been used up then. */
  refresh_lost_at: number | null;
}

/**
 * `open`: not finished; a repeat with its key, or a resume, goes on with it. `done` and `refused` are closed, with the
 * answer that was given.
 */
export type OperationStatus = 'open' | 'done' | 'refused';

/** One write of a caller that reached a provider, or may have. What is sealed is emptied when it has been kept long enough. */
export interface OperationRow {
  id: string;
  customer_id: string;
  provider: string;
  kind: string;
  /** The scope of its idempotency key; null without one. */
  key_scope: string | null;
  request_id: string;
  status: OperationStatus;
  /** What the caller asked, sealed. */
  sealed_input: string | null;
  /** What the caller was answered last, sealed. */
  sealed_answer: string | null;
  /** Who works at it; nobody when it is null. */
  lease_owner: string | null;
  lease_until: number;
  created_at: number;
  updated_at: number;
  closed_at: number | null;
}

/** One part of an operation: the only one, or one record of a batch. */
export interface OperationItemRow {
  operation_id: string;
  item: number;
  /** The plan and what was looked up for it, sealed. */
  sealed_prepared: string | null;
  /** How a record of a batch ended, sealed. */
  sealed_result: string | null;
}

/** `intended` is all that is known of a call that was sent, or was about to be, when the gateway ended. */
export type CallState = 'intended' | 'done' | 'refused' | 'unknown';

export interface OperationCallRow {
  operation_id: string;
  item: number;
  position: number;
  method: string;
  path: string;
  /** SHA-256 of method, path and body. */
  hash: string;
  state: CallState;
  sealed_answer: string | null;
  /** What the call made or changed, as `kind` and id. */
  made_kind: string | null;
  made_id: string | null;
  changed_kind: string | null;
  changed_id: string | null;
  sent_at: number;
  answered_at: number | null;
}

export interface IdempotencyKeyRow {
  scope: string;
  fingerprint: string;
  operation_id: string;
  created_at: number;
}

export interface TurnRow {
  key: string;
  owner: string;
  until: number;
}

/** What the gateway keeps of itself, sealed. */
export interface SecretRow {
  name: string;
  sealed: string;
}

/** One of the gateway's own keys. Of the key itself there is only its beginning and a keyed hash. */
export interface ApiKeyRow {
  id: string;
  prefix: string;
  /** HMAC-SHA256 of the whole key, in hex. */
  hash: string;
  name: string;
  role: Role;
  /** A JSON array of the customers that it reaches; null for all of them. */
  customers: string | null;
  created_at: number;
  /** The id of the key that made it. */
  created_by: string;
  revoked_at: number | null;
  revoked_by: string | null;
}

/** `done` and `replayed` were answered with success, `refused` is 4xx, `failed` 5xx, `unknown` what may have been done. */
export type AuditOutcome = 'done' | 'replayed' | 'refused' | 'failed' | 'unknown' | 'needs_reauth';

/** Who did what for whom, when, and what came of it. Rows are added, and removed when they are old; nothing changes one. */
export interface AuditRow {
  /** Sorts by time. */
  id: string;
  at: number;
  /** The id of an API key; `gateway` for what it does by itself. */
  key_id: string;
  action: string;
  /** The path of the request, without its query. */
  target: string | null;
  customer_id: string | null;
  provider: string | null;
  request_id: string;
  status: number | null;
  outcome: AuditOutcome;
  operation_id: string | null;
  /** How many requests it stands for. */
  times: number;
}

/** That among the entries of a stretch of time there is one of this customer, action or key. */
export interface AuditStretchRow {
  named: 'customer_id' | 'action' | 'key_id';
  value: string;
  /** The beginning of the entries' ids. */
  stretch: string;
}

/** A master key that something is sealed with, or may be. The key itself is nowhere in the database. */
export interface EncryptionKeyRow {
  id: string;
  /** A known value, sealed with the key. */
  check_value: string;
  /** When a gateway last said that it seals with it; 0 where none has. */
  active_seen_at: number;
}

/**
 * `open`: nobody has gone to the provider with it. `started`: one browser has. `returned`: that browser has come back, and
 * the code is being exchanged. `granted`: the grant waits for the backend's word. `confirmed`, `failed`: over.
 */
export type AuthorizationStatus = 'open' | 'started' | 'returned' | 'granted' | 'confirmed' | 'failed';

/** One try of a person to connect an account. What opens it anywhere is kept as SHA-256 only. */
export interface AuthorizationRow {
  id: string;
  customer_id: string;
  provider: string;
  return_url: string;
  status: AuthorizationStatus;
  start_hash: string;
  /** Of the cookie of the browser that went to the provider. */
  browser_hash: string | null;
  state_hash: string | null;
  confirmation_hash: string | null;
  /** What the provider gave, until it is confirmed or dropped. */
  sealed_grant: string | null;
  /** Why it failed, in the word that the return URL was told. */
  error: string | null;
  created_at: number;
  /** The end of the step that it is at. */
  expires_at: number;
}

/** A budget that several processes spend. */
export interface BudgetWindowsRow {
  provider: string;
  customer_id: string;
  /** Empty where all calls count together. */
  endpoint: string;
  /** What has been granted of each window, as JSON. */
  state: string;
  /** Another one with each change. */
  revision: string;
  ends_at: number;
}

export interface Tables {
  budget_windows: BudgetWindowsRow;
  authorizations: AuthorizationRow;
  secrets: SecretRow;
  api_keys: ApiKeyRow;
  audit: AuditRow;
  audit_stretches: AuditStretchRow;
  encryption_keys: EncryptionKeyRow;
  turns: TurnRow;
  operations: OperationRow;
  operation_items: OperationItemRow;
  operation_calls: OperationCallRow;
  idempotency_keys: IdempotencyKeyRow;
  connections: ConnectionRow;
}

export type Database = Kysely<Tables>;
