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

export interface Tables {
  connections: ConnectionRow;
}
