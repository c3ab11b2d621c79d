import type { Tenant } from './tenant.ts';

/** What a write takes its turn on: the sequence, or the whole connection where the provider says so or nothing exists yet. */
export function turnOf({ customer_id, provider }: Tenant, sequenceId?: string): string {
  const own = provider.turn === 'sequence' && sequenceId !== undefined ? [sequenceId] : [];
  return JSON.stringify([customer_id, provider.name, ...own]);
}
