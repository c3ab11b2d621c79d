/** Upscale's error bodies: one flat text. Sources and dates are in README.md beside this file. */
import { z } from 'zod';
import type { ErrorAnswer, ErrorReading } from '#provider';

const envelope = z.object({ error: z.string() });

export function readUpscaleError({ body }: ErrorAnswer): ErrorReading {
  const parsed = envelope.safeParse(body);
  return { messages: parsed.success ? [{ text: parsed.data.error }] : [] };
}
