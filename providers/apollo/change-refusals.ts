/** Why a change of an Apollo step cannot be made, as far as the sequence shows it. */
import type { Refusal, StepChange } from '#provider';
import type { Whole } from './read.ts';
import { goesByExactTimes, lastPosition } from './responses.ts';
import type { OneStep } from './snapshot.ts';
import { isEmail } from './unmodelled.ts';

const VARIANTS = 'This Apollo step has several messages (an A/B test); which one is meant cannot be said here.';
const EXACT = 'This Apollo step runs at an exact time, which `custom_fields.exact_datetime` changes.';
const NO_TIME = 'This Apollo sequence goes by exact times: each of its steps needs one.';
const NO_TIMES = 'This Apollo sequence goes by intervals, and none of its steps has an exact time.';
const NO_MESSAGE = 'Apollo holds no message for this step that could be written.';
const SHARED =
  'An Apollo reply has no subject, and another step of this sequence has the same template: its subject would be erased for both. Give another template with it (template.id).';

export function refusalsOf(change: StepChange, whole: Whole, own: OneStep): readonly Refusal[] {
  const { step, touches } = own;
  const { order, interval_seconds: interval, template, is_reply: isReply } = change;
  const exact = typeof step['exact_datetime'] === 'string' && interval !== undefined;
  const asksMessage = template !== undefined || isReply !== undefined;
  const pointer = template === undefined ? '/is_reply' : '/template';
  const holdsNone = !own.touch || (!own.template && template?.id === undefined);
  return [
    ...(order === undefined || order === step.position ? [] : orderRefusals(order, whole)),
    ...(exact ? [refusal('/interval_seconds', EXACT)] : []),
    ...timeRefusals(change, whole),
    ...(asksMessage && touches > 1 ? [{ ...refusal(pointer, VARIANTS), code: 'STEP_HAS_VARIANTS' } as const] : []),
    ...(template && holdsNone ? [refusal(pointer, NO_MESSAGE)] : []),
    ...(erasesAnother(change, whole, own) ? [refusal('/is_reply', SHARED)] : []),
  ];
}

/** Apollo takes no position that is taken, and steps cannot swap places one by one. */
function orderRefusals(order: number, { emailer_steps: steps }: Whole): readonly Refusal[] {
  const last = lastPosition({ emailer_steps: steps });
  if (order <= last && !steps.some(({ position }) => position === order)) return [];
  const detail = `Position ${order} is not free in this Apollo sequence of ${last} steps.`;
  return [{ code: order <= last ? 'ORDER_TAKEN' : 'ORDER_OUT_OF_RANGE', pointer: '/order', detail }];
}

function timeRefusals({ custom_fields: custom = {} }: StepChange, { emailer_campaign: campaign }: Whole) {
  const byTime = goesByExactTimes(campaign);
  const { exact_datetime: time } = custom;
  if (time === undefined || byTime === (time !== null)) return [];
  return [refusal('/custom_fields/exact_datetime', byTime ? NO_TIME : NO_TIMES)];
}

/** What becomes a reply loses its subject, and the subject is the template's. */
function erasesAnother({ is_reply: isReply, template }: StepChange, whole: Whole, own: OneStep): boolean {
  const { step, touch, template: now } = own;
  if (isReply !== true || template?.id !== undefined || touch?.type === 'reply_to_thread') return false;
  return isEmail(step.type) && Boolean(now?.subject) && othersWith(now?.id, whole, own).length > 0;
}

function othersWith(templateId: string | undefined, { emailer_touches: touches }: Whole, { touch }: OneStep) {
  return (touches ?? []).filter(({ id, emailer_template_id: used }) => id !== touch?.id && used === templateId);
}

function refusal(pointer: string, detail: string): Refusal {
  return { code: 'UNSUPPORTED_VALUE', pointer, detail };
}
