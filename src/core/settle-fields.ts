/** What one cell decides alone: a field is kept, left out, filled in or refused. */
import { stanceOnType, wordFor, type FlatCell } from '../model/cell.ts';
import {
  applies,
  fieldValue,
  pointerOf,
  STEP_FIELDS,
  STEP_TYPES,
  templateKeyOf,
  type StepField,
  type StepRecord,
} from '../model/step.ts';
import { escapePointer } from './compare-keys.ts';
import { cellOf, notApplicable, refuse, warn, type Draft } from './draft.ts';
import { limitProblems } from './limits.ts';
import { LOSSY_FIELDS, NEGOTIATED_APART } from './policy.ts';
import { unverifiedVariables } from './template-variables.ts';

export function settleType(draft: Draft): void {
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

const DECIDED_ALONE = STEP_FIELDS.filter((field) => !NEGOTIATED_APART.has(field));

/** Everything that one cell decides alone. */
export function settleFields(draft: Draft): void {
  const { record } = draft;
  const templateApplies = applies('template.body', record.type);
  if (record.template && !templateApplies) notApplicable(draft, '/template', 'template');
  for (const field of DECIDED_ALONE) {
    if (!templateApplies && templateKeyOf(field) !== undefined) continue;
    const value = fieldValue(record, field);
    if (value === undefined) fillIn(draft, field);
    else if (applies(field, record.type)) settleField(draft, field, value, cellOf(draft, field));
    else notApplicable(draft, pointerOf(field), field);
  }
}

export function settleField(draft: Draft, field: StepField, value: unknown, cell: FlatCell): void {
  const pointer = pointerOf(field);
  if (cell.support === 'none' && field === 'template.id') {
    // Without it the message would be another, or none.
    refuse(draft, { code: 'UNSUPPORTED_VALUE', detail: cell.because, pointer });
    return;
  }
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
  if (cell.support === 'native' && cell.fill_in !== undefined && isBlank(value)) {
    const detail = `${draft.provider.title} requires \`${field}\`, and this one is empty. Leave it out, and it is filled in.`;
    refuse(draft, { code: 'INVALID_VALUE', detail, pointer });
  }
  if (cell.support === 'lossy') {
    const type = LOSSY_FIELDS[field] ?? unreachable(field);
    warn(draft, { type, pointer, detail: cell.because, from: value });
  }
  for (const { pointer: below = '', ...problem } of limitProblems(
    draft.provider,
    cell,
    value,
    field === 'template.id',
  )) {
    refuse(draft, { ...problem, pointer: pointer + below });
  }
}

/** Where texts may stand that reach people: custom fields may put another subject or body in the place of the one that was given. */
const TEXTS = ['template.body', 'template.subject', 'template.custom_fields', 'custom_fields'] as const;

/** Of the texts that are sent: braces that nobody fills in would reach people. */
export function settleVariables(draft: Draft): void {
  const { title, template_variables: verified } = draft.provider;
  if (!applies('template.body', draft.record.type)) return;
  for (const field of TEXTS) {
    for (const { pointer, text } of textsIn(draft.kept[field], pointerOf(field))) {
      const unverified = unverifiedVariables(text, verified);
      if (unverified.length === 0) continue;
      const known = verified.map((name) => `{{${name}}}`).join(', ');
      const detail = `It is not known that ${title} fills in ${unverified.join(', ')}; sent as it stands. Known to work: ${known}.`;
      warn(draft, { type: 'TEMPLATE_VARIABLE_UNVERIFIED', pointer, detail, from: unverified });
    }
  }
}

function textsIn(value: unknown, pointer: string): readonly { readonly pointer: string; readonly text: string }[] {
  if (typeof value === 'string') return [{ pointer, text: value }];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, `${pointer}/${escapePointer(key)}`));
}

function fillIn(draft: Draft, field: StepField): void {
  const cell = cellOf(draft, field);
  if (cell.support !== 'native' || cell.fill_in === undefined || !applies(field, draft.record.type)) return;
  if (templateKeyOf(field) !== undefined && draft.record.template?.body === undefined) return;
  const value =
    typeof cell.fill_in === 'string'
      ? cell.fill_in
      : (firstGiven(draft.record, cell.fill_in.from) ?? cell.fill_in.otherwise);
  draft.kept[field] = value;
  const detail = `${draft.provider.title} requires \`${field}\`; ${JSON.stringify(value)} was filled in.`;
  warn(draft, { type: 'VALUE_DEFAULTED', pointer: pointerOf(field), detail, to: value });
}

function firstGiven(record: StepRecord, fields: readonly StepField[]): unknown {
  return fields.map((field) => fieldValue(record, field)).find((value) => value !== undefined && !isBlank(value));
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === '';
}

function unreachable(field: StepField): never {
  throw new TypeError(`The policy has no warning for a lossy ${field}; the declaration check should have said so.`);
}
