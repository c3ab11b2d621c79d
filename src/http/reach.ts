/** How the gateway reaches a provider for a customer: with that customer's credential, and within the limits of the connection. */
import type { CredentialSource, Upstream } from '../core/ports.ts';
import type { PolicyState } from '../limits/budget.ts';
import type { Patience } from '../limits/patience.ts';
import type { CredentialType } from '../model/credential.ts';
import { reachProvider } from '../upstream/upstream.ts';
import type { Gateway, RequestContext } from './env.ts';
import { readWait } from './prefer.ts';
import { budgetHeaders } from './rate-limit.ts';
import { keyOf, type Tenant } from './tenant.ts';

/** The provider as this customer reaches it within a request. The answer to the request tells what is left of the budget. */
export function reach(
  c: RequestContext,
  gateway: Gateway,
  tenant: Tenant,
  credentials: readonly CredentialType[],
): Upstream | Promise<Upstream> {
  return reachConnection(gateway, tenant, credentials, new OfRequest(c, gateway));
}

/** What the provider is reached for: how long that may wait, and what is called back on the way. */
export interface Errand extends Patience {
  readonly request_id: string;
  onCall?(): void;
  /** Handed a function that tells, at any time, how the budget stands that the calls of this errand use. */
  onReach?(standing: () => readonly PolicyState[]): void;
}

/** A class, because every request makes one. */
class OfRequest implements Errand {
  readonly request_id: string;
  readonly deadline: number;
  private readonly c: RequestContext;
  private readonly gateway: Gateway;

  constructor(c: RequestContext, gateway: Gateway) {
    this.request_id = c.get('requestId');
    this.deadline = gateway.clock.now() + readWait(c) * 1000;
    this.c = c;
    this.gateway = gateway;
  }

  signal(): AbortSignal {
    return this.c.req.raw.signal;
  }

  onCall(): void {
    this.c.get('line').calls += 1;
  }

  onReach(standing: () => readonly PolicyState[]): void {
    const { clock } = this.gateway;
    this.c.get('telling').budget = () => budgetHeaders(standing(), clock.now());
  }
}

/** The provider as this customer reaches it: at once where the credential is at hand. A refused credential marks the connection. */
export function reachConnection(
  gateway: Gateway,
  tenant: Tenant,
  accepted: readonly CredentialType[],
  errand: Errand,
): Upstream | Promise<Upstream> {
  const { provider } = tenant;
  const source = gateway.openSource({ key: keyOf(tenant), provider, accepted, request_id: errand.request_id });
  if (!(source instanceof Promise)) return reachWith(gateway, tenant, errand, source);
  return source.then((opened) => reachWith(gateway, tenant, errand, opened));
}

function reachWith(
  { clock, limits, destination }: Gateway,
  { customer_id, provider }: Tenant,
  errand: Errand,
  credentials: CredentialSource,
): Upstream {
  return reachProvider({
    provider,
    destination: destination(provider),
    credentials,
    // Towards the socket, with what the provider's budget, its health and the caller's patience allow.
    through: (socket) => {
      const limited = limits.of(customer_id, provider).open(socket, errand);
      errand.onReach?.(() => limited.standing());
      return limited.transport;
    },
    caller: errand,
    clock,
  });
}
