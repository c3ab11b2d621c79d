/** Negotiation of a change: each field that is given is settled as on a new step, beside what the step is now. */
import { stanceOnType, wordFor, type FlatCell } from '../model/cell.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { StepChange } from '../model/step-change.ts';
import { applies, fieldValue, isEmail, pointerOf, STEP_FIELDS, type StepType } from '../model/step.ts';
import type { PlannedChange, StepNow, UpdateStep } from '../model/update.ts';
import type { Warning } from '../model/warning.ts';
import { cellOf, notApplicable, refuse, warn, type Draft } from './draft.ts';
import { nothingLeft, withoutEmptyFields } from './nothing-left.ts';
import { NEGOTIATED_APART } from './policy.ts';
import type { Negotiated } from './prepare.ts';
import { settleField, settleVariables } from './settle-fields.ts';
import { applyTiming, settleSchedule } from './settle-schedule.ts';

export const CHANGE_POINTER = '/record';

/**
 * @param now.type what the step is; it stays that.
 * @param told what the door has found in the request, such as unknown keys.
 */
export function negotiateStepChange(
  provider: NamedProvider,
  operation: UpdateStep,
  asked: StepChange,
  now: StepNow<unknown> & { readonly type: StepType },
  told: readonly Warning[],
): Negotiated<PlannedChange> {
  const change = whatIsAsked(asked);
  const word = stanceOnType(operation.types[now.type]) ? undefined : wordFor(operation.types[now.type]);
  const draft: Draft = {
    provider,
    operation,
    record: { ...change, type: now.type },
    pointer: CHANGE_POINTER,
    word: word ?? now.word,
    kept: {},
    warnings: [],
    refusals: [],
  };
  if (change.type !== undefined && change.type !== now.type) refuseType(draft, change.type);
  settleGiven(draft);
  settleTime(draft, now);
  settleThread(draft, now);
  settleTemplate(draft, operation, change, now);
  settleVariables(draft);
  if (Object.keys(draft.kept).length === 0 && draft.refusals.length === 0) refuseNothing(draft, told);
  return { plan: toChange(draft, operation, change), warnings: draft.warnings, refusals: draft.refusals };
}

function refuseType(draft: Draft, asked: StepType): void {
  const detail = `The type of a step cannot be changed: this is ${draft.record.type}, not ${asked}.`;
  refuse(draft, { code: 'UNSUPPORTED_VALUE', detail, pointer: '/type' });
}

function refuseNothing(draft: Draft, told: readonly Warning[]): void {
  draft.refusals.push(nothingLeft(draft.provider, [...told, ...draft.warnings], draft.pointer));
}

/** The change without custom fields that have no key, and without a template of which then nothing is left. */
export function whatIsAsked(asked: StepChange): StepChange {
  const change = withoutEmptyFields(asked);
  if (!change.template) return change;
  const { template, template_update: _update, ...others } = change;
  const content = withoutEmptyFields(template);
  return Object.keys(content).length === 0 ? others : { ...change, template: content };
}

function settleGiven(draft: Draft): void {
  const { record, provider } = draft;
  const hasTemplate = applies('template.body', record.type);
  if (record.template && !hasTemplate) {
    const detail = `A step of type ${record.type} has no template in ${provider.title} or anywhere.`;
    refuse(draft, { code: 'UNSUPPORTED_VALUE', detail, pointer: '/template' });
  }
  for (const field of STEP_FIELDS) {
    if (NEGOTIATED_APART.has(field) || (field.startsWith('template.') && !hasTemplate)) continue;
    const value = fieldValue(record, field);
    if (value === undefined) continue;
    if (applies(field, record.type)) settleField(draft, field, value, cellOf(draft, field));
    else notApplicable(draft, pointerOf(field), field);
  }
}

/** An interval means nothing where the sequence is known to go by dates, and the step would keep its old date. */
function settleTime(draft: Draft, { holds = {} }: StepNow<unknown>): void {
  const { interval_seconds: interval, date } = draft.record;
  if (interval === undefined && date === undefined) return;
  if (date === undefined && holds.date_based === true) {
    const detail = `This sequence goes by dates in ${draft.provider.title}, and an interval schedules none of its steps: give a date.`;
    refuse(draft, { code: 'UNSUPPORTED_VALUE', detail, pointer: '/interval_seconds' });
    return;
  }
  settleSchedule(draft, holds);
  applyTiming(draft.operation, [draft]);
}

/** Whether the email is a reply afterwards, and whether it has the subject that it then needs. */
function settleThread(draft: Draft, now: StepNow<unknown>): void {
  const { is_reply: asked, template, type } = draft.record;
  if (asked !== undefined && !isEmail(type)) notApplicable(draft, '/is_reply', 'is_reply');
  if (!isEmail(type)) return;
  if (asked !== undefined) settleReply(draft, asked, now);
  tellErasedSubject(draft, now);
  const isReply = asked ?? now.is_reply ?? false;
  const subject = template?.subject;
  const cell = cellOf(draft, 'reply_subject');
  if (isReply && subject !== undefined && cell.support === 'none') {
    delete draft.kept['template.subject'];
    const detail = `${cell.because} \`template.subject\` was left out.`;
    warn(draft, { type: 'FIELD_NOT_SUPPORTED', pointer: '/template/subject', detail, from: subject });
  }
  if (isReply || !lacksSubject(draft, now)) return;
  const detail = 'This email starts a thread and needs a subject.';
  refuse(draft, { code: 'SUBJECT_REQUIRED', detail, pointer: '/template/subject' });
}

function settleReply(draft: Draft, asked: boolean, now: StepNow<unknown>): void {
  const pointer = '/is_reply';
  const cell = cellOf(draft, 'is_reply');
  const because = draft.operation.preconditions.earlier_email;
  if (cell.support === 'none') {
    const detail = `${cell.because} \`is_reply\` was left out.`;
    warn(draft, { type: 'FIELD_NOT_SUPPORTED', pointer, detail, from: asked });
  } else if (asked && because !== undefined && now.holds?.earlier_email === false) {
    refuse(draft, { code: 'UNSUPPORTED_VALUE', detail: because, pointer });
  } else if (!now.template && !draft.record.template) {
    const detail = 'An email without content belongs to no thread yet; `is_reply` was left out.';
    warn(draft, { type: 'NOT_APPLICABLE', pointer, detail, from: asked });
  } else {
    draft.kept.is_reply = asked;
  }
}

/** Where a reply has no subject of its own, that of a thread goes when it becomes one. Another template keeps its own. */
function losesSubject({ kept, record }: Draft, now: StepNow<unknown>, cell: FlatCell): boolean {
  const becomesReply = kept.is_reply === true && now.is_reply !== true;
  return becomesReply && cell.support === 'none' && record.template?.id === undefined;
}

/** Nobody asked for that, and it can only be written again by whoever knows it. */
function tellErasedSubject(draft: Draft, now: StepNow<unknown>): void {
  const subject = now.template?.subject ?? '';
  const cell = cellOf(draft, 'reply_subject');
  if (subject === '' || !losesSubject(draft, now, cell)) return;
  const because = cell.support === 'none' ? `${cell.because} ` : '';
  const detail = `${because}The subject of the template, ${JSON.stringify(subject)}, is erased.`;
  warn(draft, { type: 'SUBJECT_ERASED', pointer: '/is_reply', detail, from: subject });
}

/** Of what is linked by its id, and of what nobody has looked at, the subject is not known: only a lack that shows counts. */
function lacksSubject({ record: { template, is_reply: asked } }: Draft, now: StepNow<unknown>): boolean {
  if (template?.subject !== undefined) return template.subject.trim() === '';
  if (template?.id !== undefined) return false;
  if (!now.template) return template?.body !== undefined;
  const decides = asked === false || template?.body !== undefined;
  return decides && now.template.subject?.trim() === '';
}

function settleTemplate(draft: Draft, operation: UpdateStep, change: StepChange, now: StepNow<unknown>): void {
  const { template, template_update: update } = change;
  const { title } = draft.provider;
  if (update !== undefined && !operation.template_updates.includes(update)) {
    const detail = `${title} changes a template ${operation.template_updates.join(' or ')} only.`;
    refuse(draft, { code: 'UNSUPPORTED_VALUE', detail, pointer: '/template_update' });
  }
  if (template?.id !== undefined || !applies('template.body', draft.record.type)) return;
  if (!now.template) {
    if (template?.body !== undefined || !template) return;
    const detail = 'This step has no text yet: give it a body.';
    refuse(draft, { code: 'TEMPLATE_REQUIRED', detail, pointer: '/template/body' });
    return;
  }
  if (!changesText(draft, now)) return;
  const inPlace = updateOf(operation, change) === 'in_place';
  const detail = inPlace
    ? `The template itself was changed in ${title}: every step that uses it says the same now.`
    : `The step has a new template in ${title}; the old one stays as it is.`;
  warn(draft, { type: inPlace ? 'TEMPLATE_MAY_BE_SHARED' : 'TEMPLATE_REPLACED', pointer: '/template', detail });
}

function changesText(draft: Draft, now: StepNow<unknown>): boolean {
  const writes = Object.keys(draft.kept).some((field) => field.startsWith('template.'));
  return writes || losesSubject(draft, now, cellOf(draft, 'reply_subject'));
}

function updateOf({ template_updates: [usual] }: UpdateStep, { template_update: asked }: StepChange) {
  return asked ?? usual;
}

function toChange({ record, kept }: Draft, operation: UpdateStep, change: StepChange): PlannedChange {
  const entries = Object.entries(kept);
  const inTemplate = entries.flatMap(([field, value]) =>
    field.startsWith('template.') ? [[field.slice('template.'.length), value] as const] : [],
  );
  return {
    type: record.type,
    template_update: updateOf(operation, change),
    custom_fields: {},
    ...Object.fromEntries(entries.filter(([field]) => !field.startsWith('template.') && field !== 'start_seconds')),
    ...(inTemplate.length > 0 ? { template: Object.fromEntries(inTemplate) } : {}),
  };
}
