import type { Context } from 'hono';
import { adjustableLimits, completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { Refusals, Sandbox, SandboxOptions } from '#sandbox';
import { getSequences, refusal } from './sandbox/get-sequences.ts';
import type { Reply } from './sandbox/get-sequences.ts';
import { presets, sandboxSequence, storedSteps } from './sandbox/presets.ts';
import { worlds } from './sandbox/worlds.ts';

/** Upscale API v2: the preset LinkedIn sequences, which can only be read. No rate limit is documented. */
export default defineSandbox({ worlds, create: createUpscale });

const API_KEY = 'upscale-sandbox-key';

/** A key that was taken back in the account's settings. */
const REVOKED_KEY = 'upscale-sandbox-revoked-key';

const INVALID = 'Unauthorized: Invalid API key';
const REVOKED = 'Unauthorized: API key has been revoked';

/** How many credits an account has, and that reading the presets costs any, is not documented: unlimited unless a limit is set. */
const LIMITS = { credits: Infinity } as const;

const NO_CREDITS =
  'Not enough credits remaining to complete this request. Please upgrade your plan or purchase a bundle.';

/**
 * The texts of 401 and 402 are documented; a key that expires is not, and is answered as an unknown one. That there is a
 * 500 is documented without its body. https://www.upscaleoutreach.com/api-docs
 */
const REFUSALS: Refusals = {
  credits_exhausted: () => refusal(402, NO_CREDITS),
  server_error: () => refusal(500, 'Internal Server Error'),
  expired_token: () => refusal(401, INVALID),
  revoked_token: () => refusal(401, REVOKED),
};

function createUpscale(options: SandboxOptions<typeof worlds> = {}): Sandbox {
  const world = completeWorld(worlds, options.world);
  const limits = adjustableLimits(LIMITS, options.limits);
  const { app, calls, faulty, forget } = recordedApp({ refusals: REFUSALS });
  let creditsUsed = 0;
  const sequences = presets(world.last_wait);

  app.get(`${world.base_path === 'root' ? '' : '/api/v2'}/sequences/get_sequences`, (c) => {
    const locked = admit(c.req.header('api-key'));
    if (locked) return send(c, locked);
    if (creditsUsed >= limits.now().credits) return send(c, refusal(402, NO_CREDITS));
    creditsUsed += 1;
    return send(c, getSequences(sequences, new URL(c.req.url).searchParams, world));
  });
  app.notFound((c) =>
    world.unknown_path === 'html'
      ? c.html('<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>', 404)
      : c.json({ error: 'Not Found' }, 404),
  );

  return {
    ...faulty,
    app,
    origin: 'https://app.upscaleoutreach.com',
    ...(world.base_path === 'root' ? { base_url: 'https://app.upscaleoutreach.com' } : {}),
    credentials: { api_key: API_KEY },
    templates: [],
    sequences: () => sequences.map(sandboxSequence),
    steps: (sequenceId) => sequences.filter(({ id }) => id === sequenceId).flatMap(storedSteps),
    calls,
    limits: limits.now,
    changeLimits: limits.change,
    reset: () => {
      creditsUsed = 0;
      limits.reset();
      forget();
    },
  };
}

function admit(key: string | undefined): Reply | undefined {
  if (key === API_KEY) return undefined;
  return refusal(401, key === REVOKED_KEY ? REVOKED : INVALID);
}

function send(c: Context, { status, body }: Reply): Response {
  return c.json(body, status);
}
