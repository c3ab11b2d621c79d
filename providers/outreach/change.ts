/** Changing an Outreach step: its own attributes, and its message by a new template and link, or in the template itself. */
import type { ChangeReport, PlannedChange, Send, StepTarget } from '#provider';
import { given, jsonApiCustom, linkTemplate, postTemplate, switchLink } from './calls.ts';
import { toTemplate } from './read.ts';
import type { Resource } from './resource.ts';
import { resourceAnswer, stepAnswer } from './responses.ts';
import type { Known } from './step-now.ts';

export async function writeChange(
  { step_id }: StepTarget,
  change: PlannedChange,
  known: Known,
  send: Send,
): Promise<ChangeReport> {
  const report = await changeAttributes(Number(step_id), change, send);
  await changeMessage(Number(step_id), change, known, send);
  return report;
}

/** A message is a template and the link to it: either can change without the other, or both are new. */
async function changeMessage(stepId: number, change: PlannedChange, known: Known, send: Send): Promise<void> {
  const { template, template_update: update } = change;
  const { template_id: templateId } = known;
  if (!template) return changeThread(change, known, send);
  if (template.id !== undefined || update !== 'in_place' || templateId === undefined) {
    return replaceTemplate(stepId, change, known, send);
  }
  await changeTemplate(templateId, template, send);
  return changeThread(change, known, send);
}

async function changeThread({ is_reply: isReply }: PlannedChange, { link }: Known, send: Send): Promise<void> {
  if (link && isReply !== undefined) await changeLink(link.id, { isReply }, send);
}

export function attributesOf({ interval_seconds: interval, date, order, task_note: taskNote }: PlannedChange) {
  return given({ interval, date, order, taskNote });
}

async function changeAttributes(id: number, change: PlannedChange, send: Send): Promise<ChangeReport> {
  const attributes = attributesOf(change);
  if (Object.keys(attributes).length + Object.keys(change.custom_fields).length === 0) return {};
  const { data } = await send.patch(['sequenceSteps', id], {
    body: { data: { type: 'sequenceStep', id, attributes } },
    custom: jsonApiCustom(change.custom_fields, '/custom_fields'),
    response: stepAnswer,
    sample: { data: { id: 1 } },
    changes: { kind: 'sequence_step', id },
    if_unknown: 'repeat',
  });
  const interval = change.custom_fields['interval'] === undefined ? data.attributes?.interval : undefined;
  return { stored: { interval_seconds: interval } };
}

type Template = NonNullable<PlannedChange['template']>;

/** Every step that links the template says the same from then on. */
async function changeTemplate(id: number, template: Template, send: Send): Promise<void> {
  await send.patch(['templates', id], {
    body: { data: { type: 'template', id, attributes: contentOf(template) } },
    custom: jsonApiCustom(template.custom_fields ?? {}, '/template/custom_fields'),
    response: resourceAnswer,
    sample: { data: { id: 1 } },
    changes: { kind: 'template', id },
    if_unknown: 'repeat',
  });
}

const OLD_ONE_SENDS = { says: 'The step still sends its old message; the new one is there and may be off:' };

/**
 * The new link is switched on before the old one is switched off, so that the step has both for a moment and never none.
 * A step that is off stays off: then its own link is pointed at the new template.
 */
async function replaceTemplate(stepId: number, change: PlannedChange, known: Known, send: Send): Promise<void> {
  const { template = {}, is_reply: asked } = change;
  const { link, links } = known;
  const newId = template.id === undefined ? await postNew(template, known.template, send) : Number(template.id);
  if (link && !link.enabled) {
    await changeLink(link.id, asked === undefined ? {} : { isReply: asked }, send, newId);
    return;
  }
  const isReply = asked ?? link?.is_reply ?? false;
  await linkTemplate(stepId, { template: newId, isReply, besides: links }, send, link ? OLD_ONE_SENDS : 'left_off');
  if (!link) return;
  await switchLink(link.id, 'deactivate', send, {
    changes: { kind: 'sequence_template', id: link.id },
    if_failed: {
      says: `The new message is on, and the old one (sequenceTemplate ${link.id}) may still be on beside it:`,
    },
  });
}

async function changeLink(id: number, attributes: object, send: Send, templateId?: number): Promise<void> {
  const relationships =
    templateId === undefined ? {} : { relationships: { template: { data: { type: 'template', id: templateId } } } };
  await send.patch(['sequenceTemplates', id], {
    body: {
      data: {
        type: 'sequenceTemplate',
        id,
        ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
        ...relationships,
      },
    },
    response: resourceAnswer,
    sample: { data: { id: 1 } },
    changes: { kind: 'sequence_template', id },
    if_unknown: 'repeat',
  });
}

/** What the old template says and is not changed is said again; who owns and shares it is not taken along. */
async function postNew(template: Template, old: Resource | undefined, send: Send): Promise<number> {
  const { updated_at: _time, ...before } = old ? toTemplate(old) : {};
  const { tags, trackLinks, trackOpens } = old?.attributes ?? {};
  const kept = Object.entries({ tags, trackLinks, trackOpens }).filter(([, value]) => value !== null);
  const attributes = { ...contentOf({ ...defined(before), ...template }), ...given(Object.fromEntries(kept)) };
  return postTemplate(attributes, template.custom_fields ?? {}, 0, send);
}

function defined(content: Readonly<Record<string, unknown>>): Template {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null && value !== undefined));
}

function contentOf({ name, subject, body, to, cc, bcc }: Template) {
  return given({
    name,
    subject,
    bodyHtml: body,
    toRecipients: to,
    ccRecipients: cc,
    bccRecipients: bcc,
  });
}
