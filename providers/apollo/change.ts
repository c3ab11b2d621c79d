/**
 * Changing an Apollo step. A 200 of these endpoints does not prove the change: fields were seen to be dropped in silence,
 * so the sequence is read again, and all of it is compared.
 */
import { readBack, type ChangeReport, type PlannedChange, type Read, type Send } from '#provider';
import type { Comparison, Created, StepChange, StepNow, StepTarget } from '#provider';
import { approve, missingTemplate } from './calls.ts';
import { refusalsOf } from './change-refusals.ts';
import { afterChange, nativeChange, type NativeChange } from './native-change.ts';
import { hasContent, wholeAnswer, type Whole } from './read.ts';
import { doneAnswer, templateAnswer, touchAnswer } from './responses.ts';
import { snapshotOf, stepOf, unconfirmed, unshown, type OneStep } from './snapshot.ts';
import { startsThread } from './threads.ts';

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
    holds: { earlier_email: startsThread(earlier) },
    refusals: refusalsOf(change, whole, own),
  };
}

export async function writeStepChange(
  { sequence_id }: StepTarget,
  change: PlannedChange,
  { whole, own }: Known,
  send: Send,
): Promise<ChangeReport> {
  const native = nativeChange(change, own);
  await putStep(native, change, own, send);
  await putMessage(native, change, own, send);
  if (native.approves && own.touch) await approve(own.touch.id, send);
  const found = await readBack(
    send.get(['emailer_campaigns', sequence_id], {
      response: wholeAnswer,
      sample: whole,
      when: 'to compare what Apollo holds then with what was asked for',
    }),
  );
  return { comparison: compare(change, { whole, own }, found) };
}

/** Its own step and message: others may have been changed meanwhile. */
export async function isAsKnown(
  { sequence_id }: StepTarget,
  change: PlannedChange,
  { whole, own }: Known,
  _created: readonly Created[],
  read: Read,
): Promise<Comparison> {
  const found = await read.get(['emailer_campaigns', sequence_id], { response: wholeAnswer });
  const { before, expected, found: now } = compare(change, { whole, own }, found);
  const ofOwn = ({ emailer_steps, emailer_touches, emailer_templates }: typeof before) => ({
    step: emailer_steps[own.step.id],
    touch: own.touch && emailer_touches[own.touch.id],
    template: own.template && emailer_templates[own.template.id],
  });
  return { before: ofOwn(before), expected: ofOwn(expected), found: ofOwn(now) };
}

async function putStep(native: NativeChange, change: PlannedChange, { step }: OneStep, send: Send): Promise<void> {
  if (!native.step) return;
  await send.put(['emailer_steps', step.id], {
    body: { id: step.id, ...native.step },
    custom: [{ at: [], values: change.custom_fields, from: '/custom_fields' }],
    response: doneAnswer,
    sample: {},
    changes: { kind: 'emailer_step', id: step.id },
    if_unknown: 'repeat',
  });
}

/** Its thread and its text in one call where the thread turns, or the text becomes another's; else its text alone. */
async function putMessage(
  { touch: asked, text, turns }: NativeChange,
  change: PlannedChange,
  own: OneStep,
  send: Send,
) {
  const { step, touch } = own;
  const { template } = change;
  if (!touch) return;
  const custom = { values: template?.custom_fields ?? {}, from: '/template/custom_fields' };
  const another = asked.emailer_template_id;
  if (turns || another !== undefined) {
    await send.put(['emailer_touches', touch.id], {
      body: {
        id: touch.id,
        emailer_step_id: step.id,
        type: asked.type ?? (touch.type === 'reply_to_thread' ? 'reply_to_thread' : 'new_thread'),
        // Without a non-null emailer_template object this call fails with 422.
        emailer_template: { id: another ?? touch.emailer_template_id, ...text },
      },
      custom: [{ at: ['emailer_template'], ...custom }],
      response: touchAnswer,
      sample: { emailer_touch: {} },
      ...(another === undefined ? {} : { step: 0, if_not_found: missingTemplate(another) }),
      changes: { kind: 'emailer_touch', id: touch.id },
      if_unknown: 'repeat',
    });
  } else if (template && touch.emailer_template_id) {
    await send.put(['emailer_templates', touch.emailer_template_id], {
      body: text,
      custom: [{ at: [], ...custom }],
      response: templateAnswer,
      sample: { emailer_template: {} },
      changes: { kind: 'emailer_template', id: touch.emailer_template_id },
      if_unknown: 'repeat',
    });
  }
}

function compare(change: PlannedChange, { whole, own }: Known, found: Whole) {
  const ofStep = change.custom_fields;
  const ofText = change.template?.custom_fields ?? {};
  const { step, template } = stepOf(found, own.step.id) ?? {};
  const untold = { step: unshown(ofStep, own.step, step), text: unshown(ofText, own.template, template) };
  const shown = (fields: object, hidden: readonly string[]) =>
    Object.keys(fields).filter((key) => !hidden.includes(key));
  const asked = new Map([
    [own.step.id, shown(ofStep, untold.step)],
    [own.template?.id ?? '', shown(ofText, untold.text)],
  ]);
  return {
    before: snapshotOf(whole, asked),
    expected: snapshotOf(afterChange(whole, own, change, found), asked),
    found: snapshotOf(found, asked),
    unconfirmed: [
      ...unconfirmed(untold.step, 'custom_fields'),
      ...unconfirmed(untold.text, 'template', 'custom_fields'),
    ],
  };
}
