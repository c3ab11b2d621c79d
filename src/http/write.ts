/** Every write goes through here. A dry run shows it; otherwise it is carried out, and only once for each idempotency key. */
import { WRITES, type WriteAnswer, type WriteInputs, type WriteKind } from '../core/writes.ts';
import { carryOut, type Tools } from '../operations/carry-out.ts';
import type { Answered, Operation } from '../operations/operation.ts';
import type { Upstream } from '../core/ports.ts';
import type { CredentialType } from '../model/credential.ts';
import { ProblemError } from '../model/problem.ts';
import type { Resumable, Seed } from '../operations/operations.ts';
import { answerNothing, sayHeader } from './answer.ts';
import type { Gateway, RequestContext } from './env.ts';
import { pathWithoutAlias, readIdempotencyKey } from './idempotency-key.ts';
import { countProblems, overallStatus } from './problem-response.ts';
import { errorBody } from './error-body.ts';
import { readQuery, unknownFieldWarnings, type BodyReader } from './input.ts';
import { readHandling } from './prefer.ts';
import { dryRunQuery } from './schemas.ts';
import { reach } from './reach.ts';
import { findProvider, readTenant, requireOperation, type Tenant } from './tenant.ts';
import { answerWithWarnings } from './warnings.ts';

/** What every write begins with. @throws {ProblemError} 400 and 404 for query and headers, 501 where the provider cannot. */
export function beginWrite(c: RequestContext, gateway: Gateway, kind: WriteKind): { tenant: Tenant; dryRun: boolean } {
  const { dry_run: dryRun } = readQuery(c, dryRunQuery);
  const tenant = readTenant(c, gateway);
  requireOperation(tenant.provider, WRITES[kind].operation);
  const isRehearsal = dryRun === 'true';
  c.get('line').dry_run = isRehearsal;
  return { tenant, dryRun: isRehearsal };
}

/** Reads the body of a write, how strictly it is to be handled, and what makes two requests the same. */
export function readAsked<T>(c: RequestContext, { provider }: Tenant, read: BodyReader<T>, body: unknown) {
  const { value, unknown } = read(body);
  const handling = readHandling(c);
  const warnings = unknownFieldWarnings(unknown, provider.name);
  return { value, manner: { handling, warnings }, asked: { body, handling } };
}

export interface WriteRequest<K extends WriteKind> {
  readonly tenant: Tenant;
  readonly kind: K;
  readonly input: WriteInputs[K];
  /** The body and the handling: what makes two requests the same. */
  readonly asked: unknown;
  readonly dryRun: boolean;
}

export function answerWrite<K extends WriteKind>(
  c: RequestContext,
  gateway: Gateway,
  request: WriteRequest<K>,
): Promise<Response> {
  if (request.dryRun) return answerPreview(c, gateway, request);
  const { tenant, kind, input } = request;
  const { customer_id, provider } = tenant;
  const seed = { customer_id, provider: provider.name, kind, request_id: c.get('requestId'), input };
  const key = readIdempotencyKey(c);
  return key === undefined ? answerNew(c, gateway, request, seed) : answerOnce(c, gateway, request, seed, key);
}

async function answerPreview<K extends WriteKind>(
  c: RequestContext,
  gateway: Gateway,
  { tenant, kind, input }: WriteRequest<K>,
): Promise<Response> {
  const upstream = await reach(c, gateway, tenant, credentialsFor(tenant, kind));
  const tools = new RequestTools(gateway, c.get('requestId'));
  const shown = await WRITES[kind].preview(tenant.provider, input, upstream, (error) => tools.describe(error));
  const { requests, warnings } = shown;
  const body = 'results' in shown ? { requests, results: shown.results } : { requests };
  return answerWithWarnings(c, gateway, body, warnings, 200);
}

async function answerNew<K extends WriteKind>(
  c: RequestContext,
  gateway: Gateway,
  request: WriteRequest<K>,
  seed: Seed,
): Promise<Response> {
  return shown(c, gateway, await run(c, gateway, request, gateway.operations.begin(seed)));
}

async function answerOnce<K extends WriteKind>(
  c: RequestContext,
  gateway: Gateway,
  request: WriteRequest<K>,
  seed: Seed,
  key: string,
): Promise<Response> {
  const { customer_id, provider } = request.tenant;
  const scope = [customer_id, provider.name, c.req.method, pathWithoutAlias(c), key];
  const once = await gateway.operations.once({ scope, request: request.asked }, seed, (operation, stored) => {
    c.get('line').operation_id = operation.id;
    return run(c, gateway, { ...request, input: stored as WriteInputs[K] }, operation);
  });
  if ('made' in once) return shown(c, gateway, once.made);
  c.get('line').replayed = true;
  gateway.metrics.replayed(provider.name);
  sayHeader(c, 'idempotent-replayed', 'true');
  return answered(c, gateway, once.replayed);
}

/** Runs without waiting where the provider's credential is at hand. */
function run<K extends WriteKind>(
  c: RequestContext,
  gateway: Gateway,
  { tenant, kind, input }: WriteRequest<K>,
  operation: Operation,
): Promise<WriteAnswer> {
  const { customer_id, provider } = tenant;
  const tools = new RequestTools(gateway, c.get('requestId'));
  const reached = reach(c, gateway, tenant, credentialsFor(tenant, kind));
  if (!(reached instanceof Promise))
    return carryOut({ customer_id, provider, kind, input, upstream: reached }, operation, tools);
  return reached.then((upstream) => carryOut({ customer_id, provider, kind, input, upstream }, operation, tools));
}

function credentialsFor({ provider }: Tenant, kind: WriteKind): readonly CredentialType[] {
  return requireOperation(provider, WRITES[kind].operation).credentials;
}

/** Goes on with an operation that an earlier run has left. */
export async function goOn(
  gateway: Gateway,
  { row, input, operation }: Resumable,
  reachWith: (credentials: readonly CredentialType[]) => Upstream | Promise<Upstream>,
  request_id: string,
): Promise<WriteAnswer> {
  const provider = findProvider(gateway, row.provider);
  const kind = row.kind as WriteKind;
  const upstream = await reachWith(credentialsFor({ customer_id: row.customer_id, provider }, kind));
  const work = { customer_id: row.customer_id, provider, kind, input: input as WriteInputs[typeof kind], upstream };
  return carryOut(work, operation, new RequestTools(gateway, request_id));
}

/** A class, because every write makes one. */
class RequestTools implements Tools {
  readonly clock: Gateway['clock'];
  readonly turns: Gateway['turns'];
  readonly graceMs: number;
  private readonly gateway: Gateway;
  private readonly request_id: string;

  constructor(gateway: Gateway, request_id: string) {
    this.clock = gateway.clock;
    this.turns = gateway.turns;
    this.graceMs = gateway.graceMs;
    this.gateway = gateway;
    this.request_id = request_id;
  }

  describe(error: ProblemError): ReturnType<Tools['describe']> {
    const { problems } = error;
    countProblems(this.gateway.metrics, error);
    return { status: overallStatus(problems), errors: problems.map((problem) => errorBody(problem, this.request_id)) };
  }

  unforeseen(error: unknown): void {
    const { request_id } = this;
    const name = error instanceof Error ? error.name : typeof error;
    this.gateway.log.error({ request_id, error: name }, 'unforeseen in a write');
  }
}

export function answered(c: RequestContext, gateway: Gateway, answer: Answered): Response {
  if ('problems' in answer) throw new ProblemError(answer.problems);
  return shown(c, gateway, answer.answer);
}

export function shown(
  c: RequestContext,
  gateway: Gateway,
  { status, body, warnings, inside = [] }: WriteAnswer,
): Response {
  if (status === 204) return answerNothing(c);
  return answerWithWarnings(c, gateway, body ?? {}, warnings, status, inside);
}
