import { resourceNotFound, unprocessable, validationError } from './refusals.ts';
import type { ErrorObject } from './refusals.ts';
import type { LinkDraft, StepDraft, TemplateDraft } from './schemas.ts';
import { stepsOf } from './state.ts';
import type { Link, Sequence, State, Step, Template } from './state.ts';
import type { OutreachWorld } from './worlds.ts';

/** A first step with neither `interval` nor `date` gets one week: seen and noted by supaglue (outreach/mappers.ts). */
const FIRST_INTERVAL_S = 604_800;

export function addStep(state: State, draft: StepDraft, world: OutreachWorld, now: string): Step {
  const sequence = found(state.sequences, 'sequence', draft.relationships.sequence.data.id);
  const siblings = stepsOf(state, sequence.id);
  const errors = timingErrors(draft, sequence, siblings.length === 0);
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

export function addTemplate(state: State, draft: TemplateDraft, now: string): Template {
  const template: Template = {
    id: (state.lastId.template += 1),
    attributes: { ...draft.attributes, createdAt: now, updatedAt: now },
    relationships: draft.relationships ?? {},
  };
  state.templates.set(template.id, template);
  return template;
}

/** A link to a call or a task is taken: supaglue writes a template for every type of step. */
export function addLink(state: State, draft: LinkDraft, world: OutreachWorld, now: string): Link {
  found(state.steps, 'sequenceStep', draft.relationships.sequenceStep.data.id);
  found(state.templates, 'template', draft.relationships.template.data.id);
  const enabled = world.link_enabled === 'on';
  const link: Link = {
    id: (state.lastId.link += 1),
    attributes: {
      isReply: draft.attributes?.isReply ?? false,
      enabled,
      enabledAt: enabled ? now : null,
      createdAt: now,
      updatedAt: now,
    },
    relationships: draft.relationships,
  };
  state.links.set(link.id, link);
  return link;
}

/** What an action does where the link is in that state already is not documented: nothing, and 200. */
export function setEnabled(state: State, link: Link, enabled: boolean, now: string): Link {
  if (link.attributes.enabled === enabled) return link;
  const attributes = { ...link.attributes, enabled, enabledAt: enabled ? now : null, updatedAt: now };
  const changed: Link = { ...link, attributes };
  state.links.set(link.id, changed);
  return changed;
}

/** The row with this id, or the provider's 404 (JSON:API 1.0 asks for it also where a body names what does not exist). */
export function found<T>(rows: ReadonlyMap<number, T>, type: string, id: number): T {
  const row = rows.get(id);
  if (row === undefined) throw resourceNotFound(type, id);
  return row;
}

function timingErrors({ attributes }: StepDraft, { sequenceType }: Sequence, isFirst: boolean): ErrorObject[] {
  const [own, foreign] = sequenceType === 'date' ? (['date', 'interval'] as const) : (['interval', 'date'] as const);
  const errors: ErrorObject[] = [];
  if (attributes[foreign] !== undefined) {
    const detail = `${capital(foreign)} is only applicable to ${foreign}-based sequences.`;
    errors.push(validationError(detail, `/data/attributes/${foreign}`));
  }
  if (attributes[own] === undefined && !(isFirst && own === 'interval')) {
    // Nothing is known of a later step, or of a date-based one, without its time: refused, the stricter reading.
    errors.push(validationError(`${capital(own)} can't be blank.`, `/data/attributes/${own}`));
  }
  return errors;
}

function makeRoom(state: State, siblings: readonly Step[], order: number, now: string): void {
  if (!siblings.some((step) => step.attributes.order === order)) return;
  for (const step of siblings.filter((sibling) => sibling.attributes.order >= order)) {
    const attributes = { ...step.attributes, order: step.attributes.order + 1, updatedAt: now };
    state.steps.set(step.id, { ...step, attributes });
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
