/** The capability matrix: the declarations as data for `GET /providers`, and as the tables of the documents. */
import { cellFor, isNone, stanceOnType, wordFor, type Cell, type FlatCell } from '../model/cell.ts';
import type { StepFacts } from '../model/create-steps.ts';
import { type NamedProvider } from '../model/declaration.ts';
import { largestPage } from '../model/reading.ts';
import { applies, isEmail, STEP_FIELDS, STEP_TYPES, type StepField, type StepType } from '../model/step.ts';
import { ARRAY_DECIDES } from './array-order.ts';
import { describeBudget } from './describe-budget.ts';
import { describeOAuth, oauthRows } from './describe-oauth.ts';
import { OPERATION_ROUTES, OPERATIONS } from './operations.ts';
import { readBackExceptions } from './read-back.ts';

/** Said once for all providers, because no interval can promise it. */
const TIME_NOTE =
  "Intervals are nominal time in the provider's own units and are never below what was asked; weekends, time zones and send windows are the provider's.";

export function describeProvider(provider: NamedProvider) {
  return {
    name: provider.name,
    title: provider.title,
    base_url: provider.base_url,
    documentation: provider.documentation,
    ids: provider.id.says,
    credentials: Object.entries(provider.credentials).map(([type, { header, scheme, how }]) => ({
      type,
      header,
      how,
      ...(scheme === undefined ? {} : { scheme }),
    })),
    budget: describeBudget(provider.budget),
    oauth: describeOAuth(provider.oauth),
    template_variables: provider.template_variables,
    notes: [TIME_NOTE, ...provider.notes],
    reads_back_differently: readBackExceptions(provider),
    operations: Object.fromEntries(OPERATIONS.map((name) => [name, describeOperation(provider, name)])),
  };
}

function describeOperation(provider: NamedProvider, name: (typeof OPERATIONS)[number]) {
  const operation = provider.can[name];
  const route = OPERATION_ROUTES[name];
  if (isNone(operation)) return { support: 'none', route, because: operation.because };
  const base = { support: 'native', route, credentials: operation.credentials };
  if ('timing' in operation) {
    const updates = 'template_updates' in operation ? { template_updates: operation.template_updates } : {};
    const described = describeSteps(operation);
    if (name !== 'update_step') return { ...base, ...described };
    return { ...base, ...updates, ...described, step_types: { ...described.step_types, ...changeable(provider) } };
  }
  if ('sequence' in operation) {
    const steps = 'steps' in operation ? inArray(describeSteps(operation.steps)) : {};
    return {
      ...base,
      sequence_fields: Object.fromEntries(
        Object.entries(operation.sequence).map(([field, cell]) => [field, asData(cell)]),
      ),
      ...steps,
    };
  }
  if ('write' in operation) return base;
  if ('types' in operation) return { ...base, reads_types: operation.types };
  return {
    ...base,
    max_page_size: largestPage(operation),
    ...('filters' in operation ? { filters: operation.filters } : {}),
  };
}

/** Of several steps the core itself decides the order, whatever the provider could. */
function inArray<T extends { readonly fields: object }>(steps: T): T {
  return { ...steps, fields: { ...steps.fields, order: ARRAY_DECIDES } };
}

/** A change asks only that a step of the kind is there and is read as its type: also where none can be created. */
function changeable({ can: { get_sequence: reading } }: NamedProvider) {
  const words = isNone(reading) ? [] : Object.entries(reading.types).toReversed();
  return Object.fromEntries(words.map(([native, type]) => [type, { support: 'native', native }]));
}

function describeSteps(operation: StepFacts) {
  return {
    step_types: Object.fromEntries(STEP_TYPES.map((type) => [type, describeType(operation, type)])),
    fields: Object.fromEntries(STEP_FIELDS.map((field) => [field, describeCell(operation.fields[field], field)])),
    timing: operation.timing,
    preconditions: operation.preconditions,
  };
}

function describeType({ types }: StepFacts, type: StepType) {
  const stance = stanceOnType(types[type]);
  const word = wordFor(types[type]);
  return {
    support: stance?.support ?? 'native',
    ...(word === undefined ? {} : { native: word }),
    ...(stance ? { because: stance.because } : {}),
  };
}

function describeCell(cell: Cell, field: StepField): object {
  if (!('by_type' in cell)) return asData(cell);
  const types = STEP_TYPES.filter((type) => applies(field, type));
  return { by_type: Object.fromEntries(types.map((type) => [type, asData(cellFor(cell, type))])) };
}

/** What JSON has no words for is said in those that it has: a pattern is its source. */
function asData(cell: FlatCell): object {
  if (cell.support !== 'native') return cell;
  const { matches, read_back, ...data } = cell;
  return {
    ...data,
    ...(matches ? { matches: { pattern: matches.pattern.source, says: matches.says } } : {}),
    ...(read_back ? { read_back: { because: read_back.because } } : {}),
  };
}

const WORDS: Readonly<Record<FlatCell['support'], string>> = { native: 'yes', lossy: 'with a warning', none: 'no' };

/** The support matrix as Markdown tables, for the documents. */
export function matrixMarkdown(providers: readonly NamedProvider[]): string {
  const head = ['', ...providers.map(({ title }) => title)];
  const operations = OPERATIONS.map((name) => [
    `\`${OPERATION_ROUTES[name]}\``,
    ...providers.map(({ can }) => (isNone(can[name]) ? 'no (501)' : 'yes')),
  ]);
  const types = STEP_TYPES.map((type) => [`\`${type}\``, ...providers.map((provider) => typeWord(provider, type))]);
  const fields = STEP_FIELDS.map((field) => [
    FIELD_NAMES[field] ?? `\`${field}\``,
    ...providers.map((each) => fieldWord(each, field)),
  ]);
  return [
    table(['Operation', ...head.slice(1)], operations),
    table(['Step type', ...head.slice(1)], types),
    table(['Field', ...head.slice(1)], fields),
  ].join('\n\n');
}

const FIELD_NAMES: Partial<Readonly<Record<StepField, string>>> = {
  reply_subject: '`template.subject` on a reply',
  without_content: 'a message without `template`',
};

function typeWord({ can: { create_steps: create } }: NamedProvider, type: StepType): string {
  if (isNone(create)) return 'no';
  const word = wordFor(create.types[type]);
  if (word === undefined) return 'no (422)';
  const native =
    typeof word === 'string'
      ? `\`${word}\``
      : Object.entries(word)
          .map(([key, value]) => `\`${key}: ${String(value)}\``)
          .join(', ');
  return stanceOnType(create.types[type]) ? `${native}, with a warning` : native;
}

function fieldWord({ can: { create_steps: create } }: NamedProvider, field: StepField): string {
  if (isNone(create)) return 'no';
  const types = STEP_TYPES.filter((type) => applies(field, type) && wordFor(create.types[type]) !== undefined);
  const words = types.map((type) => WORDS[cellFor(create.fields[field], type).support]);
  const distinct = [...new Set(words)];
  if (distinct.length === 1) return distinct.join('');
  return distinct.map((word) => `${word}: ${groupWords(types.filter((_, index) => words[index] === word))}`).join('; ');
}

/** Types in words, the emails and the LinkedIn kinds each as one. */
function groupWords(types: readonly StepType[]): string {
  const linkedin = types.filter((type) => type.startsWith('linkedin_'));
  const emails = types.filter(isEmail);
  const others = types.filter((type) => !linkedin.includes(type) && !emails.includes(type));
  return [...(emails.length > 0 ? ['emails'] : []), ...others, ...(linkedin.length > 0 ? ['LinkedIn'] : [])].join(', ');
}

/** The exceptions of the round trip as a Markdown table. */
export function readBackMarkdown(providers: readonly NamedProvider[]): string {
  const rows = providers.flatMap((provider) =>
    readBackExceptions(provider).map(({ what, because }) => [provider.title, what, because]),
  );
  return table(['Product', 'What', 'Why'], rows);
}

/** How accounts are connected by their owners' consent, as a Markdown table. */
export function oauthMarkdown(providers: readonly NamedProvider[]): string {
  return table(
    ['OAuth', ...providers.map(({ title }) => title)],
    oauthRows(providers.map(({ oauth }) => oauth)).map((row) => [...row]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
