import { makeStep } from './make.ts';
import { noSuchRecord, ok, refuse } from './replies.ts';
import type { Reply } from './replies.ts';
import { check, newStep, nothing, templateChange, touchChange } from './schemas.ts';
import type { TemplateChange, TouchChange } from './schemas.ts';
import { hasEarlierEmail, stepsOf, textOf } from './state.ts';
import type { EmailerTemplate, EmailerTouch, State } from './state.ts';
import { stepView, touchView } from './views.ts';

export interface WriteWorld {
  readonly priority_on_auto_email: 'refused' | 'accepted';
  readonly touch_put: 'works' | 'fails';
  readonly touch_for_call: 'null' | 'present';
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Ruby's own message, leaked; two public clients report it for a touch, with PUT and with PATCH. */
const NIL_TEMPLATE = "undefined method '[]' for nil";
const NO_CONTENT = 'Please make sure your template has content before turning it on.';

/** `POST /emailer_steps`. */
export function createStep(state: State, world: WriteWorld, body: JsonObject, createdAt: string): Reply {
  // Answered for a missing wait_mode too, even with a wait_time of 0, as a public client reports.
  if ((body['wait_time'] ?? null) === null || (body['wait_mode'] ?? null) === null) {
    return refuse(422, 'Wait time must not be empty');
  }
  const checked = check(newStep, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const step = checked.value;
  if (!state.campaigns.has(step.emailer_campaign_id)) return noSuchRecord();
  // The documentation excepts auto_email from priority (https://docs.apollo.io/reference/create-sequence, 2026-08);
  // supaglue sent one with every step (2023).
  if (world.priority_on_auto_email === 'refused' && step.type === 'auto_email' && (step.priority ?? null) !== null) {
    return refuse(422, 'priority is not permitted for auto_email');
  }
  const last = stepsOf(state, step.emailer_campaign_id).length;
  if (step.position <= last) return refuse(422, `position ${step.position} is already taken`);
  if (step.position > last + 1) return refuse(422, `position ${step.position} leaves a gap after ${last}`);

  const made = makeStep(state, step, createdAt, world.touch_for_call === 'present');
  return ok({
    emailer_step: stepView(made.step),
    emailer_touch: made.touch ? touchView(made.touch) : null,
    emailer_template: made.template ?? null,
  });
}

/** `PUT /emailer_touches/{id}`. */
export function changeTouch(state: State, world: WriteWorld, id: string, body: JsonObject): Reply {
  // One public client says that this call always fails; supaglue (integration-tested 2023) and one of 2026 use it.
  if (world.touch_put === 'fails') return refuse(422, NIL_TEMPLATE);
  const touch = state.touches.get(id);
  if (!touch) return noSuchRecord();
  if ((body['emailer_template'] ?? null) === null) return refuse(422, NIL_TEMPLATE);
  const checked = check(touchChange, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const change = checked.value;
  if (change.id !== undefined && change.id !== id) return refuse(422, 'id is not the id of this touch');
  if (change.emailer_step_id !== undefined && change.emailer_step_id !== touch.emailer_step_id) {
    return refuse(422, 'emailer_step_id is not the step of this touch');
  }
  return storeTouch(state, touch, change);
}

/** `PUT /emailer_templates/{id}`. */
export function changeTemplate(state: State, id: string, body: JsonObject): Reply {
  const template = state.templates.get(id);
  if (!template) return noSuchRecord();
  const checked = check(templateChange, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const users = [...state.touches.values()].filter((touch) => touch.emailer_template_id === id);
  if (checked.value.subject && users.some(({ type }) => type === 'reply_to_thread')) return subjectOnReply();
  const changed = withContent(template, checked.value);
  if (isBlank(changed) && users.some(({ status }) => status === 'approved')) {
    return refuse(422, 'Please make sure your template has a non-empty body before turning it on.');
  }
  state.templates.set(id, changed);
  return ok({ emailer_template: changed });
}

/** `POST /emailer_touches/{id}/approve`. */
export function approveTouch(state: State, id: string, body: JsonObject): Reply {
  const touch = state.touches.get(id);
  if (!touch) return noSuchRecord();
  const checked = check(nothing, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const template = state.templates.get(touch.emailer_template_id);
  if (!template || isBlank(template)) return refuse(422, NO_CONTENT);
  const approved: EmailerTouch = { ...touch, status: 'approved' };
  state.touches.set(id, approved);
  return ok({ emailer_touch: touchView(approved) });
}

function storeTouch(state: State, touch: EmailerTouch, change: TouchChange): Reply {
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
  return ok({ emailer_touch: touchView(changed) });
}

/** A reply takes its thread's subject: the documentation leaves it empty, and a client of 2026 has seen it refused. */
function refusalOf(
  state: State,
  touch: EmailerTouch,
  template: EmailerTemplate,
  content: TemplateChange,
): Reply | undefined {
  if (touch.type === 'reply_to_thread' && content.subject) return subjectOnReply();
  if (touch.type === 'reply_to_thread' && !hasEarlierEmail(state, touch)) {
    return refuse(422, 'reply_to_thread must follow a step that starts a thread');
  }
  return touch.status === 'approved' && isBlank(template) ? refuse(422, NO_CONTENT) : undefined;
}

function subjectOnReply(): Reply {
  return refuse(422, 'subject is not permitted for reply_to_thread');
}

function withContent(template: EmailerTemplate, change: TemplateChange): EmailerTemplate {
  return { ...template, ...change, body_text: textOf(change.body_html ?? template.body_html) };
}

function isBlank(template: EmailerTemplate): boolean {
  return template.body_html.trim() === '';
}
