import type { Context } from 'hono';
import { completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { Sandbox, SandboxOptions } from '#sandbox';
import { getSequences, refusal } from './sandbox/get-sequences.ts';
import type { Reply } from './sandbox/get-sequences.ts';
import { presets, sandboxSequence, storedSteps } from './sandbox/presets.ts';
import { worlds } from './sandbox/worlds.ts';

/** Upscale API v2: the preset LinkedIn sequences, which can only be read. Credits and rate limits are not counted. */
export default defineSandbox({ worlds, create: createUpscale });

const API_KEY = 'upscale-sandbox-key';

/** A key that was taken back in the account's settings. */
const REVOKED_KEY = 'upscale-sandbox-revoked-key';

function createUpscale({ world: chosen }: SandboxOptions<typeof worlds> = {}): Sandbox {
  const world = completeWorld(worlds, chosen);
  const { app, calls, answerNext, forget } = recordedApp();
  const sequences = presets(world.last_wait);

  app.get(`${world.base_path === 'root' ? '' : '/api/v2'}/sequences/get_sequences`, (c) => {
    const locked = admit(c.req.header('api-key'));
    return send(c, locked ?? getSequences(sequences, new URL(c.req.url).searchParams, world));
  });
  app.notFound((c) =>
    world.unknown_path === 'html'
      ? c.html('<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>', 404)
      : c.json({ error: 'Not Found' }, 404),
  );

  return {
    app,
    origin: 'https://app.upscaleoutreach.com',
    ...(world.base_path === 'root' ? { base_url: 'https://app.upscaleoutreach.com' } : {}),
    credentials: { api_key: API_KEY },
    templates: [],
    sequences: () => sequences.map(sandboxSequence),
    steps: (sequenceId) => sequences.filter(({ id }) => id === sequenceId).flatMap(storedSteps),
    calls,
    answerNext,
    reset: forget,
  };
}

function admit(key: string | undefined): Reply | undefined {
  if (key === API_KEY) return undefined;
  return refusal(401, `Unauthorized: ${key === REVOKED_KEY ? 'API key has been revoked' : 'Invalid API key'}`);
}

function send(c: Context, { status, body }: Reply): Response {
  return c.json(body, status);
}
