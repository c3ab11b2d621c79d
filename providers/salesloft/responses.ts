/** What is read of Salesloft's answers. Lenient: only the keys that are used. */
import { z } from 'zod';
import { unmodelled } from '#provider';

const id = z.int().positive();

/** `total_count` is there only where the counts were asked for. */
export const stepCountAnswer = z.object({
  metadata: z.object({ paging: z.object({ total_count: z.int().min(0) }) }),
});

export const stepsAnswer = z.object({
  data: z.array(
    z.object({
      id,
      type: z.string(),
      day: z.int(),
      // Seen as a number and as a string.
      step_number: z.union([z.int(), z.string()]).nullish(),
      name: z.string().nullish(),
    }),
  ),
});

export interface Placed {
  readonly id: number;
  readonly day: number;
  readonly step_number?: number | string | null | undefined;
}

/** As they run: a list of steps is sorted by change; day and number within the day say the order. */
export function inOrder<S extends Placed>(steps: readonly S[]): S[] {
  return steps.toSorted(byRun);
}

export function byRun(a: Placed, b: Placed): number {
  return a.day - b.day || Number(a.step_number ?? 0) - Number(b.step_number ?? 0) || a.id - b.id;
}

const imported = z.object({ data: z.object({ cadence: z.object({ id }) }) });
type Imported = z.infer<typeof imported>;

/**
 * The answer to an import names the cadence, never a step; 200 and 201 are both seen. The check comes after the schema, because
 * zod compiles a schema that is made anew at its first use, which takes longer than all the rest of a create.
 */
export function importAnswer(cadenceId?: number): z.ZodType<Imported> {
  if (cadenceId === undefined) return imported;
  return imported.pipe(
    z.custom<Imported>((answer) => (answer as Imported).data.cadence.id === cadenceId, {
      error: 'another cadence than the one that was sent',
      path: ['data', 'cadence', 'id'],
    }),
  );
}

const template = z.looseObject({
  id,
  title: z.string().nullish(),
  subject: z.string().nullish(),
  body: z.string().nullish(),
  open_tracking_enabled: z.boolean().nullish(),
  click_tracking_enabled: z.boolean().nullish(),
  updated_at: z.string().nullish(),
});

export const templateAnswer = z.object({ data: template });

export const templatesAnswer = z.object({
  data: z.array(template),
  metadata: z.object({ paging: z.object({ next_page: z.int().nullish(), prev_page: z.int().nullish() }) }),
});

export function toTemplate(native: z.infer<typeof template>) {
  const { id: templateId, title, subject, body, updated_at } = native;
  return {
    id: templateId,
    name: title,
    subject,
    body,
    updated_at,
    raw: native,
    unmodelled: unmodelled(native, TEMPLATE_KEYS, TEMPLATE_DEFAULTS),
  };
}

const TEMPLATE_KEYS = [
  ...['id', 'title', 'subject', 'body', 'body_preview', 'template_owner', 'counts', '_links'],
  ...['created_at', 'updated_at', 'last_used_at'],
];
const TEMPLATE_DEFAULTS = {
  open_tracking_enabled: false,
  click_tracking_enabled: false,
  // Whether it belongs to a step of a cadence alone.
  cadence_template: false,
};
