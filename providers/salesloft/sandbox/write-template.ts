import { readObject } from './body.ts';
import type { WrittenBody } from './body.ts';
import { bodyMessage, bodyProblems, invalid } from './errors.ts';
import type { Answer } from './errors.ts';
import { USER_ID } from './links.ts';
import type { EmailTemplate, State, Step } from './state.ts';
import { newTemplateSchema, templateChangeSchema } from './template-schemas.ts';
import type { TemplateChange } from './template-schemas.ts';
import { templateView } from './views.ts';
import type { SalesloftWorld } from './worlds.ts';

/** `POST /v2/email_templates`: a personal template. https://developers.salesloft.com/docs/api/email-templates-create */
export function createTemplate(state: State, world: SalesloftWorld, now: number, request: WrittenBody): Answer {
  const read = readObject(request);
  if ('no' in read) return read.no;
  const parsed = newTemplateSchema(world.person_tags).safeParse(read.json, { error: bodyMessage });
  if (!parsed.success) return invalid(bodyProblems(parsed.error), world.validation_errors);
  const { title, subject, body, open_tracking = false, click_tracking = false } = parsed.data;
  const template: EmailTemplate = {
    id: state.nextTemplateId++,
    title,
    subject,
    body,
    open_tracking_enabled: open_tracking,
    click_tracking_enabled: click_tracking,
    shared: false,
    archived_at: null,
    created_at: now,
    updated_at: now,
    owner_id: USER_ID,
    step_id: null,
  };
  state.templates.set(template.id, template);
  return { status: 200, body: { data: templateView(template) } };
}

/** `PUT /v2/email_templates/{id}`. A template that belongs to a step changes what that step sends. */
export function changeTemplate(
  state: State,
  world: SalesloftWorld,
  now: number,
  { template, request }: { readonly template: EmailTemplate; readonly request: WrittenBody },
): Answer {
  const read = readObject(request);
  if ('no' in read) return read.no;
  const parsed = templateChangeSchema(world.person_tags).safeParse(read.json, { error: bodyMessage });
  if (!parsed.success) return invalid(bodyProblems(parsed.error), world.validation_errors);
  if (template.step_id !== null && world.cadence_template_put === 'fails') {
    return invalid([['base', 'belongs to a cadence']], world.validation_errors);
  }
  const changed = withChange(template, parsed.data, now);
  state.templates.set(changed.id, changed);
  const step = template.step_id === null ? undefined : state.steps.get(template.step_id);
  if (step) state.steps.set(step.id, withContent(step, parsed.data));
  return { status: 200, body: { data: templateView(changed) } };
}

function withChange(template: EmailTemplate, change: TemplateChange, now: number): EmailTemplate {
  return {
    ...template,
    title: change.title ?? template.title,
    subject: change.subject ?? template.subject,
    body: change.body ?? template.body,
    open_tracking_enabled: change.open_tracking ?? template.open_tracking_enabled,
    click_tracking_enabled: change.click_tracking ?? template.click_tracking_enabled,
    shared: change.shared ?? template.shared,
    archived_at: change.archived_at === undefined ? template.archived_at : Date.parse(change.archived_at),
    updated_at: now,
  };
}

function withContent(stored: Step, { shared, archived_at, attachment_ids, ...content }: TemplateChange): Step {
  const { step } = stored;
  if (step.type !== 'Email') return stored;
  const { email_template: old } = step.type_settings;
  const email_template = { ...old, ...content, title: content.title ?? old.title, body: content.body ?? old.body };
  return { ...stored, step: { ...step, type_settings: { ...step.type_settings, email_template } } };
}
