import { completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { Sandbox, SandboxOptions } from '#sandbox';
import { ACCESS_TOKEN, API_KEY } from './sandbox/door.ts';
import { rateMeter } from './sandbox/rate.ts';
import { mountRoutes } from './sandbox/routes.ts';
import { EXISTING_TEMPLATE_ID, seededState } from './sandbox/seeds.ts';
import { listSequences, listStoredSteps } from './sandbox/state.ts';

/** Where public sources disagree about Apollo; they are named beside the code that a switch changes. */
const worlds = {
  priority_on_auto_email: ['refused', 'accepted'],
  touch_put: ['works', 'fails'],
  touch_for_call: ['null', 'present'],
  daily_headers: ['24-hour', 'daily'],
  page_as: ['number', 'string'],
  search_rows: ['plain', 'with_steps'],
} as const;

/** A fake of the part of Apollo's API (https://api.apollo.io/api/v1) that lists sequences and creates their steps. */
export default defineSandbox({ worlds, create });

function create(options: SandboxOptions<typeof worlds> = {}): Sandbox {
  const world = completeWorld(worlds, options.world);
  const now = options.now ?? Date.now;
  const touchForCall = world.touch_for_call === 'present';
  const meter = rateMeter(now, world.daily_headers);
  const { app, calls, answerNext, forget } = recordedApp();
  let state = seededState(touchForCall);
  mountRoutes(app, { world, state: () => state, meter, now });

  return {
    app,
    origin: 'https://api.apollo.io',
    credentials: { api_key: API_KEY, access_token: ACCESS_TOKEN },
    templates: [EXISTING_TEMPLATE_ID],
    sequences: () => listSequences(state),
    steps: (sequenceId) => listStoredSteps(state, sequenceId),
    calls,
    answerNext,
    reset: () => {
      state = seededState(touchForCall);
      meter.clear();
      forget();
    },
  };
}
