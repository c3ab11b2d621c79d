/** The tables, in types that SQLite and PostgreSQL share: text ids, milliseconds since the epoch, JSON as text. */
import type { CredentialType } from '../model/credential.ts';

export type ConnectionStatus = 'active' | 'needs_reauth';

export interface ConnectionRow {
  customer_id: string;
  provider: string;
  credential_type: CredentialType;
  /** The credentials, encrypted; see the vault. */
  sealed: string;
  status: ConnectionStatus;
  expires_at: number | null;
  created_at: number;
  updated_at: number;
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
  turns: TurnRow;
  operations: OperationRow;
  operation_items: OperationItemRow;
  operation_calls: OperationCallRow;
  idempotency_keys: IdempotencyKeyRow;
  connections: ConnectionRow;
}
