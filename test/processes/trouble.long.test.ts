/** What no process does to itself: one that stands still for longer than its lease, and a server that goes and comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { held, isSuccess } from '../faults/run.ts';
import { SCENARIOS, type Scenario } from '../faults/scenarios.ts';
import type { Fault } from '../../src/sandbox.ts';
import { openFleet, type Fleet } from '../support/fleet.ts';
import { repeated } from '../support/gateway-process.ts';
import type { Answer } from '../support/answer.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { serveSandboxes, type ServedSandboxes } from '../support/served-sandboxes.ts';

/** Longer than a lease, and than the grace after it. */
const LATER_MS = 40_000;
const [STALLED, AWAKE] = [0, 1];
const PROVIDER = 'outreach';

let server: PostgresServer;
let served: ServedSandboxes;
let fleet: Fleet;
let customers = 0;

beforeAll(async () => {
  [server, served] = await Promise.all([startPostgres(), serveSandboxes()]);
  const env = { ...served.env, STEPGATE_SETTLE_GRACE_SECONDS: '3' };
  fleet = await openFleet({ size: 2, databaseUrl: await server.createDatabase(), env });
}, 60_000);
afterAll(async () => {
  await fleet.close();
  await served.close();
  await server.close();
});
afterEach(async () => {
  fleet.nudge(STALLED, 'SIGCONT');
  await fleet.setAhead(0);
});

interface Write {
  readonly send: (place: number, key?: string) => Promise<Answer | undefined>;
  /** What the provider holds after one of it. */
  readonly once: string;
}

function scenario(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.provider === PROVIDER && each.name === name);
  if (!found) throw new Error('There is no such write.');
  return found;
}

/** The write, for a customer whom nobody knows yet: after a reset a sandbox gives the same ids again. */
async function newSend({ method, path, body }: Scenario): Promise<Write['send']> {
  const sandbox = served.sandbox(PROVIDER);
  sandbox.reset();
  const customer = `customer-${(customers += 1)}`;
  const credentials = { type: 'access_token', access_token: sandbox.credentials.access_token };
  await fleet.ask(`/customers/${customer}/connections/${PROVIDER}`, { method: 'PUT', body: { credentials } });
  return (place, key) => {
    const headers = { 'x-customer-id': customer, 'x-provider-name': PROVIDER, prefer: 'wait=60' };
    const keyed = key === undefined ? headers : { ...headers, 'idempotency-key': key };
    return fleet.ask(path(sandbox), { method, headers: keyed, ...(body ? { body } : {}) }, place);
  };
}

async function prepare(about: Scenario): Promise<Write> {
  const undisturbed = await (await newSend(about))(AWAKE);
  expect(undisturbed?.status, undisturbed?.text).toBe(201);
  const once = held(served.sandbox(PROVIDER));
  return { send: await newSend(about), once };
}

/** One process begins, meets the fault and stands still; for the others 40 s pass. */
async function stall(
  write: Write,
  fault: Fault,
  key?: string,
): Promise<{ readonly answer: Promise<Answer | undefined> }> {
  const sandbox = served.sandbox(PROVIDER);
  sandbox.addFault({ match: { method: 'POST', path: /sequenceSteps/ }, fault });
  const answer = write.send(STALLED, key);
  while (sandbox.faults().some(({ struck }) => struck === 0)) await sleep(10);
  // What is answered at once has to be heard.
  await sleep(300);
  fleet.nudge(STALLED, 'SIGSTOP');
  await fleet.setAhead(LATER_MS, [AWAKE]);
  return { answer };
}

async function wake(): Promise<void> {
  fleet.nudge(STALLED, 'SIGCONT');
  await fleet.setAhead(LATER_MS, [STALLED]);
}

/** It is carried out, before the grace of the others is over. */
const LATE: Fault = { kind: 'delay', at: 'after_commit', ms: 1_000 };
/** The call is sent again after that. */
const LATER: Fault = { kind: 'answer', at: 'before_commit', status: 429, headers: { 'retry-after': '6' }, body: {} };

test.each([
  ['in the middle of a call', 'create email', LATE],
  ['before it sends a call again', 'create call', LATER],
])(
  'a process that stands still %s finds that another has gone on, and sends nothing more',
  async (_when, name, fault) => {
    const write = await prepare(scenario(name));
    const sandbox = served.sandbox(PROVIDER);
    const { answer } = await stall(write, fault, 'key');
    const told = await repeated(() => write.send(AWAKE, 'key'), isSuccess);
    expect([told?.status, held(sandbox)], told?.text).toEqual([201, write.once]);
    await wake();
    const late = await answer;
    expect(late?.status, late?.text).not.toBe(500);
    if (late && isSuccess(late)) expect(late.json).toEqual(told?.json);
    expect(held(sandbox), late?.text).toBe(write.once);
    const replay = await write.send(STALLED, 'key');
    expect([replay?.status, replay?.text]).toEqual([201, told?.text]);
    expect(((await fleet.ask('/operations'))?.json as { records: unknown }).records).toEqual([]);
  },
  60_000,
);

test('a write without a key that stood still has lost its turn to another one, and is not sent', async () => {
  const write = await prepare(scenario('create call'));
  const sandbox = served.sandbox(PROVIDER);
  const { answer } = await stall(write, LATER);
  expect((await write.send(AWAKE))?.status).toBe(201);
  await wake();
  const late = await answer;
  expect([late?.status, held(sandbox)], late?.text).toEqual([429, write.once]);
}, 60_000);
