import { noSuchRecord, ok, refuse, TEXTS } from './replies.ts';
import type { Reply } from './replies.ts';
import { check, nothing, templateChange, touchChange } from './schemas.ts';
import type { TemplateChange, TouchChange } from './schemas.ts';
import { isEmail, stepsOf } from './state.ts';
import type { EmailerTemplate, EmailerTouch, Room, State } from './state.ts';
import { templateView, touchView } from './views.ts';
import { isBlank, withContent } from './wanted.ts';

type Body = Readonly<Record<string, unknown>>;

/** `PUT /emailer_touches/{id}`. */
export function changeTouch(room: Room, id: string, body: Body): Reply {
  const { state, world } = room;
  // One public client says that this call always fails; supaglue (integration-tested 2023) and one of 2026 use it.
  if (world.touch_put === 'fails') return refuse(422, TEXTS.nilTemplate);
  const touch = state.touches.get(id);
  if (!touch) return noSuchRecord();
  if ((body['emailer_template'] ?? null) === null) return refuse(422, TEXTS.nilTemplate);
  const checked = check(touchChange, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const change = checked.value;
  if (change.id !== undefined && change.id !== id) return refuse(422, 'id is not the id of this touch');
  if (change.emailer_step_id !== undefined && change.emailer_step_id !== touch.emailer_step_id) {
    return refuse(422, 'emailer_step_id is not the step of this touch');
  }
  return storeTouch(room, touch, change);
}

/** `PUT /emailer_templates/{id}`. */
export function changeTemplate(room: Room, id: string, body: Body): Reply {
  const { state } = room;
  const template = state.templates.get(id);
  if (!template) return noSuchRecord();
  const checked = check(templateChange, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const users = usersOf(state, template);
  const { subject } = checked.value;
  if (subject && users.some(isReply)) return refuse(422, TEXTS.subjectOnReply);
  const changed = withContent(template, checked.value);
  if (isBlank(changed.body_html) && users.some(({ status }) => status === 'approved')) {
    return refuse(422, TEXTS.blankOnUpdate);
  }
  state.templates.set(id, changed);
  return ok({ emailer_template: templateView(room, changed) });
}

/** `POST /emailer_touches/{id}/approve`. */
export function approveTouch(room: Room, id: string, body: Body): Reply {
  const { state } = room;
  const touch = state.touches.get(id);
  if (!touch) return noSuchRecord();
  const checked = check(nothing, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const template = state.templates.get(touch.emailer_template_id);
  if (!template || isBlank(template.body_html)) return refuse(422, TEXTS.blankOnCreate);
  const approved: EmailerTouch = { ...touch, status: 'approved' };
  state.touches.set(id, approved);
  return ok({ emailer_touch: touchView(room, approved) });
}

function storeTouch(room: Room, touch: EmailerTouch, change: TouchChange): Reply {
  const { state } = room;
  const { id: templateId = touch.emailer_template_id, ...content } = change.emailer_template;
  const template = state.templates.get(templateId);
  if (!template) return noSuchRecord();
  if (templateId !== touch.emailer_template_id && Object.keys(content).length > 0) {
    return refuse(422, 'emailer_template.id is another template: its content is not changed through this touch');
  }
  const changed: EmailerTouch = {
    ...touch,
    type: change.type ?? touch.type,
    status: change.status ?? touch.status,
    include_signature: change.include_signature ?? touch.include_signature,
    emailer_template_id: templateId,
  };
  const changedTemplate = withContent(template, content);
  const refusal = refusalOf(state, changed, changedTemplate, content);
  if (refusal) return refusal;
  state.touches.set(touch.id, changed);
  state.templates.set(templateId, changedTemplate);
  return ok({ emailer_touch: touchView(room, changed) });
}

function refusalOf(
  state: State,
  touch: EmailerTouch,
  template: EmailerTemplate,
  content: TemplateChange,
): Reply | undefined {
  const others = usersOf(state, template).filter(({ id }) => id !== touch.id);
  const isWritten = Boolean(content.subject) && others.some(isReply);
  // That a linked template is looked at like one that is written is the stricter reading.
  if (isWritten || (isReply(touch) && template.subject)) return refuse(422, TEXTS.subjectOnReply);
  if (isReply(touch) && !hasEarlierEmail(state, touch)) {
    return refuse(422, TEXTS.replyWithoutThread);
  }
  return touch.status === 'approved' && isBlank(template.body_html) ? refuse(422, TEXTS.blankOnCreate) : undefined;
}

function usersOf({ touches }: State, { id }: EmailerTemplate): readonly EmailerTouch[] {
  return [...touches.values()].filter((touch) => touch.emailer_template_id === id);
}

function isReply({ type }: EmailerTouch): boolean {
  return type === 'reply_to_thread';
}

function hasEarlierEmail(state: State, touch: EmailerTouch): boolean {
  const step = state.steps.get(touch.emailer_step_id);
  if (!step) return false;
  return stepsOf(state, step.emailer_campaign_id).some((it) => it.position < step.position && isEmail(it.type));
}
