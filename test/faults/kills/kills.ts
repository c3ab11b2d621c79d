/** All kills, in parts, so that no one of them is still at it when everything else is done. */
import { killSuite } from '../kill-suite.ts';
import { SCENARIOS } from '../scenarios.ts';

const PARTS = 4;
const sides = ['before', 'after'] as const;
const ofSeveralCalls = /create (email|sequence)|batch|change step/;

export function allKills(part: number): void {
  const ofPart = <T>(all: readonly T[]): readonly T[] => all.filter((_, index) => index % PARTS === part % PARTS);
  killSuite(`all kills, part ${part}`, {
    lanes: ofPart([
      ...SCENARIOS.map((scenario) => ({ scenario, goingOn: 'gateway', sides }) as const),
      // These wait for the lease and the grace, as callers have to.
      ...SCENARIOS.filter(({ name }) => ofSeveralCalls.test(name)).map(
        (scenario) => ({ scenario, goingOn: 'caller', sides }) as const,
      ),
    ]),
    without: ofPart(
      SCENARIOS.filter(({ provider, name }) => provider !== 'salesloft' && /create (email|sequence)/.test(name)),
    ),
    notYet: ofPart(SCENARIOS.filter(({ name }) => name === 'create call')),
  });
}
