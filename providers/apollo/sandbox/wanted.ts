import { makeTemplate, makeTouch, storeBlankContent, takesBlankContent } from './make.ts';
import { refuse, TEXTS } from './replies.ts';
import type { Reply } from './replies.ts';
import { hasContent, isEmail, removeStep, stepsOf, textOf, touchesOf } from './state.ts';
import type { EmailerStep, EmailerTemplate, EmailerTouch, Room } from './state.ts';

/** A touch as it shall be; `old` and `template` are what it changes, where there is something. */
export interface WantedTouch {
  readonly old: EmailerTouch | undefined;
  readonly template: EmailerTemplate | undefined;
  readonly set: Readonly<Record<string, unknown>> & Pick<EmailerTouch, 'type' | 'status' | 'include_signature'>;
  readonly content: { readonly subject?: string; readonly body_html?: string };
}

/** A step as it shall be. Without `touches`, a new step gets what Apollo makes, and an old one keeps its own. */
export interface WantedStep {
  readonly old: EmailerStep | undefined;
  readonly set: Omit<EmailerStep, 'id' | 'emailer_campaign_id'>;
  readonly touches: readonly WantedTouch[] | undefined;
}

export function withContent(template: EmailerTemplate, change: Readonly<Record<string, unknown>>): EmailerTemplate {
  const changed = { ...template, ...change };
  return { ...changed, body_text: textOf(changed.body_html) };
}

export function isBlank(body: string): boolean {
  return body.trim() === '';
}

/** Refuses what the whole list of steps makes wrong; `blank` is Apollo's text for an approved touch without a body. */
export function refusalOf({ world }: Room, wanted: readonly WantedStep[], blank: string): Reply | undefined {
  let hasThread = false;
  for (const { set, touches = [] } of wanted.toSorted((a, b) => a.set.position - b.set.position)) {
    if (touches.length > 0 && !hasContent(set.type) && set.type !== 'call') {
      return refuse(422, `emailer_touches is not permitted for ${set.type}`);
    }
    if (world.priority_on_auto_email === 'refused' && set.type === 'auto_email' && set.priority !== null) {
      return refuse(422, TEXTS.priorityOnAutoEmail);
    }
    const replies = touches.filter(({ set: { type } }) => type === 'reply_to_thread');
    if (replies.some(({ content, template }) => content.subject ?? template?.subject))
      return refuse(422, TEXTS.subjectOnReply);
    if (replies.length > 0 && !hasThread) return refuse(422, TEXTS.replyWithoutThread);
    if (touches.some((touch) => touch.set.status === 'approved' && isBlank(bodyOf(touch)))) return refuse(422, blank);
    hasThread ||= isEmail(set.type);
  }
  return undefined;
}

/** Makes the steps of a sequence what is wanted; a step or touch that is not in the list is removed. */
export function storeSteps(room: Room, campaignId: string, wanted: readonly WantedStep[]): void {
  const { state } = room;
  const kept = new Set(wanted.map(({ old }) => old?.id));
  for (const { id } of stepsOf(state, campaignId)) if (!kept.has(id)) removeStep(state, id);
  for (const { old, set, touches } of wanted) {
    const step = { ...set, id: old?.id ?? state.newId(), emailer_campaign_id: campaignId };
    state.steps.set(step.id, step);
    if (touches) storeTouches(room, step.id, touches);
    else if (!old && takesContentOnCreate(room, step)) storeBlankContent(state, step.id, dateOf(room));
  }
}

export function dateOf({ now }: Room): string {
  return new Date(now).toISOString();
}

/** No source tells whether a step that is created with its sequence and without touches gets a blank one. */
function takesContentOnCreate(room: Room, step: EmailerStep): boolean {
  return takesBlankContent(room, step) && !(hasContent(step.type) && room.world.touch_for_bare_step === 'none');
}

function storeTouches(room: Room, stepId: string, touches: readonly WantedTouch[]): void {
  const { state } = room;
  const kept = new Set(touches.map(({ old }) => old?.id));
  for (const { id } of touchesOf(state, stepId)) if (!kept.has(id)) state.touches.delete(id);
  for (const { old, template, set, content } of touches) {
    const changed = withContent(template ?? makeTemplate(state.newId(), dateOf(room)), content);
    state.templates.set(changed.id, changed);
    const touch = old ?? makeTouch(state.newId(), stepId, changed.id);
    state.touches.set(touch.id, { ...touch, ...set });
  }
}

function bodyOf({ template, content }: WantedTouch): string {
  return content.body_html ?? template?.body_html ?? '';
}
