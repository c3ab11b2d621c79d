/** The tenant of a request: the customer and the provider. What the path or the headers name is checked here. */
import { hideKeys, showsKey } from '../access/key-text.ts';
import { OPERATION_ROUTES, availableRoutes } from '../core/operations.ts';
import { connectionNotFound } from '../connections/connection-problems.ts';
import { isNone, type None } from '../model/cell.ts';
import type { NamedProvider, Operations } from '../model/declaration.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import { operationNotFound } from '../operations/operations.ts';
import type { WholeOperation } from '../store/operation-store.ts';
import type { ConnectionKey } from '../store/connection-store.ts';
import { reaches } from './caller.ts';
import type { Gateway, RequestContext } from './env.ts';
import { pathParam } from './input.ts';

export interface Tenant {
  readonly customer_id: string;
  readonly provider: NamedProvider;
}

const CUSTOMER_ID = /^[A-Za-z0-9._:@+=-]{1,255}$/;

/** @throws {ProblemError} 400 that names every missing or unusable header, 404 for an unknown provider. */
export function readTenant(c: RequestContext, gateway: Gateway): Tenant {
  const [customer, name] = [c.req.header('x-customer-id'), c.req.header('x-provider-name')];
  const problems: Problem[] = [];
  if (customer === undefined) problems.push(missing('x-customer-id', 'whose connection is used'));
  if (name === undefined) problems.push(missing('x-provider-name', 'which provider is called'));
  if (customer !== undefined && !isCustomerId(customer)) {
    problems.push({ code: 'INVALID_HEADER', detail: `x-customer-id ${CUSTOMER_ID_SAYS}`, header: 'x-customer-id' });
  }
  if (problems.length > 0 || customer === undefined || name === undefined) throw new ProblemError(problems);
  const provider = findProvider(gateway, name, { header: 'x-provider-name' });
  Object.assign(c.get('line'), { provider: name, customer_id: customer });
  const tenant = { customer_id: customer, provider };
  requireOwn(c, tenant);
  return tenant;
}

/** The tenant that the path of a connection names. @throws {ProblemError} 404 for a customer id that cannot be, or an unknown provider. */
export function readTenantPath(c: RequestContext, gateway: Gateway): Tenant {
  const customer_id = pathParam(c, 'customer_id');
  const provider = findProvider(gateway, pathParam(c, 'provider'));
  if (!isCustomerId(customer_id))
    throw new ProblemError({ code: 'INVALID_ID', detail: `A customer id ${CUSTOMER_ID_SAYS}.` });
  Object.assign(c.get('line'), { provider: provider.name, customer_id });
  const tenant = { customer_id, provider };
  requireOwn(c, tenant);
  return tenant;
}

export function keyOf({ customer_id, provider }: Tenant): ConnectionKey {
  return { customer_id, provider: provider.name };
}

/**
 * Every way to a customer goes through here or through `findOperation`.
 * @throws {ProblemError} 404, as if there was no such connection, where the API key does not reach the customer.
 */
function requireOwn(c: RequestContext, tenant: Tenant): void {
  if (!reaches(c, tenant.customer_id)) throw connectionNotFound(keyOf(tenant));
}

/** @throws {ProblemError} 404 where there is none, and likewise where it is of a customer that the API key does not reach. */
export async function findOperation(c: RequestContext, { operations }: Gateway, id: string): Promise<WholeOperation> {
  if (!OPERATION_ID.test(id)) throw operationNotFound(hideKeys(id));
  const whole = await operations.get(id);
  if (!reaches(c, whole.row.customer_id)) throw operationNotFound(id);
  const { customer_id, provider } = whole.row;
  Object.assign(c.get('line'), { customer_id, provider, operation_id: id });
  return whole;
}

const OPERATION_ID = /^[0-9a-f-]{36}$/;

/** Names the customer for the log and the audit, because a request may be refused before its handler has read the tenant. */
export function nameTenant(c: RequestContext): void {
  const customer = c.req.param('customer_id') ?? c.req.header('x-customer-id');
  if (customer !== undefined && isCustomerId(customer)) c.get('line').customer_id = customer;
}

export const CUSTOMER_ID_SAYS =
  'must be 1 to 255 characters of A-Z a-z 0-9 . _ : @ + = - and not . or .., nor what looks like an API key of this gateway';

export function isCustomerId(value: string): boolean {
  return CUSTOMER_ID.test(value) && value !== '.' && value !== '..' && !showsKey(value);
}

/** @throws {ProblemError} 404 with the known providers. */
export function findProvider({ registry }: Gateway, name: string, where: Partial<Problem> = {}): NamedProvider {
  const provider = registry.get(name);
  if (provider) return provider;
  const detail = `There is no provider ${JSON.stringify(hideKeys(name))}. Known: ${[...registry.keys()].join(', ')}.`;
  throw new ProblemError({ code: 'PROVIDER_UNKNOWN', detail, ...where });
}

/** @throws {ProblemError} 501 with what the provider has instead. */
export function requireOperation<N extends keyof Operations>(
  provider: NamedProvider,
  name: N,
): Exclude<Operations[N], None> {
  const operation = provider.can[name];
  if (!isNone(operation)) return operation as Exclude<Operations[N], None>;
  const routes = availableRoutes(provider);
  const detail = `${operation.because} ${OPERATION_ROUTES[name]} is not possible there. ${provider.title} has: ${routes.join(', ') || 'nothing'}.`;
  throw new ProblemError({ code: 'OPERATION_NOT_SUPPORTED', detail, provider: provider.name });
}

/** @throws {ProblemError} 404 for an id that no record of this provider can have; nothing is sent. */
export function requireId(provider: NamedProvider, id: string): string {
  if (provider.id.matches(id)) return id;
  const detail = `An id of ${provider.title} is ${provider.id.says}. Nothing was sent.`;
  throw new ProblemError({ code: 'INVALID_ID', detail, provider: provider.name });
}

/** @throws {ProblemError} 404 for an id that no step of this provider can have; nothing is sent. */
export function requireStepId(provider: NamedProvider, id: string): string {
  const reading = provider.can.get_sequence;
  const own = isNone(reading) ? undefined : reading.isStepId;
  if ((own ?? provider.id.matches)(id)) return id;
  const detail = `No step of ${provider.title} has such an id. Nothing was sent.`;
  throw new ProblemError({ code: 'INVALID_ID', detail, provider: provider.name });
}

function missing(header: string, says: string): Problem {
  return { code: 'MISSING_HEADER', detail: `The header ${header} is required: it says ${says}.`, header };
}
