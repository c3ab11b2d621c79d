/** What is read of Outreach's answers. Lenient: only the keys that are used. */
import { z } from 'zod';

export const id = z.int().positive();

/** Any one resource of which only the id is used. */
export const resourceAnswer = z.object({ data: z.object({ id }) });

export const stepAnswer = z.object({
  data: z.object({ id, attributes: z.object({ interval: z.number().nullish() }).optional() }),
});

/** Whether a new link starts enabled is not documented, nor whether the answer says it. */
export const linkAnswer = z.object({
  data: z.object({ id, attributes: z.object({ enabled: z.boolean().nullish() }).optional() }),
});

export const enabledAnswer = z.object({
  data: z.object({ attributes: z.object({ enabled: z.boolean().nullish() }) }),
});

const activatedAnswer = z.object({
  data: z
    .object({ attributes: z.object({ enabled: z.literal(true, 'still disabled').nullish() }).optional() })
    .nullish(),
});

const deactivatedAnswer = z.object({
  data: z
    .object({ attributes: z.object({ enabled: z.literal(false, 'still enabled').nullish() }).optional() })
    .nullish(),
});

/** An answer that says that it is not so is no success. */
export function switchedAnswer(on: boolean): z.ZodType<object> {
  return on ? activatedAnswer : deactivatedAnswer;
}

export const sequenceAnswer = z.object({
  data: z.object({ attributes: z.object({ sequenceType: z.string() }) }),
});

/**
 * The place in the list that a page link points to. The link is an absolute URL: only its parameter is taken, so that no
 * credentials can follow it to another host.
 */
export function placeOf(link: string | null | undefined, direction: 'after' | 'before'): string | undefined {
  if (!link || !URL.canParse(link)) return undefined;
  const token = new URL(link).searchParams.get(`page[${direction}]`);
  return token ? `${direction}:${token}` : undefined;
}
