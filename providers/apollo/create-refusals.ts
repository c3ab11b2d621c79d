/** Why a step cannot be added to an Apollo sequence, as far as the sequence shows it. */
import type { Refusal } from '#provider';
import type { Step } from './facts.ts';
import { NOT_FOR_REPLIES } from './responses.ts';

interface Known {
  readonly last: number;
  readonly for_replies: readonly string[];
}

export function refusalsOfStep(
  { order, is_reply: isReply, template }: Step,
  step: number,
  { last, for_replies: forReplies }: Known,
): readonly Refusal[] {
  const next = last + 1 + step;
  const unfit = isReply && template?.id !== undefined && !forReplies.includes(template.id);
  return [
    ...(order === undefined || order === next ? [] : [{ ...orderRefusal(order, next), step }]),
    ...(unfit ? [{ code: 'UNSUPPORTED_VALUE', pointer: '/template/id', detail: NOT_FOR_REPLIES, step } as const] : []),
  ];
}

function orderRefusal(order: number, next: number): Refusal {
  const detail = `This Apollo sequence has ${next - 1} ${next === 2 ? 'step' : 'steps'}; the next position is ${next}. Leave order out to add the step at the end.`;
  return { code: order < next ? 'ORDER_TAKEN' : 'ORDER_OUT_OF_RANGE', pointer: '/order', detail };
}
