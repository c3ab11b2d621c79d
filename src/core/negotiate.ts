/**
 * Negotiation: a provider's declaration and a caller's records yield the steps that the provider can take, the warnings
 * for what was lost, and the refusals. Pure. It is called once before anything is read, and again with what the planning
 * reads have shown; what depends on a state that is not known yet is left open until then.
 */
import { cellFor, stanceOnType, wordFor } from '../model/declaration.ts';
import type {
  CreateSteps,
  FlatCell,
  Holds,
  Lossy,
  NamedProvider,
  Native,
  PlannedStep,
  Word,
} from '../model/declaration.ts';
import type { Problem } from '../model/problem.ts';
import { applies, fieldValue, isEmail, pointerOf, STEP_FIELDS, STEP_TYPES } from '../model/step.ts';
import type { StepField, StepRecord } from '../model/step.ts';
import { warning, type Warning, type WarningFacts } from '../model/warning.ts';
import { forbiddenKeys } from './custom-fields.ts';
import { describeSeconds, place } from './place.ts';
import { LOSSY_FIELDS, NEGOTIATED_APART } from './policy.ts';
import { unverifiedVariables } from './template-variables.ts';

export interface Asked {
  readonly record: StepRecord;
  /** Where the record stands in the request body, such as `/record`. */
  readonly pointer: string;
}

export interface Negotiated {
  readonly steps: readonly PlannedStep[];
  readonly warnings: readonly Warning[];
  readonly refusals: readonly Problem[];
}

export function negotiate(
  provider: NamedProvider,
  operation: CreateSteps,
  asked: readonly Asked[],
  holds: Holds = {},
): Negotiated {
  const drafts = asked.map((each) => draftStep(provider, operation, each, holds));
  applyTiming(operation, drafts);
  return {
    steps: drafts.map(toStep),
    warnings: drafts.flatMap((draft) => draft.warnings),
    refusals: drafts.flatMap((draft) => draft.refusals),
  };
}

interface Draft {
  readonly provider: NamedProvider;
  readonly operation: CreateSteps;
  readonly record: StepRecord;
  readonly pointer: string;
  readonly word: Word;
  readonly kept: Partial<Record<StepField, unknown>>;
  readonly warnings: Warning[];
  readonly refusals: Problem[];
}

function draftStep(provider: NamedProvider, operation: CreateSteps, { record, pointer }: Asked, holds: Holds): Draft {
  const word = wordFor(operation.types[record.type]);
  const draft: Draft = {
    ...{ provider, operation, record, pointer, word: word ?? record.type },
    ...{ kept: {}, warnings: [], refusals: [] },
  };
  settleType(draft);
  if (word === undefined) return draft;
  settleFields(draft);
  settleSchedule(draft, holds);
  settleThread(draft, holds);
  settleContent(draft);
  return draft;
}

function settleType(draft: Draft): void {
  const { record, operation, provider, word } = draft;
  const stance = stanceOnType(operation.types[record.type]);
  if (stance?.support === 'none') {
    const possible = STEP_TYPES.filter((type) => wordFor(operation.types[type]) !== undefined);
    const detail = `${stance.because} ${provider.title} can create: ${possible.join(', ')}.`;
    refuse(draft, { code: 'UNSUPPORTED_STEP_TYPE', detail, pointer: '/type' });
  }
  if (stance?.support === 'lossy') {
    warn(draft, { type: 'TYPE_SUBSTITUTED', pointer: '/type', detail: stance.because, from: record.type, to: word });
  }
}

/** Everything that one cell decides alone. */
function settleFields(draft: Draft): void {
  const { record } = draft;
  const templateApplies = applies('template.body', record.type);
  if (record.template && !templateApplies) notApplicable(draft, '/template', 'template');
  for (const field of STEP_FIELDS) {
    if (NEGOTIATED_APART.has(field) || (field.startsWith('template.') && !templateApplies)) continue;
    const value = fieldValue(record, field);
    if (value === undefined) fillIn(draft, field);
    else if (applies(field, record.type)) settleField(draft, field, value, cellOf(draft, field));
    else notApplicable(draft, pointerOf(field), field);
  }
}

function settleField(draft: Draft, field: StepField, value: unknown, cell: FlatCell): void {
  const pointer = pointerOf(field);
  if (cell.support === 'none') {
    warn(draft, {
      type: 'FIELD_NOT_SUPPORTED',
      pointer,
      detail: `${cell.because} \`${field}\` was left out.`,
      from: value,
    });
    return;
  }
  draft.kept[field] = value;
  if (cell.support === 'lossy') {
    const type = LOSSY_FIELDS[field] ?? unreachable(field);
    warn(draft, { type, pointer, detail: cell.because, from: value });
  }
  for (const { pointer: below = '', ...problem } of limitProblems(draft.provider, field, value, cell)) {
    refuse(draft, { ...problem, pointer: pointer + below });
  }
  if (field === 'template.body' || field === 'template.subject') settleVariables(draft, field, String(value));
}

/** What speaks against a value, whatever the step: too long, no id, a custom field that reaches too far. */
function limitProblems(
  provider: NamedProvider,
  field: StepField,
  value: unknown,
  cell: Native | Lossy,
): readonly Problem[] {
  if (field === 'template.id' && !provider.id.matches(String(value))) {
    return [{ code: 'INVALID_VALUE', detail: `An id of ${provider.title} is ${provider.id.says}.` }];
  }
  if (cell.support === 'lossy') return [];
  const { max_length: max = Infinity, refuses = [] } = cell;
  if (typeof value === 'string' && value.length > max) {
    const detail = `${provider.title} takes at most ${String(max)} characters here; this has ${String(value.length)}.`;
    return [{ code: 'VALUE_TOO_LONG', detail }];
  }
  if (field !== 'custom_fields' && field !== 'template.custom_fields') return [];
  return forbiddenKeys(value, refuses).map((key) => {
    const detail = `A custom field may not decide whose thing is written, its kind, or whether it runs: ${key.slice(1)}.`;
    return { code: 'FORBIDDEN_CUSTOM_FIELD', detail, pointer: key };
  });
}

function settleVariables(draft: Draft, field: StepField, text: string): void {
  const { title, template_variables: verified } = draft.provider;
  const unverified = unverifiedVariables(text, verified);
  if (unverified.length === 0) return;
  const known = verified.map((name) => `{{${name}}}`).join(', ');
  const detail = `It is not known that ${title} fills in ${unverified.join(', ')}; sent as it stands. Known to work: ${known}.`;
  warn(draft, { type: 'TEMPLATE_VARIABLE_UNVERIFIED', pointer: pointerOf(field), detail, from: unverified });
}

function fillIn(draft: Draft, field: StepField): void {
  const cell = cellOf(draft, field);
  if (cell.support !== 'native' || cell.fill_in === undefined || !applies(field, draft.record.type)) return;
  if (field.startsWith('template.') && draft.record.template?.body === undefined) return;
  const value = typeof cell.fill_in === 'string' ? cell.fill_in : firstGiven(draft.record, cell.fill_in.from);
  if (value === undefined) return;
  draft.kept[field] = value;
  const detail = `${draft.provider.title} requires \`${field}\`; ${JSON.stringify(value)} was filled in.`;
  warn(draft, { type: 'VALUE_DEFAULTED', pointer: pointerOf(field), detail, to: value });
}

function firstGiven(record: StepRecord, fields: readonly StepField[]): unknown {
  return fields.map((field) => fieldValue(record, field)).find((value) => value !== undefined);
}

/** A step is scheduled by its date or by its interval, never by both; absent and 0 differ where a date is given. */
function settleSchedule(draft: Draft, holds: Holds): void {
  const { date, interval_seconds: interval } = draft.record;
  if (date === undefined) {
    draft.kept.interval_seconds = interval ?? 0;
    return;
  }
  const cell = cellOf(draft, 'date');
  const byDate = cell.support === 'none' ? false : holds.date_based;
  if (byDate !== false) draft.kept.date = date;
  if (byDate === true && interval !== undefined) {
    const detail = `This sequence goes by dates: ${date} schedules the step and the interval was left out.`;
    warn(draft, { type: 'INTERVAL_NOT_APPLIED', pointer: '/interval_seconds', detail, from: interval });
  }
  if (byDate !== false) return;
  const because = cell.support === 'none' ? cell.because : (draft.operation.preconditions.date_based ?? '');
  if (interval === undefined) {
    const detail = `${because} Leaving the date out would run the step at another time; give interval_seconds.`;
    refuse(draft, { code: 'DATE_NOT_SUPPORTED', detail, pointer: '/date' });
    return;
  }
  draft.kept.interval_seconds = interval;
  warn(draft, {
    type: 'DATE_NOT_APPLIED',
    pointer: '/date',
    detail: `${because} The interval schedules the step.`,
    from: date,
  });
}

/** Which thread an email belongs to, and whether it needs a subject for it. */
function settleThread(draft: Draft, holds: Holds): void {
  const { record } = draft;
  if (!isEmail(record.type)) {
    if (record.is_reply === true) notApplicable(draft, '/is_reply', 'is_reply');
    return;
  }
  if (!record.template) {
    if (record.is_reply === true) {
      const detail = 'An email without content belongs to no thread yet; `is_reply` was left out.';
      warn(draft, { type: 'NOT_APPLICABLE', pointer: '/is_reply', detail, from: true });
    }
    return;
  }
  const inThread = record.is_reply === true && mayReply(draft, holds);
  const fellBack = record.is_reply === true && inThread === false;
  if (fellBack) startThread(draft);
  draft.kept.is_reply = inThread !== false;
  if (record.template.body === undefined) {
    if (fellBack && cellOf(draft, 'template.id').support === 'native') refuseUnseenSubject(draft);
    return;
  }
  if (inThread === true) settleReplySubject(draft);
  if (inThread === false && !record.template.subject?.trim()) {
    const detail = 'This email starts a thread and needs a subject.';
    refuse(draft, { code: 'SUBJECT_REQUIRED', detail, pointer: '/template/subject' });
  }
}

/** Undefined while it depends on a state that nobody has looked at. */
function mayReply(draft: Draft, holds: Holds): boolean | undefined {
  if (cellOf(draft, 'is_reply').support === 'none') return false;
  return draft.operation.preconditions.earlier_email === undefined || holds.earlier_email;
}

function startThread(draft: Draft): void {
  const cell = cellOf(draft, 'is_reply');
  const because = cell.support === 'none' ? cell.because : (draft.operation.preconditions.earlier_email ?? '');
  const detail = `${because} The email starts a new thread.`;
  warn(draft, { type: 'REPLY_AS_NEW_THREAD', pointer: '/is_reply', detail, from: true, to: false });
}

/** A fallback never sends a message whose subject nobody has seen; a template that is inlined is looked at. */
function refuseUnseenSubject(draft: Draft): void {
  const detail =
    'This email would start a thread, and the subject of an existing template cannot be checked. Give content with a subject.';
  refuse(draft, { code: 'SUBJECT_REQUIRED', detail, pointer: '/template/subject' });
}

function settleReplySubject(draft: Draft): void {
  const subject = draft.record.template?.subject;
  const cell = cellOf(draft, 'reply_subject');
  if (subject === undefined || cell.support !== 'none') return;
  delete draft.kept['template.subject'];
  const detail = `${cell.because} \`template.subject\` was left out.`;
  warn(draft, { type: 'FIELD_NOT_SUPPORTED', pointer: '/template/subject', detail, from: subject });
}

function settleContent(draft: Draft): void {
  const { record } = draft;
  if (record.template !== undefined || !applies('without_content', record.type)) return;
  const cell = cellOf(draft, 'without_content');
  if (cell.support === 'lossy')
    warn(draft, { type: 'STEP_WITHOUT_CONTENT', pointer: '/template', detail: cell.because });
  if (cell.support === 'none') refuse(draft, { code: 'TEMPLATE_REQUIRED', detail: cell.because, pointer: '/template' });
}

function applyTiming({ timing }: CreateSteps, drafts: readonly Draft[]): void {
  const timed = drafts.filter((draft) => draft.kept.interval_seconds !== undefined);
  const placed = place(
    timing,
    timed.map(({ record, kept }) => ({ type: record.type, asked: Number(kept.interval_seconds) })),
  );
  for (const [index, draft] of timed.entries()) {
    const asked = Number(draft.kept.interval_seconds);
    const { interval_seconds: applied, start_seconds: start } = placed[index] ?? {
      interval_seconds: asked,
      start_seconds: asked,
    };
    Object.assign(draft.kept, { interval_seconds: applied, start_seconds: start });
    if (applied === asked) continue;
    const detail = `${timing.because}: ${describeSeconds(asked)} became ${describeSeconds(applied)}.`;
    warn(draft, { type: 'INTERVAL_ROUNDED', pointer: '/interval_seconds', detail, from: asked, to: applied });
  }
}

function toStep({ record, word, kept }: Draft): PlannedStep {
  const entries = Object.entries(kept);
  const inTemplate = entries.flatMap(([field, value]) =>
    field.startsWith('template.') ? [[field.slice('template.'.length), value] as const] : [],
  );
  const onStep = entries.filter(([field]) => !field.startsWith('template.'));
  return {
    ...{ type: record.type, word, is_reply: false, custom_fields: {} },
    ...Object.fromEntries(onStep),
    ...(inTemplate.length > 0 ? { template: Object.fromEntries(inTemplate) } : {}),
  };
}

function cellOf(draft: Draft, field: StepField): FlatCell {
  return cellFor(draft.operation.fields[field], draft.record.type);
}

function notApplicable(draft: Draft, pointer: string, field: string): void {
  const detail = `\`${field}\` means nothing for a step of type ${draft.record.type} and was left out.`;
  warn(draft, { type: 'NOT_APPLICABLE', pointer, detail });
}

function warn(draft: Draft, facts: WarningFacts): void {
  draft.warnings.push(warning(draft.provider.name, { ...facts, pointer: draft.pointer + facts.pointer }));
}

function refuse(draft: Draft, problem: Problem & { readonly pointer: string }): void {
  draft.refusals.push({ ...problem, pointer: draft.pointer + problem.pointer, provider: draft.provider.name });
}

function unreachable(field: StepField): never {
  throw new TypeError(`The policy has no warning for a lossy ${field}; the declaration check should have said so.`);
}
