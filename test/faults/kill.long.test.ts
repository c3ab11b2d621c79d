import { killSuite } from './kill-suite.ts';
import { SCENARIOS } from './scenarios.ts';

const sides = ['before', 'after'] as const;
const ofSeveralCalls = /create (email|sequence)|batch|change step/;

killSuite('all kills', {
  lanes: [
    ...SCENARIOS.map((scenario) => ({ scenario, goingOn: 'gateway', sides }) as const),
    // These wait for the lease and the grace, as callers have to.
    ...SCENARIOS.filter(({ name }) => ofSeveralCalls.test(name)).map(
      (scenario) => ({ scenario, goingOn: 'caller', sides }) as const,
    ),
  ],
  without: SCENARIOS.filter(({ provider, name }) => provider !== 'salesloft' && /create (email|sequence)/.test(name)),
  notYet: SCENARIOS.filter(({ name }) => name === 'create call'),
});
