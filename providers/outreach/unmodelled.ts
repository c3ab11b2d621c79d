/** What Outreach's resources say that has no unified field. Who made it, when, and how it performed are no settings. */
import { unmodelled, type Unmodelled } from '#provider';
import { isMetric, type Resource } from './resource.ts';

interface Known {
  /** Attributes that have a unified field, or need none. */
  readonly attributes: readonly string[];
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Relationships that are read, or lead to what came of the resource. */
  readonly relationships: readonly string[];
}

const TIMES = ['createdAt', 'updatedAt', 'lastUsedAt', 'enabledAt', 'archivedAt'];
const TIES = ['creator', 'updater', 'calls', 'mailings', 'tasks'];

const SEQUENCE: Known = {
  attributes: [
    ...['name', 'tags', 'sequenceStepCount', 'enabled'],
    // Deprecated: whether the primary reply action is to finish.
    'finishOnReply',
  ],
  defaults: {
    sequenceType: 'interval',
    scheduleIntervalType: 'calendar',
    primaryReplyAction: 'finish',
    secondaryReplyAction: 'finish',
    maxActivations: 150,
    locked: false,
    throttlePaused: false,
    transactional: false,
  },
  relationships: ['owner', 'sequenceSteps', 'sequenceStates'],
};

const STEP: Known = {
  attributes: ['stepType', 'order', 'interval', 'date', 'taskNote', 'displayName'],
  relationships: ['sequence', 'sequenceTemplates'],
};

const LINK: Known = {
  attributes: ['isReply'],
  defaults: { enabled: true },
  relationships: ['sequenceStep', 'template'],
};

/** Whether a template tracks, and who may use it, where nobody says so is not documented: whatever it says is told. */
const TEMPLATE: Known = {
  attributes: ['name', 'subject', 'bodyHtml', 'bodyText', 'toRecipients', 'ccRecipients', 'bccRecipients'],
  defaults: { archived: false },
  relationships: ['owner', 'recipients', 'sequenceTemplates'],
};

/** `read_only` is a team's as `shared` is, but not to change. */
export function ofSequence(sequence: Resource): readonly Unmodelled[] {
  const mapped = ['private', 'shared'].includes(String(sequence.attributes['shareType']));
  return of(sequence, { ...SEQUENCE, attributes: [...SEQUENCE.attributes, ...(mapped ? ['shareType'] : [])] });
}

export function ofTemplate(template: Resource | undefined, pointer = ''): readonly Unmodelled[] {
  return template ? of(template, TEMPLATE, pointer) : [];
}

export interface Message {
  readonly link: Resource;
  readonly template: Resource | undefined;
}

/** The first message is the one that is shown; of the others everything is told, and who reads of a step sees all of them. */
export function ofStep(step: Resource, [shown, ...others]: readonly Message[]): readonly Unmodelled[] {
  return [
    ...of(step, STEP),
    ...(shown ? [...of(shown.link, LINK, '/sequenceTemplate'), ...ofTemplate(shown.template, '/template')] : []),
    ...others.flatMap(({ link, template }, index) => [
      { pointer: `/sequenceTemplates/${index + 1}`, value: link },
      ...(template ? [{ pointer: `/templates/${index + 1}`, value: template }] : []),
    ]),
  ];
}

function of({ attributes, relationships = {} }: Resource, known: Known, pointer = ''): readonly Unmodelled[] {
  const names = [...known.attributes, ...TIMES, ...Object.keys(attributes).filter(isMetric)];
  const tied = Object.fromEntries(Object.entries(relationships).map(([name, { data }]) => [name, data]));
  const ties = unmodelled(tied, [...known.relationships, ...TIES], {}, `${pointer}/relationships`);
  return [
    ...unmodelled(attributes, names, known.defaults, `${pointer}/attributes`),
    ...ties.map(({ pointer: at, value }) => ({ pointer: `${at}/data`, value })),
  ];
}
