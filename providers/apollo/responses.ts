/** What is read of Apollo's answers. Lenient: only the keys that are used. */
import { z } from 'zod';
import { hex24 } from '#provider';

export const id = z.string().regex(hex24.pattern);

/** A 200 can carry an error instead of the answer; none of the documented answers has the key. */
export const noError = { error: z.undefined().optional() };

export const campaignAnswer = z.object({
  ...noError,
  emailer_campaign: z.object({ sequence_by_exact_daytime: z.boolean().nullish() }).nullish(),
  emailer_steps: z.array(z.object({ id, position: z.int().positive(), type: z.string() })),
  emailer_touches: z.array(z.object({ emailer_step_id: id, type: z.string().nullish() })).nullish(),
  emailer_templates: z.array(z.object({ id, subject: z.string().nullish() })).nullish(),
});

export const stepAnswer = z.object({ ...noError, emailer_step: z.object({ id }) });

/** For a step that sends something Apollo makes a blank touch and template by itself. */
export const messageAnswer = stepAnswer.extend({
  emailer_touch: z.object({ id }),
  emailer_template: z.object({ id }),
});

/** Only that no error came back is read. */
export const doneAnswer = z.object({ ...noError, errors: z.undefined().optional(), message: z.undefined().optional() });

export const templateAnswer = doneAnswer.extend({ emailer_template: z.looseObject({}) });

export const touchAnswer = doneAnswer.extend({ emailer_touch: z.looseObject({}) });

/** What approving answers with is not documented; a touch in it must be approved. */
export const approvedAnswer = doneAnswer.extend({
  emailer_touch: z.object({ status: z.literal('approved').nullish() }).nullish(),
});

export type MessageAnswer = z.infer<typeof messageAnswer>;

/** Whether each step has a time of its own, and its wait means nothing. */
export function goesByExactTimes(campaign: Readonly<Record<string, unknown>> | null | undefined): boolean {
  return campaign?.['sequence_by_exact_daytime'] === true;
}

/** Positions count from 1; 0 where the sequence is empty. */
export function lastPosition({
  emailer_steps: steps,
}: {
  readonly emailer_steps: readonly { readonly position: number }[];
}): number {
  return Math.max(0, ...steps.map(({ position }) => position));
}

/** What adding steps hangs on. */
export function knownOf(campaign: z.infer<typeof campaignAnswer>) {
  return {
    last: lastPosition(campaign),
    step_ids: campaign.emailer_steps.map((step) => step.id),
    for_replies: forReplies(campaign),
  };
}

interface Templates {
  readonly emailer_templates?:
    readonly { readonly id: string; readonly subject?: string | null | undefined }[] | null | undefined;
}

/**
 * The templates that a reply can have: those that are seen to have no subject. Apollo shows a template with a sequence
 * that has it, and nowhere else.
 */
export function forReplies({ emailer_templates: templates }: Templates): readonly string[] {
  return (templates ?? []).flatMap(({ id, subject }) => (subject ? [] : id));
}

export const NOT_FOR_REPLIES =
  'Apollo rejects a subject on a reply, and this template has one, or is not shown in this sequence, so that it cannot be seen to have none. Give the text of the reply (template.body).';
