/** Every read in a provider begins here; `write.ts` has the same for writes. */
import type { z } from 'zod';
import type { Upstream } from '../core/ports.ts';
import type { Gateway, RequestContext } from './env.ts';
import { readQuery } from './input.ts';
import { reach } from './reach.ts';
import { readTenant, requireOperation } from './tenant.ts';

type Reading = 'get_sequence' | 'list_sequences' | 'list_templates';

interface ReadQuery {
  readonly include_raw_data?: 'true' | 'false' | undefined;
}

/** @throws {ProblemError} 400 and 404 for query and headers, 501 where the provider cannot. */
export function beginRead<N extends Reading, Q extends ReadQuery>(
  c: RequestContext,
  gateway: Gateway,
  name: N,
  query: z.ZodType<Q>,
) {
  const { include_raw_data, ...asked } = readQuery(c, query);
  const tenant = readTenant(c, gateway);
  const operation = requireOperation(tenant.provider, name);
  // Called once the rest of the request is known to be right, because it needs the connection.
  const upstream = (): Upstream | Promise<Upstream> => reach(c, gateway, tenant, operation.credentials);
  return { tenant, operation, asked, raw: include_raw_data === 'true', upstream };
}
