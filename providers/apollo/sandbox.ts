import { adjustableLimits, completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { Sandbox, SandboxOptions } from '#sandbox';
import { apolloAuthorization, ORIGIN } from './sandbox/authorization.ts';
import { ACCESS_TOKEN, API_KEY } from './sandbox/door.ts';
import { LIMITS, rateMeter } from './sandbox/rate.ts';
import { refusalsOf } from './sandbox/refusals.ts';
import { mountRoutes } from './sandbox/routes.ts';
import { EXISTING_TEMPLATE_ID, seededState } from './sandbox/seeds.ts';
import { listSequences, listStoredSteps } from './sandbox/state.ts';
import { sequenceWrites } from './sandbox/sequence-writes.ts';
import { worlds } from './sandbox/worlds.ts';

/** A fake of the part of Apollo's API (https://api.apollo.io/api/v1) that reads, makes and runs sequences. */
export default defineSandbox({ worlds, create });

function create(options: SandboxOptions<typeof worlds> = {}): Sandbox {
  const world = completeWorld(worlds, options.world);
  const now = options.now ?? Date.now;
  const touchForCall = world.touch_for_call === 'present';
  const limits = adjustableLimits(LIMITS, options.limits);
  const meter = rateMeter(now, world.daily_headers, limits.now);
  const server = apolloAuthorization({ now, loopback: options.loopback_redirects ?? false });
  const writes = sequenceWrites(server.access);
  const { app, calls, faulty, forget } = recordedApp({
    refusals: refusalsOf(meter),
    onArrival: writes.enter,
  });
  let state = seededState(touchForCall);
  server.mount(app);
  mountRoutes(app, { world, state: () => state, meter, writes, now, granted: server.access });

  return {
    ...faulty,
    app,
    origin: ORIGIN,
    authorization: server.authorization,
    credentials: { api_key: API_KEY, access_token: ACCESS_TOKEN },
    templates: [EXISTING_TEMPLATE_ID],
    sequences: () => listSequences(state),
    steps: (sequenceId) => listStoredSteps(state, sequenceId),
    calls,
    limits: limits.now,
    changeLimits: limits.change,
    reset: () => {
      state = seededState(touchForCall);
      limits.reset();
      meter.clear();
      server.reset();
      forget();
    },
  };
}
