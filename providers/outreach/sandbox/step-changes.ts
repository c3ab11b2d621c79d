import { found, unprocessable, validationError } from './refusals.ts';
import type { ErrorObject } from './refusals.ts';
import type { StepChange, StepDraft } from './schemas.ts';
import { merged, stepsOf } from './state.ts';
import type { Sequence, State, Step } from './state.ts';
import type { OutreachWorld } from './worlds.ts';

/** A first step with neither `interval` nor `date` gets one week: seen and noted by supaglue (outreach/mappers.ts). */
const FIRST_INTERVAL_S = 604_800;

export function addStep(state: State, draft: StepDraft, world: OutreachWorld, now: string): Step {
  const sequence = found(state.sequences, 'sequence', draft.relationships.sequence.data.id);
  const siblings = stepsOf(state, sequence.id);
  const errors = [
    ...foreignTimeErrors(draft.attributes, sequence),
    ...missingTimeErrors(draft.attributes, sequence, siblings.length === 0),
  ];
  if (errors.length > 0) throw unprocessable(...errors);

  const order = draft.attributes.order ?? Math.max(0, ...siblings.map((step) => step.attributes.order)) + 1;
  if (world.renumber === 'shift') makeRoom(state, siblings, order, now);
  const untimed = draft.attributes.interval === undefined && draft.attributes.date === undefined;
  const step: Step = {
    id: (state.lastId.step += 1),
    attributes: {
      ...draft.attributes,
      ...(untimed ? { interval: FIRST_INTERVAL_S } : {}),
      order,
      createdAt: now,
      updatedAt: now,
    },
    relationships: draft.relationships,
  };
  state.steps.set(step.id, step);
  return step;
}

export function changeStep(state: State, step: Step, change: StepChange, world: OutreachWorld, now: string): void {
  const sequence = found(state.sequences, 'sequence', step.relationships.sequence.data.id);
  const errors = foreignTimeErrors(change.attributes ?? {}, sequence);
  if (errors.length > 0) throw unprocessable(...errors);

  const attributes = merged(step.attributes, change.attributes);
  if (world.renumber === 'shift' && attributes.order !== step.attributes.order) {
    const siblings = stepsOf(state, sequence.id).filter(({ id }) => id !== step.id);
    makeRoom(state, siblings, attributes.order, now);
  }
  state.steps.set(step.id, {
    ...step,
    attributes: { ...attributes, updatedAt: now },
    relationships: merged(step.relationships, change.relationships),
  });
}

type Timing = Pick<StepDraft['attributes'], 'interval' | 'date'>;

const timesOf = ({ attributes }: Sequence) =>
  attributes.sequenceType === 'date' ? (['date', 'interval'] as const) : (['interval', 'date'] as const);

function foreignTimeErrors(timing: Timing, sequence: Sequence): ErrorObject[] {
  const [, foreign] = timesOf(sequence);
  if (timing[foreign] === undefined) return [];
  const detail = `${capital(foreign)} is only applicable to ${foreign}-based sequences.`;
  return [validationError(detail, `/data/attributes/${foreign}`)];
}

/** Nothing is known of a later step, or of a date-based one, without its time: refused, the stricter reading. */
function missingTimeErrors(timing: Timing, sequence: Sequence, isFirst: boolean): ErrorObject[] {
  const [own] = timesOf(sequence);
  if (timing[own] !== undefined || (isFirst && own === 'interval')) return [];
  return [validationError(`${capital(own)} can't be blank.`, `/data/attributes/${own}`)];
}

function makeRoom(state: State, siblings: readonly Step[], order: number, now: string): void {
  if (!siblings.some((step) => step.attributes.order === order)) return;
  for (const step of siblings.filter((sibling) => sibling.attributes.order >= order)) {
    const attributes = { ...step.attributes, order: step.attributes.order + 1, updatedAt: now };
    state.steps.set(step.id, { ...step, attributes });
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
