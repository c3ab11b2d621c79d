/** Why a change of an Apollo step cannot be made, as far as the sequence shows it. */
import type { Refusal, StepChange } from '#provider';
import type { Whole } from './read.ts';
import { forReplies, goesByExactTimes, lastPosition, NOT_FOR_REPLIES } from './responses.ts';
import type { OneStep } from './snapshot.ts';
import { loneReply } from './threads.ts';
import { isEmail } from './unmodelled.ts';

const VARIANTS = 'This Apollo step has several messages (an A/B test); which one is meant cannot be said here.';
const EXACT = 'This Apollo step runs at an exact time, which `custom_fields.exact_datetime` changes.';
const NO_TIME = 'This Apollo sequence goes by exact times: each of its steps needs one.';
const NO_TIMES = 'This Apollo sequence goes by intervals, and none of its steps has an exact time.';
const NO_MESSAGE = 'Apollo holds no message for this step that could be written.';
const SHARED =
  'An Apollo reply has no subject, and another step of this sequence has the same template: its subject would be erased for both. Give another template with it (template.id).';

const LONE_REPLY = 'A reply of this Apollo sequence would have no email before it, and so no thread.';
const OF_A_REPLY =
  'Apollo rejects a subject on a reply, and a reply of this sequence has the same template. Give another template (template.id).';

export function refusalsOf(change: StepChange, whole: Whole, own: OneStep): readonly Refusal[] {
  const { step, touches } = own;
  const { order, interval_seconds: interval, template, is_reply: isReply } = change;
  const exact = typeof step['exact_datetime'] === 'string' && interval !== undefined;
  const asksMessage = template !== undefined || isReply !== undefined;
  const pointer = template === undefined ? '/is_reply' : '/template';
  const holdsNone = !own.touch || (!own.template && template?.id === undefined);
  return [
    ...(order === undefined || order === step.position ? [] : orderRefusals(order, whole, own)),
    ...(exact ? [refusal('/interval_seconds', EXACT)] : []),
    ...timeRefusals(change, whole),
    ...(asksMessage && touches > 1 ? [{ ...refusal(pointer, VARIANTS), code: 'STEP_HAS_VARIANTS' } as const] : []),
    ...(template && holdsNone ? [refusal(pointer, NO_MESSAGE)] : []),
    ...threadRefusals(change, whole, own),
  ];
}

/** Apollo takes no position that is taken, and steps cannot swap places one by one. */
function orderRefusals(order: number, whole: Whole, { step }: OneStep): readonly Refusal[] {
  const { emailer_steps: steps } = whole;
  const last = lastPosition({ emailer_steps: steps });
  if (order <= last && !steps.some(({ position }) => position === order)) {
    const moved = steps.map((each) => (each.id === step.id ? { ...each, position: order } : each));
    return loneReply(whole, moved) ? [refusal('/order', LONE_REPLY)] : [];
  }
  const detail = `Position ${order} is not free in this Apollo sequence of ${last} steps.`;
  return [{ code: order <= last ? 'ORDER_TAKEN' : 'ORDER_OUT_OF_RANGE', pointer: '/order', detail }];
}

function timeRefusals({ custom_fields: custom = {} }: StepChange, { emailer_campaign: campaign }: Whole) {
  const byTime = goesByExactTimes(campaign);
  const { exact_datetime: time } = custom;
  if (time === undefined || byTime === (time !== null)) return [];
  return [refusal('/custom_fields/exact_datetime', byTime ? NO_TIME : NO_TIMES)];
}

/** The subject is the template's, whatever step has it: a reply has none, and what becomes one loses it. */
function threadRefusals(change: StepChange, whole: Whole, { step, touch, template: now }: OneStep) {
  if (!isEmail(step.type)) return [];
  const { id: another, subject } = change.template ?? {};
  const wasReply = touch?.type === 'reply_to_thread';
  const isReply = change.is_reply ?? wasReply;
  if (another !== undefined)
    return isReply && !forReplies(whole).includes(another) ? [refusal('/template/id', NOT_FOR_REPLIES)] : [];
  const others = (whole.emailer_touches ?? []).filter(
    ({ id, emailer_template_id: used }) => id !== touch?.id && used === now?.id,
  );
  if (isReply && !wasReply && now?.subject && others.length > 0) return [refusal('/is_reply', SHARED)];
  const hasReply = others.some(({ type }) => type === 'reply_to_thread');
  return !isReply && subject && hasReply ? [refusal('/template/subject', OF_A_REPLY)] : [];
}

function refusal(pointer: string, detail: string): Refusal {
  return { code: 'UNSUPPORTED_VALUE', pointer, detail };
}
