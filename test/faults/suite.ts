/** The fault suite: every call of every write meets every fault. */
import { describe, expect, test, beforeAll, afterAll } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/upstream/exchange.ts';
import { openHouse, type House } from '../support/house.ts';
import { clean, FAULTS, strike, type Verdict } from './run.ts';
import { SCENARIOS } from './scenarios.ts';

/** Faults after which the gateway has to give up: only then is it in a hurry. */
const IMPATIENT = { ...DEFAULT_LIMITS, totalTimeoutMs: 200 };

/** A scenario is struck by each fault at each of its calls. */
const TIMEOUT_MS = 300_000;

/** @param chosen which of the faults a call meets, by the number of the call counted over everything. */
export function faultSuite(name: string, chosen: (fault: string, cell: number) => boolean): void {
  describe(name, () => {
    let house: House;
    const verdicts: Verdict[] = [];
    beforeAll(async () => {
      house = await openHouse({ limits: IMPATIENT });
    });
    afterAll(async () => {
      await house.close();
      console.log(`${name}\n${table(verdicts)}`);
    });

    let counted = 0;
    test.each(SCENARIOS)(
      '$provider: $name',
      async (scenario) => {
        const without = await clean(house, scenario);
        const own: Verdict[] = [];
        for (const call of without.writes.keys()) {
          for (const fault of Object.keys(FAULTS)) {
            counted += 1;
            if (chosen(fault, counted)) own.push(await strike(house, { scenario, call, fault }, without));
          }
        }
        verdicts.push(...own);
        const wrong = own.filter(({ lost, doubled, untold, why }) => lost || doubled || untold || why !== '');
        expect(wrong.map(({ call, fault, first, why }) => `call ${call}, ${fault}, ${first}: ${why}`)).toEqual([]);
      },
      TIMEOUT_MS,
    );
  });
}

function table(verdicts: readonly Verdict[]): string {
  const rows = [...new Set(verdicts.map(({ scenario }) => scenario.provider))].map((provider) => {
    const own = verdicts.filter(({ scenario }) => scenario.provider === provider);
    const count = (is: (verdict: Verdict) => boolean): number => own.filter(is).length;
    return {
      provider,
      injected: own.length,
      survived: count(({ why }) => why === ''),
      lost: count((each) => each.lost),
      doubled: count((each) => each.doubled),
      untold: count((each) => each.untold),
    };
  });
  const head =
    '| provider | faults injected | survived | lost | doubled | untold |\n| --- | --- | --- | --- | --- | --- |';
  return [head, ...rows.map((row) => `| ${Object.values(row).join(' | ')} |`)].join('\n');
}
