/** API keys for the tests of the door. */
import { expect } from 'vitest';
import type { Answer } from '../support/answer.ts';
import type { Ask, House } from '../support/house.ts';
import type { Asked } from './support.ts';

export interface MadeKey {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly prefix: string;
  readonly customers?: readonly string[];
  readonly status: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly api_key: string;
}

export type Asking = Pick<House, 'ask'>;

export function postKey(at: Asking, body: unknown): Promise<Answer> {
  return at.ask('/api_keys', { method: 'POST', body });
}

export async function makeKey(
  at: Asking,
  role: 'read' | 'write' | 'admin' = 'write',
  customers?: readonly string[],
): Promise<MadeKey> {
  const answer = await postKey(at, { name: `a ${role} key`, role, ...(customers ? { customers } : {}) });
  expect(answer.status, answer.text).toBe(201);
  return (answer.json as { record: MadeKey }).record;
}

export function revokeKey(at: Asking, id: string): Promise<Answer> {
  return at.ask(`/api_keys/${id}`, { method: 'DELETE' });
}

/** The house as whoever has this key meets it. */
export function as(at: Asked, { api_key }: Pick<MadeKey, 'api_key'>): Asked {
  return {
    sandbox: at.sandbox,
    ask: (path, { headers = {}, ...rest }: Ask = {}) =>
      at.ask(path, { ...rest, headers: { 'x-api-key': api_key, ...headers } }),
  };
}

export interface Entry {
  readonly id: string;
  readonly at: string;
  readonly key_id: string;
  readonly action: string;
  readonly target?: string;
  readonly customer_id?: string;
  readonly provider_name?: string;
  readonly request_id: string;
  readonly status?: number;
  readonly outcome: string;
  readonly operation_id?: string;
}

/** Oldest first. */
export async function auditOf(at: Asking, query = 'page_size=100'): Promise<readonly Entry[]> {
  const answer = await at.ask(`/audit?${query}`);
  expect(answer.status, answer.text).toBe(200);
  return (answer.json as { records: readonly Entry[] }).records.toReversed();
}
