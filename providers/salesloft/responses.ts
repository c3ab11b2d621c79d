/** What is read of Salesloft's answers. Lenient: only the keys that are used. */
import { z } from 'zod';

const id = z.int().positive();

/** `total_count` is there only where the counts were asked for. */
export const stepCountAnswer = z.object({
  metadata: z.object({ paging: z.object({ total_count: z.int().min(0) }) }),
});

export const stepsAnswer = z.object({
  data: z.array(z.object({ id, type: z.string(), day: z.int(), name: z.string().nullish() })),
});

/** The answer to an import names the cadence, never a step; 200 and 201 are both seen. */
export const importAnswer = z.object({ data: z.object({ cadence: z.object({ id }) }) });

export const templateAnswer = z.object({
  data: z.object({
    title: z.string().nullish(),
    subject: z.string().nullish(),
    body: z.string().nullish(),
    open_tracking_enabled: z.boolean().nullish(),
    click_tracking_enabled: z.boolean().nullish(),
  }),
});

export const cadencesAnswer = z.object({
  data: z.array(z.object({ id, name: z.string().nullish() })),
  metadata: z.object({ paging: z.object({ next_page: z.int().nullish(), prev_page: z.int().nullish() }) }),
});
