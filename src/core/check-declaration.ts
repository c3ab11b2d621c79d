/** The declaration check at boot: what the types cannot hold, or what a provider written in JavaScript forgot. */
import { cellFor, isNone, wordFor, type FlatCell } from '../model/cell.ts';
import { PRECONDITIONS, type StepFacts } from '../model/create-steps.ts';
import { type Provider } from '../model/declaration.ts';
import { SEQUENCE_FIELDS, type SequenceField } from '../model/sequence.ts';
import { STEP_FIELDS, STEP_TYPES, type StepField } from '../model/step.ts';
import { checkBudget } from './describe-budget.ts';
import { checkOAuth } from './describe-oauth.ts';
import { OPERATIONS } from './operations.ts';
import { LOSSY_FIELDS } from './policy.ts';

/** The mistakes in a declaration, each a sentence; empty when it is whole. */
export function checkDeclaration(name: string, provider: Provider): readonly string[] {
  const mistakes: string[] = [];
  if (!/^[a-z][a-z0-9_]*$/.test(name)) mistakes.push('The folder name must be lower case with underscores.');
  if (!/^https:\/\/[^/]+(\/[^/]+)*$/.test(provider.base_url))
    mistakes.push('base_url must be https without a slash at its end.');
  const budget = provider.budget as Provider['budget'] | undefined;
  if (budget === undefined) mistakes.push('budget is missing; say none(because) if there is none.');
  else mistakes.push(...(isNone(budget) ? sentence('budget', budget.because) : checkBudget(budget)));
  const oauth = provider.oauth as Provider['oauth'] | undefined;
  if (oauth === undefined) mistakes.push('oauth is missing; say none(because) if there is none.');
  else mistakes.push(...(isNone(oauth) ? sentence('oauth', oauth.because) : checkOAuth(provider, oauth)));
  for (const operation of OPERATIONS) {
    const declared = provider.can[operation] as Provider['can'][typeof operation] | undefined;
    if (declared === undefined) mistakes.push(`can.${operation} is missing; say none(because) if there is none.`);
    else if (isNone(declared)) mistakes.push(...sentence(`can.${operation}`, declared.because));
    else mistakes.push(...unknownCredentials(provider, operation, declared.credentials));
  }
  return [...mistakes, ...checkFacts(provider.can)];
}

/** What is declared of steps and sequences, wherever it is. */
function checkFacts(can: Partial<Provider['can']>): readonly string[] {
  const { create_steps: steps, create_sequence: create, update_step: step, update_sequence: update } = can;
  return [
    ...(steps && !isNone(steps) ? checkStepFacts('create_steps', steps) : []),
    ...(step && !isNone(step) ? checkStepFacts('update_step', step) : []),
    ...(create && !isNone(create) ? checkStepFacts('create_sequence.steps', create.steps) : []),
    ...[create, update].flatMap((each) => (each && !isNone(each) ? checkSequenceFields(each.sequence) : [])),
  ];
}

function checkStepFacts(where: string, facts: StepFacts): readonly string[] {
  const mistakes = [...checkTypes(facts), ...checkFields(facts), ...checkStates(facts)];
  return mistakes.map((mistake) => (where === 'create_steps' ? mistake : `${where}: ${mistake}`));
}

function checkSequenceFields(cells: Readonly<Record<SequenceField, FlatCell>>): readonly string[] {
  return SEQUENCE_FIELDS.flatMap((field) => {
    const cell = cells[field] as FlatCell | undefined;
    if (cell === undefined) return [`sequence.${field} is missing.`];
    if (cell.support === 'none') return sentence(`sequence.${field}`, cell.because);
    if (cell.support === 'lossy') return [`sequence.${field} cannot be lossy.`];
    return cell.at === undefined ? [`sequence.${field} does not say at which native key.`] : [];
  });
}

function unknownCredentials(provider: Provider, operation: string, kinds: readonly string[]): readonly string[] {
  const unknown = kinds.filter((kind) => !Object.hasOwn(provider.credentials, kind));
  return [
    ...unknown.map((kind) => `can.${operation} takes ${kind}, which the provider has no header for.`),
    ...(kinds.length === 0 ? [`can.${operation} takes no kind of credential.`] : []),
  ];
}

function checkTypes({ types }: StepFacts): readonly string[] {
  const words = new Map<string, string>();
  return STEP_TYPES.flatMap((type) => {
    const cell = types[type] as StepFacts['types'][typeof type] | undefined;
    if (cell === undefined) return [`types.${type} is missing.`];
    const word = JSON.stringify(wordFor(cell));
    const substitute = typeof cell === 'object' && 'support' in cell;
    if (substitute && typeof cell['because'] === 'string') return sentence(`types.${type}`, cell['because']);
    const twin = words.get(word);
    words.set(word, type);
    return twin === undefined ? [] : [`types.${type} has the same word as types.${twin}.`];
  });
}

function checkFields({ fields }: StepFacts): readonly string[] {
  return STEP_FIELDS.flatMap((field) => {
    const cell = fields[field] as StepFacts['fields'][StepField] | undefined;
    if (cell === undefined) return [`fields.${field} is missing.`];
    return STEP_TYPES.flatMap((type) => {
      const flat = cellFor(cell, type);
      if (flat.support !== 'native') {
        const lossy = flat.support === 'lossy' && LOSSY_FIELDS[field] === undefined;
        return [...sentence(`fields.${field}`, flat.because), ...(lossy ? [`fields.${field} cannot be lossy.`] : [])];
      }
      return flat.at === undefined && field !== 'without_content'
        ? [`fields.${field} does not say at which native key.`]
        : [];
    });
  }).filter((mistake, index, all) => all.indexOf(mistake) === index);
}

function checkStates({ preconditions, timing }: StepFacts): readonly string[] {
  const unknown = Object.keys(preconditions).filter((name) => !(PRECONDITIONS as readonly string[]).includes(name));
  const granularities =
    timing.measure === 'from_previous'
      ? [timing.granularity]
      : Object.values(timing.into_day).map(({ granularity }) => granularity);
  return [
    ...unknown.map((name) => `The precondition ${name} is not known to the core.`),
    ...((preconditions.exact_times === undefined) === (timing.exact_key === undefined)
      ? []
      : ['The precondition exact_times and timing.exact_key need each other.']),
    ...(granularities.every((each) => Number.isSafeInteger(each) && each > 0)
      ? []
      : ['Granularities are whole seconds.']),
  ];
}

function sentence(where: string, because: string): readonly string[] {
  return /^[A-Z].+\.$/s.test(because) ? [] : [`${where} needs a reason that is a sentence.`];
}
