/** Every column that holds something sealed. A test fails where a table has one that is not here. */
import type { Tables } from './tables.ts';

export interface SealedTable {
  readonly table: keyof Tables;
  /** The primary key, in its order. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly owner: SealedFor;
}

/**
 * Where the customer and the provider of the envelope stand: in the row itself, in that of its operation, or, of what is the
 * gateway's own, a name that no customer can have and a column.
 */
export type SealedFor = 'row' | 'operation' | { readonly customer_id: string; readonly provider_column: string };

/** Stands for a customer where something is the gateway's own: no customer id has a slash. */
export const GATEWAY = '/gateway';

export const SEALED_TABLES: readonly SealedTable[] = [
  { table: 'connections', key: ['customer_id', 'provider'], columns: ['sealed'], owner: 'row' },
  { table: 'operations', key: ['id'], columns: ['sealed_input', 'sealed_answer'], owner: 'row' },
  {
    table: 'operation_items',
    key: ['operation_id', 'item'],
    columns: ['sealed_prepared', 'sealed_result'],
    owner: 'operation',
  },
  {
    table: 'operation_calls',
    key: ['operation_id', 'item', 'position'],
    columns: ['sealed_answer'],
    owner: 'operation',
  },
  { table: 'authorizations', key: ['id'], columns: ['sealed_grant'], owner: 'row' },
  { table: 'secrets', key: ['name'], columns: ['sealed'], owner: { customer_id: GATEWAY, provider_column: 'name' } },
];
