import { killSuite } from './kill-suite.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const those = (provider: string, name: string): readonly Scenario[] =>
  SCENARIOS.filter((each) => each.provider === provider && each.name === name);

killSuite('a sample of the kills', {
  lanes: [
    ...those('salesloft', 'create email').map(
      (scenario) => ({ scenario, goingOn: 'caller', sides: ['after'] }) as const,
    ),
    ...those('outreach', 'create email').map(
      (scenario) => ({ scenario, goingOn: 'gateway', sides: ['before'] }) as const,
    ),
    ...those('outreach', 'delete sequence').map(
      (scenario) => ({ scenario, goingOn: 'gateway', sides: ['after'] }) as const,
    ),
  ],
});
