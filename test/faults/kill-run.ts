/** One SIGKILL at one commit of one write: what is there, what is told, and what a repeat or the gateway itself makes of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { repeated, type GatewayProcess, type KillOrder } from '../support/gateway-process.ts';
import type { Answer } from '../support/answer.ts';
import { countOf, differing, held, isSuccess } from './run.ts';
import type { Scenario } from './scenarios.ts';

/**
 * Who goes on. `caller`: it is back before the lease of the dead process has ended, so that the repeat does it. `gateway`: it
 * comes later, and the gateway has found the operation at its start.
 */
export type GoingOn = 'caller' | 'gateway';

/** The lease is 30 s, and the grace of these processes 31 s: by then both are over, or both are not. */
export const GRACE_SECONDS = '31';
const LATER_MS: Readonly<Record<GoingOn, number>> = { caller: 28_000, gateway: 32_000 };
/** How long the gateway may take to go on by itself. */
const PATIENCE_MS = 8_000;

export interface Kill extends KillOrder {
  readonly scenario: Scenario;
  readonly goingOn: GoingOn;
}

export interface KillVerdict extends Kill {
  readonly lost: boolean;
  readonly doubled: boolean;
  readonly untold: boolean;
  /** Empty where all is as it would have been without the kill. */
  readonly why: string;
}

/** Every kill on this side, until the request comes through with none. */
export async function killEverywhere(
  gateway: GatewayProcess,
  scenario: Scenario,
  goingOn: GoingOn,
  side: KillOrder['side'],
): Promise<readonly KillVerdict[]> {
  const { state } = await undisturbed(gateway, scenario);
  const verdicts: KillVerdict[] = [];
  for (let nth = 1; nth < 50; nth += 1) {
    const verdict = await kill(gateway, { scenario, goingOn, side, nth }, state);
    if (!verdict) return verdicts;
    verdicts.push(verdict);
  }
  throw new Error('It never comes through.');
}

export interface Prepared {
  readonly customer: string;
  /** What the provider holds. */
  readonly state: string;
  readonly send: (key?: string) => Promise<Answer | undefined>;
}

let customers = 0;

/** The provider as at first, and a customer whom the gateway has not seen yet. */
export async function prepared(gateway: GatewayProcess, scenario: Scenario): Promise<Prepared> {
  const { provider, method, body } = scenario;
  const sandbox = gateway.sandbox(provider);
  sandbox.reset();
  const customer = `customer-${(customers += 1)}`;
  await gateway.connect(customer, provider);
  const headers = { 'x-customer-id': customer, 'x-provider-name': provider };
  for (const step of scenario.before ?? []) {
    const answer = await gateway.ask(step.path(sandbox), { ...step, headers });
    if (!answer || answer.status > 299) throw new Error(answer?.text);
  }
  const path = scenario.path(sandbox);
  return {
    customer,
    state: held(sandbox),
    send: (key) =>
      gateway.ask(path, {
        method,
        headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
        ...(body ? { body } : {}),
      }),
  };
}

/** What the provider holds after the write, where nobody dies. */
export async function undisturbed(gateway: GatewayProcess, scenario: Scenario): Promise<{ readonly state: string }> {
  const { send } = await prepared(gateway, scenario);
  const answer = await send('undisturbed');
  if (!answer || !isSuccess(answer)) throw new Error(answer?.text ?? 'The connection broke.');
  return { state: held(gateway.sandbox(scenario.provider)) };
}

/** Undefined where the request comes through, because it has fewer commits. */
async function kill(gateway: GatewayProcess, about: Kill, after: string): Promise<KillVerdict | undefined> {
  const { scenario, goingOn, side, nth } = about;
  const { customer, state: before, send } = await prepared(gateway, scenario);
  const now = (): string => held(gateway.sandbox(scenario.provider));
  gateway.order({ side, nth });
  const first = await send('key');
  if (first) {
    gateway.order();
    if (isSuccess(first) && now() === after) return undefined;
    throw new Error(`${scenario.provider} ${scenario.name}: ${first.text}`);
  }
  const killed = await gateway.ended();
  if (killed.code !== null) throw new Error(`It ended by itself: ${JSON.stringify(killed)}`);
  const left = now();

  await gateway.startAgain(LATER_MS[goingOn]);
  const isListed = async (): Promise<boolean> => (await gateway.open()).some((each) => each.customer_id === customer);
  const listed = await isListed();
  const alone = goingOn === 'gateway' ? await settledAlone(isListed) : true;
  const unaided = now();
  const answer = await repeated(() => send('key'), isSuccess);
  const end = now();
  const replay = await send('key');
  const isDone = answer !== undefined && isSuccess(answer);
  const isStable = now() === end && replay?.text === answer?.text && replay?.status === answer?.status;
  const isClosed = !(await isListed());

  const lost = isDone ? end !== after && countOf(end) <= countOf(after) : countOf(end) < countOf(after);
  const doubled = countOf(end) > countOf(after);
  // Closed and not listed: then the repeat is answered with it.
  const untold = left !== before && !listed && !isDone;
  // Before its first commit nothing is known of it, and nothing was sent.
  const isUnaided = goingOn === 'caller' || unaided === after || (nth === 1 && side === 'before' && unaided === before);
  const isRight = isDone && end === after && isStable && isClosed && !untold && alone && isUnaided;
  const sound = { isDone, isStable, isClosed, alone, isUnaided };
  return {
    ...about,
    lost,
    doubled,
    untold,
    why: isRight
      ? ''
      : `${JSON.stringify(sound)} ${answer?.status ?? 'broken'} ${answer?.text.slice(0, 300) ?? ''} now ${differing(end, after)} expected ${differing(after, end)}`,
  };
}

async function settledAlone(isListed: () => Promise<boolean>): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    if (!(await isListed())) return true;
    await sleep(50);
  }
  return false;
}
