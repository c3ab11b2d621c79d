import { completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { Sandbox, SandboxOptions } from '#sandbox';
import { ACCESS_TOKEN, API_KEY } from './sandbox/door.ts';
import { rateMeter } from './sandbox/rate.ts';
import { mountRoutes } from './sandbox/routes.ts';
import { EXISTING_TEMPLATE_ID, seededState } from './sandbox/seeds.ts';
import { listSequences, listStoredSteps } from './sandbox/state.ts';
import { worlds } from './sandbox/worlds.ts';

/** A fake of the part of Apollo's API (https://api.apollo.io/api/v1) that reads, makes and runs sequences. */
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
