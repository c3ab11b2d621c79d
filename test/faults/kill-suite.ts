/**
 * The gateway dies between every two commits of its journal. Each write has a process and a database of its own. They run beside
 * each other, so that each has an `expect` of its own.
 */
import { afterAll, describe, test } from 'vitest';
import { openGatewayProcess, type KillOrder } from '../support/gateway-process.ts';
import { GRACE_SECONDS, killEverywhere, prepared, undisturbed, type GoingOn, type KillVerdict } from './kill-run.ts';
import { held } from './run.ts';
import type { Scenario } from './scenarios.ts';

export interface Lane {
  readonly scenario: Scenario;
  readonly goingOn: GoingOn;
  readonly sides: readonly KillOrder['side'][];
}

const TIMEOUT_MS = 900_000;

export interface Kills {
  readonly lanes: readonly Lane[];
  /** Without a key. */
  readonly without?: readonly Scenario[];
  /** Killed before the first call, and found by the gateway while that may still be carried out. */
  readonly notYet?: readonly Scenario[];
}

export function killSuite(name: string, { lanes, without = [], notYet = [] }: Kills): void {
  describe.concurrent(name, () => {
    const verdicts: KillVerdict[] = [];
    afterAll(() => {
      console.log(`${name}\n${table(verdicts)}`);
    });

    test.for(lanes)(
      '$scenario.provider: $scenario.name, and the $goingOn goes on',
      { timeout: TIMEOUT_MS },
      async ({ scenario, goingOn, sides }, { expect }) => {
        const gateway = await openGatewayProcess({ STEPGATE_SETTLE_GRACE_SECONDS: GRACE_SECONDS });
        try {
          const own: KillVerdict[] = [];
          for (const side of sides) own.push(...(await killEverywhere(gateway, scenario, goingOn, side)));
          verdicts.push(...own);
          expect(own.length).toBeGreaterThan(0);
          const wrong = own.filter(({ why }) => why !== '');
          expect(wrong.map(({ side, nth, why }) => `${side} commit ${nth}: ${why}`)).toEqual([]);
        } finally {
          await gateway.close();
        }
      },
    );

    test.for(notYet)(
      '$provider: $name is looked at again while it cannot be known yet',
      { timeout: TIMEOUT_MS },
      async (scenario, { expect }) => {
        const gateway = await openGatewayProcess({ STEPGATE_SETTLE_GRACE_SECONDS: '40' });
        try {
          const { state: after } = await undisturbed(gateway, scenario);
          const { send, state: before } = await prepared(gateway, scenario);
          gateway.order({ side: 'after', nth: 1 });
          expect(await send('key')).toBeUndefined();
          await gateway.startAgain(32_000);
          await gateway.printed(/an interrupted write is not finished yet/);
          expect(held(gateway.sandbox(scenario.provider))).toBe(before);
          await expect.poll(() => gateway.open(), { timeout: 30_000, interval: 500 }).toEqual([]);
          expect(held(gateway.sandbox(scenario.provider))).toBe(after);
        } finally {
          await gateway.close();
        }
      },
    );

    test.for(without)(
      '$provider: $name without a key is told, left alone, and gone on with when somebody says so',
      { timeout: TIMEOUT_MS },
      async (scenario, { expect }) => {
        const gateway = await openGatewayProcess({ STEPGATE_SETTLE_GRACE_SECONDS: GRACE_SECONDS });
        const sandbox = gateway.sandbox(scenario.provider);
        try {
          const { state: after } = await undisturbed(gateway, scenario);
          for (const nth of [1, 2, 3]) {
            const { customer, send } = await prepared(gateway, scenario);
            gateway.order({ side: 'after', nth });
            if (await send()) break;
            await gateway.ended();
            const left = { state: held(sandbox), calls: sandbox.calls().length };
            await gateway.startAgain(32_000);
            const [line] = await gateway.printed(/.*a write was interrupted.*/);
            const open = (await gateway.open()).filter((each) => each.customer_id === customer);
            expect(open).toMatchObject([{ under_way: false }]);
            expect(line).toContain(open[0]?.id);
            expect({ state: held(sandbox), calls: sandbox.calls().length }).toEqual(left);
            const answer = await gateway.ask(`/operations/${open[0]?.id ?? ''}/actions/resume`, { method: 'POST' });
            expect([answer?.status, held(sandbox)], answer?.text).toEqual([201, after]);
          }
        } finally {
          await gateway.close();
        }
      },
    );
  });
}

function table(verdicts: readonly KillVerdict[]): string {
  const rows = [...new Set(verdicts.map(({ scenario }) => scenario.provider))].toSorted().map((provider) => {
    const own = verdicts.filter(({ scenario }) => scenario.provider === provider);
    const count = (is: (verdict: KillVerdict) => boolean): number => own.filter(is).length;
    const bad = [count((each) => each.lost), count((each) => each.doubled), count((each) => each.untold)];
    return [provider, own.length, count(({ why }) => why === ''), ...bad];
  });
  const head = '| provider | kills | survived | lost | doubled | untold |\n| --- | --- | --- | --- | --- | --- |';
  return [head, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}
