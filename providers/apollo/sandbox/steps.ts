import { storeBlankContent, takesBlankContent, UNSET } from './make.ts';
import { noSuchRecord, ok, refuse, TEXTS } from './replies.ts';
import type { Reply } from './replies.ts';
import { check, newStep, nothing, stepChange } from './schemas.ts';
import { isEmail, removeStep, stepsOf, touchesOf } from './state.ts';
import type { EmailerStep, Room, State } from './state.ts';
import { stepView, templateView, touchView } from './views.ts';
import { wrongTime } from './times.ts';
import { dateOf } from './wanted.ts';

type Body = Readonly<Record<string, unknown>>;

/** `POST /emailer_steps`. */
export function createStep(room: Room, body: Body): Reply {
  const { state } = room;
  // Answered for a missing wait_mode too, even with a wait_time of 0, as a public client reports.
  if (isEmpty(body, 'wait_time') || isEmpty(body, 'wait_mode')) return refuse(422, TEXTS.noWait);
  const checked = check(newStep, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const { emailer_campaign_id: campaignId, position } = checked.value;
  if (!state.campaigns.has(campaignId)) return noSuchRecord();
  const steps = stepsOf(state, campaignId);
  const wanted = { ...UNSET, ...checked.value };
  const refusal =
    priorityRefusal(room, wanted) ?? positionRefusal(steps, position, lastOf(steps) + 1) ?? timeRefusal(room, wanted);
  if (refusal) return refusal;

  const step: EmailerStep = { ...wanted, id: state.newId() };
  state.steps.set(step.id, step);
  const made = takesBlankContent(room, step) ? storeBlankContent(state, step.id, dateOf(room)) : undefined;
  return ok({
    emailer_step: stepView(room, step),
    emailer_touch: made ? touchView(room, made.touch) : null,
    emailer_template: made ? templateView(room, made.template) : null,
  });
}

/** `PUT /emailer_steps/{id}`: what is not sent stays. */
export function changeStep(room: Room, id: string, body: Body): Reply {
  const { state } = room;
  const step = state.steps.get(id);
  if (!step) return noSuchRecord();
  const hasWait = 'wait_time' in body || 'wait_mode' in body;
  if (hasWait && (isEmpty(body, 'wait_time') || isEmpty(body, 'wait_mode'))) return refuse(422, TEXTS.noWait);
  const checked = check(stepChange, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const fixed = (['id', 'emailer_campaign_id', 'type'] as const).find((key) => {
    return checked.value[key] !== undefined && checked.value[key] !== step[key];
  });
  if (fixed) return refuse(422, `${fixed} is not that of this step`);
  const changed: EmailerStep = { ...step, ...checked.value };
  const steps = stepsOf(state, step.emailer_campaign_id);
  const moved = changed.position !== step.position;
  const refusal =
    priorityRefusal(room, changed) ??
    (moved ? positionRefusal(steps, changed.position, lastOf(steps)) : undefined) ??
    (isLone(state, [...steps.filter((other) => other.id !== id), changed])
      ? refuse(422, TEXTS.replyWithoutThread)
      : undefined) ??
    (moved || 'exact_datetime' in body ? timeRefusal(room, changed) : undefined);
  if (refusal) return refusal;
  state.steps.set(id, changed);
  return ok({ emailer_step: stepView(room, changed) });
}

/**
 * `DELETE /emailer_steps/{id}`. Whether the steps behind it close up is not known. That a reply is not left without the
 * step that starts its thread is the stricter reading of "reply_to_thread must follow a step that starts a thread".
 */
export function deleteStep({ state, world }: Room, id: string, body: Body): Reply {
  const step = state.steps.get(id);
  if (!step) return noSuchRecord();
  const checked = check(nothing, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const left = stepsOf(state, step.emailer_campaign_id).filter((other) => other.id !== id);
  if (isLone(state, left)) return refuse(422, TEXTS.replyWithoutThread);
  removeStep(state, id);
  if (world.after_delete === 'close_up') {
    for (const later of stepsOf(state, step.emailer_campaign_id).filter((it) => it.position > step.position)) {
      state.steps.set(later.id, { ...later, position: later.position - 1 });
    }
  }
  return ok({ emailer_step: { id, deleted: true } });
}

function priorityRefusal({ world }: Room, step: { type: string; priority?: string | null }): Reply | undefined {
  // The documentation excepts auto_email from priority (https://docs.apollo.io/reference/create-sequence, 2026-08);
  // supaglue sent one with every step (2023).
  const refused = step.type === 'auto_email' && (step.priority ?? null) !== null;
  if (!refused || world.priority_on_auto_email === 'accepted') return undefined;
  return refuse(422, TEXTS.priorityOnAutoEmail);
}

/** Whether a reply comes before every other email. */
function isLone(state: State, steps: readonly EmailerStep[]): boolean {
  const [first] = steps.filter(({ type }) => isEmail(type)).toSorted((a, b) => a.position - b.position);
  return first !== undefined && touchesOf(state, first.id).some(({ type }) => type === 'reply_to_thread');
}

type Wanted = Pick<EmailerStep, 'emailer_campaign_id' | 'position' | 'exact_datetime'> & Partial<EmailerStep>;

function timeRefusal({ state, now }: Room, step: Wanted): Reply | undefined {
  const { id, emailer_campaign_id: campaignId } = step;
  const byDate = state.campaigns.get(campaignId)?.sequence_by_exact_daytime === true;
  const others = stepsOf(state, campaignId).filter((other) => other.id !== id);
  const wrong = wrongTime(step, others, byDate, now);
  return wrong === undefined ? undefined : refuse(422, wrong);
}

/**
 * A position "doesn't work if already taken" (supaglue, apollo.openapi.ts, 2023). That it may not leave a gap either is
 * the stricter reading.
 */
function positionRefusal(steps: readonly EmailerStep[], position: number, end: number): Reply | undefined {
  if (steps.some((step) => step.position === position)) return refuse(422, `position ${position} is already taken`);
  if (position > end) return refuse(422, `position ${position} leaves a gap after ${lastOf(steps)}`);
  return undefined;
}

function lastOf(steps: readonly EmailerStep[]): number {
  return steps.at(-1)?.position ?? 0;
}

function isEmpty(body: Body, key: string): boolean {
  return (body[key] ?? null) === null;
}
