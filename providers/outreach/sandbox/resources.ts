import { COUNTERS } from './schemas.ts';
import { linksOf, stepsOf } from './state.ts';
import type { Link, Sequence, State, Step, Template } from './state.ts';

/** The JSON:API resource objects of the answers. Ids are JSON numbers, as Outreach sends them. */
export interface Resource {
  readonly type: string;
  readonly id: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly relationships: Readonly<Record<string, unknown>>;
  readonly links: { readonly self: string };
}

/** Where the resources are served, such as `https://api.outreach.io/api/v2`. */
type Base = string;

/**
 * Shape, nulls and links as recorded in https://github.com/amp-labs/connectors providers/outreach/test/sequences.json.
 * How `automationPercentage` and `durationInDays` are worked out is not documented: null.
 */
export function sequenceResource(state: State, sequence: Sequence, base: Base): Resource {
  const { id, name, sequenceType, createdAt } = sequence;
  const steps = stepsOf(state, id);
  const own = { sequence: id };
  const attributes = {
    ...counters(),
    ...nulls('automationPercentage', 'description', 'durationInDays', 'enabledAt', 'engagementScore'),
    ...nulls('interestedCount', 'lastUsedAt', 'lockedAt', 'primaryReplyPauseDuration', 'salesMotion'),
    ...nulls('secondaryReplyPauseDuration', 'throttleCapacity', 'throttleMaxAddsPerDay', 'throttlePausedAt'),
    name,
    sequenceType,
    scheduleIntervalType: 'calendar',
    shareType: 'shared',
    tags: [],
    enabled: false,
    locked: false,
    finishOnReply: true,
    primaryReplyAction: 'finish',
    secondaryReplyAction: 'finish',
    maxActivations: 150,
    numContactedProspects: 0,
    numRepliedProspects: 0,
    sequenceStepCount: steps.length,
    throttlePaused: false,
    transactional: false,
    createdAt,
    updatedAt: createdAt,
  };
  const relationships = {
    ...usersOf(),
    owner: { data: null },
    ruleset: { data: { type: 'ruleset', id: 19 } },
    schedule: { data: null },
    contentCategoryMemberships: toMany('contentCategoryMembership', [], own, base),
    sequenceSteps: toMany('sequenceStep', steps, own, base),
    ...relatedOnly(['calls', 'mailings', 'sequenceStates', 'tasks'], own, base),
  };
  return resource('sequence', id, attributes, relationships, base);
}

export function stepResource(state: State, step: Step, base: Base): Resource {
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
export function templateResource(template: Template, base: Base): Resource {
  const attributes = {
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
    ...relatedOnly(['sequenceTemplates'], own, base),
  };
  return resource('template', template.id, attributes, relationships, base);
}

export function linkResource(link: Link, base: Base): Resource {
  const attributes = { ...counters(), ...link.attributes };
  return resource('sequenceTemplate', link.id, attributes, { ...usersOf(), ...link.relationships }, base);
}

function resource(
  type: string,
  id: number,
  attributes: Resource['attributes'],
  relationships: Resource['relationships'],
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
