import { adjustableLimits, completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { SandboxOptions, SandboxSequence, StoredStep } from '#sandbox';
import { ORIGIN, outreachAuthorization } from './sandbox/authorization.ts';
import { hourlyBudget, LIMITS, requireMediaType, requireToken } from './sandbox/gate.ts';
import { refusalsOf } from './sandbox/on-demand.ts';
import { routeNotFound } from './sandbox/refusals.ts';
import { addRoutes } from './sandbox/routes.ts';
import { requireScope } from './sandbox/scopes.ts';
import { SEEDED_TEMPLATE_IDS } from './sandbox/seeds.ts';
import { linksOf, seededState, stepsOf } from './sandbox/state.ts';
import type { State, Step } from './sandbox/state.ts';
import { worlds } from './sandbox/worlds.ts';

const ACCESS_TOKEN = 'outreach-sandbox-token';

/** A fake of Outreach's API v2 as far as sequences, their steps, templates and the links between those go. */
export default defineSandbox({
  worlds,
  create: (options: SandboxOptions<typeof worlds> = {}) => {
    const world = completeWorld(worlds, options.world);
    const now = options.now ?? Date.now;
    const limits = adjustableLimits(LIMITS, options.limits);
    const budget = hourlyBudget(world.retry_after, now, () => limits.now().per_hour);
    const recorded = recordedApp({ refusals: refusalsOf(budget, world.retry_after, now) });
    const server = outreachAuthorization(world, now);
    const granted = (header: string) => server.access(/^Bearer (.+)$/.exec(header)?.[1] ?? '');
    const isGood = (header: string): boolean => header === `Bearer ${ACCESS_TOKEN}` || granted(header) !== undefined;
    let state = seededState();

    server.mount(recorded.app);
    recorded.app.use(requireToken(isGood), budget.middleware, requireScope(granted));
    recorded.app.use(requireMediaType(world.content_type));
    addRoutes(recorded.app, { world, now: () => new Date(now()).toISOString(), state: () => state });
    recorded.app.notFound(() => routeNotFound().getResponse());

    return {
      ...recorded.faulty,
      app: recorded.app,
      origin: ORIGIN,
      authorization: server.authorization,
      credentials: { access_token: ACCESS_TOKEN },
      templates: SEEDED_TEMPLATE_IDS,
      sequences: () => sequencesOf(state),
      steps: (sequenceId) => stepsOf(state, Number(sequenceId)).map((step) => storedStep(state, step)),
      calls: recorded.calls,
      limits: limits.now,
      changeLimits: limits.change,
      reset: () => {
        state = seededState();
        limits.reset();
        budget.reset();
        server.reset();
        recorded.forget();
      },
    };
  },
});

const sequencesOf = (state: State): readonly SandboxSequence[] =>
  [...state.sequences.values()].map((sequence) => ({
    id: String(sequence.id),
    name: sequence.attributes.name,
    num_steps: stepsOf(state, sequence.id).length,
    active: sequence.attributes.enabled,
    native: structuredClone(flat(sequence)),
    ...(sequence.seed === undefined ? {} : { seed: sequence.seed }),
  }));

function storedStep(state: State, step: Step): StoredStep {
  const links = linksOf(state, step.id);
  const link = links.find(({ attributes }) => attributes.enabled) ?? links.at(-1);
  const template = link && state.templates.get(link.relationships.template.data.id);
  const { stepType, interval } = step.attributes;
  return structuredClone({
    id: String(step.id),
    type: stepType,
    delay_seconds: interval ?? null,
    live: stepType === 'call' || stepType === 'task' || link?.attributes.enabled === true,
    native: {
      sequenceStep: flat(step),
      ...(template ? { template: flat(template) } : {}),
      ...(link ? { sequenceTemplate: flat(link) } : {}),
    },
  });
}

const flat = ({ attributes, relationships }: { attributes: object; relationships: object }) => ({
  ...attributes,
  relationships,
});
