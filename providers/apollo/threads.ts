/** Which emails start a thread, and which replies are left without one. */
import { isEmail } from './unmodelled.ts';

type Steps = readonly { readonly id: string; readonly position: number; readonly type: string }[];

interface Sequence {
  readonly emailer_steps: Steps;
  readonly emailer_touches?:
    readonly { readonly emailer_step_id: string; readonly type?: string | null | undefined }[] | null | undefined;
}

/** Whether some step starts a thread that a later email can reply in. */
export function startsThread(steps: readonly { readonly type: string }[]): boolean {
  return steps.some(({ type }) => isEmail(type));
}

/** The reply that comes before every other email, once the steps are those of `after`: it has no thread then. */
export function loneReply({ emailer_steps: before, emailer_touches: touches }: Sequence, after: Steps) {
  const first = firstEmail(after);
  if (!first || first.id === firstEmail(before)?.id) return undefined;
  const isReply = touches?.some((touch) => touch.emailer_step_id === first.id && touch.type === 'reply_to_thread');
  return isReply ? first : undefined;
}

function firstEmail(steps: Steps) {
  return steps.toSorted((a, b) => a.position - b.position).find(({ type }) => isEmail(type));
}

export function refusalToDelete(stepId: string, whole: Sequence) {
  const { emailer_steps: steps } = whole;
  const left = steps.filter(({ id }) => id !== stepId);
  if (left.length === steps.length)
    return { code: 'PROVIDER_RECORD_NOT_FOUND', detail: `This Apollo sequence has no step ${stepId}.` } as const;
  const reply = loneReply(whole, left);
  if (!reply) return undefined;
  const detail = `Step ${reply.id} at position ${reply.position} replies in the thread that this email starts, and would have neither a thread nor a subject. Delete it first, or let it start a thread (is_reply: false, with a subject).`;
  return { code: 'UNSUPPORTED_VALUE', detail } as const;
}
