import { COUNTERS } from './attributes.ts';
import { found } from './refusals.ts';
import { linksOf, stepsOf } from './state.ts';
import type { Link, Sequence, State, Step, Template } from './state.ts';

export type ResourceType = 'sequence' | 'sequenceStep' | 'sequenceTemplate' | 'template';

interface Linkage {
  readonly type: string;
  readonly id: number;
}

interface Relationship {
  readonly data?: Linkage | readonly Linkage[] | null | undefined;
  readonly links?: { readonly related: string };
  readonly meta?: { readonly count: number };
}

type Relationships = Readonly<Record<string, Relationship | undefined>>;

/** The JSON:API resource objects of the answers. Ids are JSON numbers, as Outreach sends them. */
export interface Resource {
  readonly type: ResourceType;
  readonly id: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly relationships: Relationships;
  readonly links: { readonly self: string };
  readonly meta?: { readonly canWrite: boolean; readonly canDelete: boolean };
}

/** Where the resources are served, such as `https://api.outreach.io/api/v2`. */
type Base = string;

/** Any of them by its type, or the provider's 404. */
export function resourceOf(state: State, type: ResourceType, id: number, base: Base): Resource {
  if (type === 'sequence') return sequenceResource(state, found(state.sequences, type, id), base);
  if (type === 'sequenceStep') return stepResource(state, found(state.steps, type, id), base);
  if (type === 'template') return templateResource(found(state.templates, type, id), base);
  return linkResource(found(state.links, type, id), base);
}

/**
 * Shape, nulls and links as recorded in https://github.com/amp-labs/connectors providers/outreach/test/sequences.json.
 * In the recorded sequence without steps `automationPercentage` and `durationInDays` are 0. How they are worked out from
 * steps is not documented: null.
 */
function sequenceResource(state: State, sequence: Sequence, base: Base): Resource {
  const steps = stepsOf(state, sequence.id);
  const own = { sequence: sequence.id };
  const workedOut = steps.length === 0 ? 0 : null;
  const { primaryReplyAction = 'finish' } = sequence.attributes;
  const attributes = {
    ...counters(),
    ...nulls('description', 'engagementScore', 'interestedCount', 'lockedAt', 'primaryReplyPauseDuration'),
    ...nulls('salesMotion', 'secondaryReplyPauseDuration', 'throttleCapacity', 'throttleMaxAddsPerDay'),
    automationPercentage: workedOut,
    durationInDays: workedOut,
    scheduleIntervalType: 'calendar',
    tags: [],
    locked: false,
    primaryReplyAction,
    secondaryReplyAction: 'finish',
    maxActivations: 150,
    numContactedProspects: 0,
    numRepliedProspects: 0,
    throttlePaused: false,
    transactional: false,
    ...sequence.attributes,
    // Deprecated, and documented as telling no more than whether the primary action is "finish".
    finishOnReply: primaryReplyAction === 'finish',
    sequenceStepCount: steps.length,
  };
  const relationships = {
    ...usersOf(),
    owner: { data: null },
    ruleset: { data: { type: 'ruleset', id: 19 } },
    schedule: { data: null },
    ...sequence.relationships,
    contentCategoryMemberships: toMany('contentCategoryMembership', [], own, base),
    sequenceSteps: toMany('sequenceStep', steps, own, base),
    ...relatedOnly(['calls', 'mailings', 'sequenceStates', 'tasks'], own, base),
  };
  return resource('sequence', sequence.id, attributes, relationships, base);
}

function stepResource(state: State, step: Step, base: Base): Resource {
  const { order, stepType } = step.attributes;
  const own = { sequenceStep: step.id };
  const attributes = {
    ...counters(),
    ...nulls('date', 'interval', 'taskAutoskipDelay', 'taskNote'),
    ...step.attributes,
    displayName: `Step #${order} (${stepType.replaceAll('_', ' ')})`,
  };
  const relationships = {
    ...usersOf(),
    callPurpose: { data: null },
    taskPriority: { data: null },
    schedule: { data: null },
    ...step.relationships,
    sequenceTemplates: toMany('sequenceTemplate', linksOf(state, step.id), own, base),
    ...relatedOnly(['calls', 'mailings', 'tasks'], own, base),
  };
  return resource('sequenceStep', step.id, attributes, relationships, base);
}

/** What the optional attributes of a template are when they were not sent is not documented: null. */
function templateResource(template: Template, base: Base): Resource {
  const attributes = {
    ...counters(),
    ...nulls('archivedAt', 'bodyHtml', 'bodyText', 'lastUsedAt', 'name', 'shareType', 'subject'),
    ...nulls('bccRecipients', 'ccRecipients', 'tags', 'toRecipients', 'trackLinks', 'trackOpens'),
    archived: false,
    ...template.attributes,
  };
  const own = { template: template.id };
  const relationships = {
    ...usersOf(),
    owner: { data: null },
    contentCategoryMemberships: toMany('contentCategoryMembership', [], own, base),
    ...template.relationships,
    ...relatedOnly(['recipients', 'sequenceTemplates'], own, base),
  };
  return resource('template', template.id, attributes, relationships, base);
}

function linkResource(link: Link, base: Base): Resource {
  const attributes = { ...counters(), ...link.attributes };
  return resource('sequenceTemplate', link.id, attributes, { ...usersOf(), ...link.relationships }, base);
}

function resource(
  type: ResourceType,
  id: number,
  attributes: Resource['attributes'],
  relationships: Relationships,
  base: Base,
): Resource {
  return { type, id, attributes, relationships, links: { self: `${base}/${type}s/${id}` } };
}

const counters = () => Object.fromEntries(COUNTERS.map((name) => [name, 0]));
const nulls = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]));

const usersOf = () => ({ creator: { data: { type: 'user', id: 2 } }, updater: { data: { type: 'user', id: 2 } } });

function toMany(type: string, rows: readonly { id: number }[], own: Readonly<Record<string, number>>, base: Base) {
  const data = rows.map(({ id }) => ({ type, id }));
  return { data, ...related(`${type}s`, own, base), meta: { count: data.length } };
}

const relatedOnly = (plurals: readonly string[], own: Readonly<Record<string, number>>, base: Base) =>
  Object.fromEntries(plurals.map((plural) => [plural, related(plural, own, base)]));

function related(plural: string, own: Readonly<Record<string, number>>, base: Base) {
  const filters = Object.fromEntries(Object.entries(own).map(([type, id]) => [`filter[${type}][id]`, String(id)]));
  return { links: { related: `${base}/${plural}?${new URLSearchParams(filters).toString()}` } };
}
