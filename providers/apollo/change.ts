/**
 * Changing an Apollo step. A 200 of these endpoints does not prove the change: fields were seen to be dropped in silence,
 * so the step is read again and compared.
 */
import type { ChangeReport, PlannedChange, Read, Send, StepChange, StepNow, StepTarget } from '#provider';
import { largestUnit } from '#provider';
import { approve, WAIT_MODES } from './calls.ts';
import { hasContent, wholeAnswer, type Whole } from './read.ts';
import { doneAnswer, lastPosition, startsThread, templateAnswer, touchAnswer } from './responses.ts';
import { comparable, stepOf, type OneStep } from './snapshot.ts';

const VARIANTS = 'This Apollo step has several messages (an A/B test); which one is meant cannot be said here.';
const EXACT = 'This Apollo step runs at an exact time, which is changed in Apollo.';
const NO_MESSAGE = 'Apollo holds no message for this step that could be written.';

interface Known {
  readonly whole: Whole;
  readonly own: OneStep;
}

export async function lookAtStep(
  { sequence_id, step_id }: StepTarget,
  change: StepChange,
  read: Read,
): Promise<StepNow<Known> | undefined> {
  const whole = await read.get(['emailer_campaigns', sequence_id], { response: wholeAnswer });
  const own = stepOf(whole, step_id);
  if (!own) return undefined;
  const { step, touch, template } = own;
  const earlier = whole.emailer_steps.filter(({ position }) => position < step.position);
  return {
    word: step.type,
    known: { whole, own },
    is_reply: touch ? touch.type === 'reply_to_thread' : undefined,
    template: template && hasContent(template) ? { subject: template.subject ?? '' } : undefined,
    holds: { earlier_email: startsThread({ emailer_steps: earlier }) },
    refusals: refusalsOf(change, whole, own),
  };
}

function refusalsOf(change: StepChange, whole: Whole, { step, touch, touches }: OneStep) {
  const { order, interval_seconds: interval, template, is_reply: isReply } = change;
  const exact = typeof step['exact_datetime'] === 'string' && interval !== undefined;
  const asksMessage = template !== undefined || isReply !== undefined;
  const pointer = template === undefined ? '/is_reply' : '/template';
  return [
    ...(order === undefined || order === step.position ? [] : orderRefusals(order, whole)),
    ...(exact ? [{ code: 'UNSUPPORTED_VALUE', pointer: '/interval_seconds', detail: EXACT } as const] : []),
    ...(asksMessage && touches > 1 ? [{ code: 'STEP_HAS_VARIANTS', pointer, detail: VARIANTS } as const] : []),
    ...(template && !touch ? [{ code: 'UNSUPPORTED_VALUE', pointer, detail: NO_MESSAGE } as const] : []),
  ];
}

/** Apollo takes no position that is taken, and steps cannot swap places one by one. */
function orderRefusals(order: number, { emailer_steps: steps }: Whole) {
  const last = lastPosition({ emailer_steps: steps });
  if (order <= last && !steps.some(({ position }) => position === order)) return [];
  const detail = `Position ${order} is not free in this Apollo sequence of ${last} steps.`;
  return [{ code: order <= last ? 'ORDER_TAKEN' : 'ORDER_OUT_OF_RANGE', pointer: '/order', detail } as const];
}

export async function writeChange(
  { sequence_id, step_id }: StepTarget,
  change: PlannedChange,
  { whole, own }: Known,
  send: Send,
): Promise<ChangeReport> {
  await changeStep(change, own, send);
  await changeMessage(change, own, send);
  const after = await send.get(['emailer_campaigns', sequence_id], {
    response: wholeAnswer,
    sample: whole,
    when: 'to compare what Apollo holds then with what was asked for',
  });
  const found = stepOf(after, step_id);
  // A template that the touch was pointed at is another one: its text is not what it was.
  const view = ({ template, ...rest }: OneStep): object =>
    comparable({ ...rest, template: change.template?.id === undefined ? template : undefined });
  return { comparison: { before: view(own), expected: view(changed(own, change)), found: found && view(found) } };
}

/** Position and waiting time are always sent: clients that do are seen working. */
async function changeStep(change: PlannedChange, { step }: OneStep, send: Send): Promise<void> {
  const { interval_seconds: interval, order, task_note: note, custom_fields: custom } = change;
  const asked = interval !== undefined || order !== undefined || note !== undefined || Object.keys(custom).length > 0;
  if (!asked) return;
  await send.put(['emailer_steps', step.id], {
    body: {
      id: step.id,
      position: order ?? step.position,
      ...waitOf(change, step),
      ...(note === undefined ? {} : { note }),
    },
    custom: [{ at: [], values: custom, from: '/custom_fields' }],
    response: doneAnswer,
    sample: {},
    changes: { kind: 'emailer_step', id: step.id },
  });
}

function waitOf({ interval_seconds: interval }: PlannedChange, { wait_time, wait_mode }: OneStep['step']) {
  if (interval === undefined) return wait_time === null || wait_mode === null ? {} : { wait_time, wait_mode };
  const { unit, count } = largestUnit(interval, WAIT_MODES);
  return { wait_time: count, wait_mode: unit };
}

async function changeMessage(change: PlannedChange, { step, touch, template: now }: OneStep, send: Send) {
  const { template, is_reply: isReply } = change;
  if (!touch || (!template && isReply === undefined)) return;
  const wasReply = touch.type === 'reply_to_thread';
  const turns = isReply !== undefined && isReply !== wasReply;
  const content = contentOf(template, turns && isReply);
  const custom = { values: template?.custom_fields ?? {}, from: '/template/custom_fields' };
  if (template?.id !== undefined || turns) {
    await send.put(['emailer_touches', touch.id], {
      body: {
        ...{ id: touch.id, emailer_step_id: step.id },
        type: (isReply ?? wasReply) ? 'reply_to_thread' : 'new_thread',
        // Without a non-null emailer_template object this call fails with 422.
        emailer_template:
          template?.id === undefined ? { id: touch.emailer_template_id, ...content } : { id: template.id },
      },
      custom: [{ at: ['emailer_template'], ...custom }],
      response: touchAnswer,
      sample: { emailer_touch: {} },
      changes: { kind: 'emailer_touch', id: touch.id },
    });
  } else if (template && touch.emailer_template_id) {
    await send.put(['emailer_templates', touch.emailer_template_id], {
      body: content,
      custom: [{ at: [], ...custom }],
      response: templateAnswer,
      sample: { emailer_template: {} },
      changes: { kind: 'emailer_template', id: touch.emailer_template_id },
    });
  }
  // One that had a text and was not approved is somebody's decision.
  const isFirst = !(now && hasContent(now)) && touch['status'] !== 'approved';
  if (template && isFirst) await approve(touch.id, send);
}

/** A reply leaves the subject empty and takes that of its thread. */
function contentOf(template: PlannedChange['template'], becomesReply: boolean | undefined) {
  const subject = becomesReply ? '' : template?.subject;
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(template?.body === undefined ? {} : { body_html: template.body }),
  };
}

/** The step as it should be afterwards. */
function changed({ step, touch, template, touches }: OneStep, change: PlannedChange): OneStep {
  const { order, task_note: note, custom_fields: custom, is_reply: isReply, template: content } = change;
  const { subject, body_html: body } = contentOf(content, isReply === true && touch?.type !== 'reply_to_thread');
  const first = content !== undefined && !(template && hasContent(template));
  return {
    touches,
    step: {
      ...step,
      position: order ?? step.position,
      ...waitOf(change, step),
      ...(note === undefined ? {} : { note }),
      ...custom,
    },
    touch: touch && {
      ...touch,
      ...(isReply === undefined ? {} : { type: isReply ? 'reply_to_thread' : 'new_thread' }),
      ...(first ? { status: 'approved' } : {}),
      ...(content?.id === undefined ? {} : { emailer_template_id: content.id }),
    },
    template: template && {
      ...template,
      ...(subject === undefined ? {} : { subject }),
      ...(body === undefined ? {} : { body_html: body }),
      ...content?.custom_fields,
    },
  };
}
