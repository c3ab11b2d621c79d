/** A write of four calls that is under way when the gateway is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../src/sandbox.ts';
import { openGatewayProcess, type GatewayProcess } from './support/gateway-process.ts';
import { prepared, undisturbed, type Prepared } from './faults/kill-run.ts';
import { SCENARIOS } from './faults/scenarios.ts';
import type { Answer } from './support/answer.ts';

export interface Scene {
  readonly gateway: GatewayProcess;
  readonly write: Prepared;
  /** What the provider holds once it is carried out. */
  readonly after: string;
  /** The answer of the write that is under way. */
  readonly answer: Promise<Answer | undefined>;
}

const [EMAIL] = SCENARIOS.filter(({ provider, name }) => provider === 'outreach' && name === 'create email');

/** @param fault what keeps the second call waiting. */
export async function underWay(fault: Fault): Promise<Scene> {
  if (!EMAIL) throw new Error('There is no such write.');
  const gateway = await openGatewayProcess({ STEPGATE_SETTLE_GRACE_SECONDS: '31' });
  const { state: after } = await undisturbed(gateway, EMAIL);
  const write = await prepared(gateway, EMAIL);
  const sandbox = gateway.sandbox('outreach');
  sandbox.addFault({ match: { method: 'POST', path: /sequenceSteps/ }, fault });
  const answer = write.send('key');
  while (sandbox.faults().some(({ struck }) => struck === 0)) await sleep(10);
  return { gateway, write, after, answer };
}
